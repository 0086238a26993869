"""What is taken for granted of the answers where the sample submission does not say it."""

from collections.abc import Sequence

from engine.competition.answers import is_zero_one, shown_cells
from engine.competition.counting import are_zeros_and_ones
from engine.competition.findings import Finding, SubmissionFormat, TargetKind
from engine.competition.names import named_in
from engine.competition.numbering import Numbering
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table
from engine.competition.targets import Targets
from engine.experiment.metrics import in_words


def assumed(
    sample: Table | None,
    targets: Targets,
    form: SubmissionFormat | None,
    settings: CompetitionSettings,
    told: Numbering | None = None,
) -> tuple[Finding, ...]:
    """Say what a sample leaves open: whether 0 and 1 are classes, of which, how tags are scored.

    Args:
        sample: the sample submission, if there is one.
        targets: what is predicted.
        form: how answers are written.
        settings: the user's overrides.
        told: the classes' numbers as a file has them.

    Returns:
        At most one finding.
    """
    if sample is None or form is None:
        return ()
    is_single, are_classes = len(form.answer_columns) == 1, form.answers == "class"
    if is_single and targets.kind is TargetKind.BINARY and not are_classes:
        column = form.answer_columns[0]
        is_told = is_zero_one(targets) or settings.positive is not None
        if not is_told and named_in(targets.classes, column) is None:
            if told is not None and told.numbers == (0, 1):
                return (_told(sample, column, targets.classes, told),)
            return (_unsaid(sample, column, targets.classes),)
    if targets.kind is TargetKind.MULTILABEL and are_classes and settings.metric is None:
        return (_unscored(sample),)
    if settings.answers or not _may_be_either(targets, is_single, are_classes):
        return ()
    cells = shown_cells(sample, form.answer_columns)
    if not are_zeros_and_ones(cells):
        return ()
    if are_classes:
        metric = in_words(settings.metric or "")
        written = f"0 or 1 is written, for {metric} counts right answers"
        other = 'for probabilities write `[competition]` and `answers = "probability"`'
    else:
        written = f"probabilities are assumed{'' if settings.metric else ', scored by log-loss'}"
        other = 'for 0 or 1 write `[competition]` and `answers = "class"`'
    shown = f"{' and '.join(sorted(cells))} only" if cells else "nothing"
    return (
        Finding(
            severity="note",
            happened=f"{sample.path.name} answers {shown}: {written}.",
            expected="a sample that shows whether probabilities or classes are asked for.",
            fix=f"nothing if that is right; {other} into `hydra.toml`, for another score its "
            "`metric`.",
        ),
    )


def _may_be_either(targets: Targets, is_single: bool, are_classes: bool) -> bool:
    """Whether 0 and 1 in a sample may stand for classes as well as for probabilities."""
    if is_single:
        return is_zero_one(targets)
    # A column a class is hardly ever answered by anything but probabilities; tags may be.
    return are_classes or targets.kind is TargetKind.MULTILABEL


def _unscored(sample: Table) -> Finding:
    return Finding(
        severity="note",
        happened=f"{sample.path.name} answers with tags, and no file says how these are scored: "
        f"{in_words('macro_f1')} is assumed, the mean over the tags.",
        expected="the competition's own metric, which thresholds are fitted to.",
        fix='nothing if that is right; else write `[competition]` and `metric = "mean_f1"`, or '
        '`"mean_f2"`, into `hydra.toml`: the mean over the images.',
    )


def _told(sample: Table, column: str, classes: Sequence[str], told: Numbering) -> Finding:
    return Finding(
        severity="note",
        happened=f"Answers will be probabilities of `{classes[1]}`: `{column}` in "
        f"{sample.path.name} does not say of which class they are, and {told.file} gives it the "
        "number 1.",
        expected=f"to know what 1 means: {classes[0]} or {classes[1]}.",
        fix=f"nothing if it is `{classes[1]}`; else write `[competition]` and "
        f'`positive = "{classes[0]}"` into `hydra.toml`.',
    )


def _unsaid(sample: Table, column: str, classes: Sequence[str]) -> Finding:
    return Finding(
        severity="warning",
        happened=f"Answers will be probabilities of `{classes[1]}`: `{column}` in "
        f"{sample.path.name} does not say of which class they are.",
        expected=f"to know what 1 means: {classes[0]} or {classes[1]}.",
        fix=f"nothing if it is `{classes[1]}`; else write `[competition]` and "
        f'`positive = "{classes[0]}"` into `hydra.toml`.',
    )
