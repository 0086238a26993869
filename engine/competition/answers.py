"""The answer file's format, read off the sample submission."""

from collections.abc import Collection, Sequence
from itertools import chain

from engine.competition.counting import are_zeros_and_ones, by_number, is_number, numbered
from engine.competition.findings import (
    Finding,
    MetricName,
    SubmissionFormat,
    TargetKind,
    concerning,
)
from engine.competition.names import composed, match_names
from engine.competition.numbering import Numbering
from engine.competition.ranking import ranked_classes
from engine.competition.settings import CompetitionSettings
from engine.competition.spelling import spelled
from engine.competition.tables import Table, is_missing
from engine.competition.tags import Hints, shown_joint, split_tags
from engine.competition.targets import Targets, several_targets
from engine.errors import UserError

# They count right answers: probabilities have no score.
_OF_CLASSES: frozenset[MetricName] = frozenset(
    {"accuracy", "balanced_accuracy", "macro_f1", "mean_f1", "mean_f2", "quadratic_kappa"}
)


def answer_columns(sample: Table | None) -> tuple[str, ...]:
    """The sample's columns after its id.

    Args:
        sample: the sample submission, its id as the first column; None gives no columns.

    Returns:
        Their names, in order.

    Raises:
        UserError: the sample has no column to answer in.
    """
    if sample is None:
        return ()
    columns = sample.columns[1:]
    if not columns or not sample.rows:
        raise UserError(
            f"{sample.path.name} has {len(sample.rows)} rows and the columns "
            f"{', '.join(sample.columns)}.",
            "an id column, at least one column for the answer, and one row a test image.",
            "download the sample again, or name the right one as `sample_submission` "
            "in `hydra.toml`.",
        )
    return columns


def hints_of(sample: Table | None, settings: CompetitionSettings) -> Hints:
    """What the sample's answers and the user say about the labels.

    Args:
        sample: the sample submission, if there is one.
        settings: the user's overrides.
    """
    columns = answer_columns(sample)
    shown = (
        shown_cells(sample, columns) if sample is not None and len(columns) == 1 else frozenset()
    )
    return Hints(shown, settings.target, settings.positive)


def read_format(
    sample: Table,
    targets: Targets,
    settings: CompetitionSettings,
    told: Numbering | None = None,
) -> tuple[SubmissionFormat, tuple[Finding, ...]]:
    """Tell how answers are written from the sample.

    Args:
        sample: the sample submission.
        targets: what is predicted.
        settings: the user's overrides.
        told: the classes' numbers as a file has them.

    Returns:
        The format; for probabilities of several classes its columns are in the classes' order.
        And what is odd about it.

    Raises:
        UserError: the sample's columns fit no reading of the labels.
    """
    columns = answer_columns(sample)
    findings: tuple[Finding, ...] = ()
    answers: str | None = settings.answers
    names: tuple[str, ...] = ()
    between = targets.separator
    ranks = 1
    if len(columns) == 1:
        cells = shown_cells(sample, columns)
        if targets.kind is TargetKind.MULTILABEL:
            between = shown_joint(cells, targets.classes, between)
            cells = frozenset(tag for cell in cells for tag in split_tags(cell, between))
        elif targets.kind is TargetKind.MULTICLASS:
            ranks, between = ranked_classes(cells, targets.classes) or (1, between)
            if ranks > 1:
                cells = frozenset(name for cell in cells for name in split_tags(cell, between))
        names = spelled(targets.classes, cells)
        answers = answers or _single(targets, names, cells, settings.metric)
        if answers == "probability" and targets.kind is not TargetKind.BINARY:
            raise _unfit(sample, columns, targets)
        counted = None
        if answers == "class":
            counted = numbered(targets.classes, cells, settings, told)
        foreign = sorted(cells - {*names, *targets.classes})
        if counted is not None:
            names, findings = (
                counted,
                by_number(sample.path.name, cells, counted, targets, settings, told),
            )
        elif answers == "class":
            findings = (
                *_foreign(sample, foreign, names, cells),
                *_likewise(sample, targets.classes, names, cells),
            )
    else:
        answers = answers or _several(sample, columns, settings.metric)
        fitting = targets.kind is not TargetKind.BINARY and len(columns) == len(targets.classes)
        if not fitting or match_names(targets.classes, columns) is None:
            raise _unfit(sample, columns, targets)
    form = SubmissionFormat(
        id_column=sample.columns[0],
        answer_columns=columns,
        answers="class" if answers == "class" else "probability",
        rows=len(sample.rows),
        file=sample.path.name,
        separator=sample.separator,
        class_names=names if answers == "class" and names != targets.classes else (),
        tag_separator=between,
        ranks=ranks,
        id_place=sample.id_place,
        counter=sample.counter,
        counts_from=sample.counts_from,
    )
    return form, findings


def default_format(
    targets: Targets, identifier: str, rows: int, settings: CompetitionSettings
) -> SubmissionFormat:
    """A sensible format where no sample came with the data.

    Args:
        targets: what is predicted.
        identifier: the label file's id column.
        rows: number of test images.
        settings: the user's overrides.

    Returns:
        Id and one column a class; id and one column for a binary target or class names.
    """
    single = targets.columns[0] if len(targets.columns) == 1 else "label"
    if settings.answers == "class":
        columns: Sequence[str] = (single,)
    elif targets.kind is TargetKind.BINARY:
        columns = (single,) if is_zero_one(targets) else (targets.classes[1],)
    else:
        columns = targets.classes
    return SubmissionFormat(
        id_column=identifier,
        answer_columns=tuple(columns),
        answers=settings.answers or "probability",
        rows=rows,
        file="",
        tag_separator=targets.separator,
    )


def shown_cells(sample: Table, columns: Sequence[str]) -> frozenset[str]:
    """What stands in some columns of the sample, without what is missing.

    Args:
        sample: the sample submission.
        columns: some of its columns.
    """
    cells = set(chain.from_iterable(map(sample.column, columns)))
    return frozenset(cell for cell in cells if not is_missing(cell))


def is_zero_one(targets: Targets) -> bool:
    """Whether classes are called by what stands for them in an answer file.

    Args:
        targets: what is predicted.
    """
    return set(targets.classes) == {"0", "1"}


def _single(
    targets: Targets, names: tuple[str, ...], cells: Collection[str], metric: MetricName | None
) -> str:
    if targets.kind is not TargetKind.BINARY:
        return "class"
    if not is_zero_one(targets) and set(cells) <= {*names, *targets.classes}:
        return "class"
    if is_zero_one(targets) or are_zeros_and_ones(cells):
        # What a sample is filled with may be either; a metric of classes can't score the other.
        is_whole = metric in _OF_CLASSES and are_zeros_and_ones(cells)
        return "class" if is_whole else "probability"
    return "probability" if all(map(_is_share, cells)) else "class"


def _several(sample: Table, columns: tuple[str, ...], metric: MetricName | None) -> str:
    """How columns with a class or a tag each are answered: 0 or 1 where only that has a score."""
    is_whole = metric in _OF_CLASSES and are_zeros_and_ones(shown_cells(sample, columns))
    return "class" if is_whole else "probability"


def _is_share(cell: str) -> bool:
    return is_number(cell) and 0 <= float(cell) <= 1


def _foreign(
    sample: Table, foreign: list[str], names: Sequence[str], cells: Collection[str]
) -> tuple[Finding, ...]:
    if not foreign:
        return ()
    if all(map(_has_confidence, foreign)):
        return (_unconfident(sample, foreign),)
    fix = (
        "look whether images of it are missing; it will never be answered."
        if set(cells) & set(names)
        else "if answers are to be probabilities, set `answers` in `hydra.toml`; otherwise call "
        "the classes, in the label column or by their folders, as the competition does: Kaggle "
        "will probably count rows with other names as wrong."
    )
    return (
        concerning(
            foreign,
            f"{sample.path.name} answers `{foreign[0]}`, which is none of the classes.",
            f"class names such as {', '.join(names[:3])}.",
            fix,
        ),
    )


def _has_confidence(cell: str) -> bool:
    name, _, share = cell.rpartition(" ")
    return bool(name) and " " not in name and "." in share and _is_share(share)


def _unconfident(sample: Table, cells: list[str]) -> Finding:
    return concerning(
        cells,
        f"{sample.path.name} answers with a class and a confidence, such as `{cells[0]}`; answers "
        "will be the class alone.",
        "answers of class names, or of probabilities in one column a class.",
        "for confidences write a sample with the id and one column a class, and name it as "
        "`sample_submission` in `hydra.toml`: of the probabilities that are exported, each row's "
        "largest and its column are such an answer.",
    )


def _likewise(
    sample: Table, classes: Sequence[str], names: Sequence[str], cells: Collection[str]
) -> tuple[Finding, ...]:
    """Say that classes are spelled in the sample's manner although it does not show them."""
    pairs = [
        (one, text)
        for one, text in zip(classes, names, strict=True)
        if composed(text) not in (one, f"{one}.0")
    ]
    told = next((pair for pair in pairs if pair[1] in cells), None)
    guessed = [text for _, text in pairs if text not in cells]
    shown = [text for _, text in pairs if text in cells]
    if told is None or not guessed:
        return ()
    return (
        concerning(
            guessed,
            f"{sample.path.name} spells `{told[0]}` as `{told[1]}`; the classes that it does not "
            f"show are written likewise: {', '.join(guessed[:5])}"
            f"{', ...' if len(guessed) > 5 else ''}.",
            "a sample that shows every class, or classes called as it spells them.",
            "nothing if the competition spells them so; otherwise call the classes, in the label "
            "column or by their folders, as it does.",
            "note" if len(shown) > 1 else "warning",
        ),
    )


def _unfit(sample: Table, columns: tuple[str, ...], targets: Targets) -> UserError:
    is_one = len(targets.columns) == 1 and targets.columns[0] in columns
    # Names of images, which differ, are no answers.
    are_answers = all(len(set(sample.column(c))) < len(sample.rows) for c in columns)
    if is_one and are_answers and len(columns) > 1 and not is_zero_one(targets):
        others = (column for column in columns if column != targets.columns[0])
        return several_targets(sample.path.name, (targets.columns[0], *others))
    return UserError(
        f"{sample.path.name} asks for {', '.join(columns[:5])}"
        f"{', ...' if len(columns) > 5 else ''} ({len(columns)} columns), but the labels are "
        f"{targets.kind.value} with {len(targets.classes)} classes: "
        f"{', '.join(targets.classes[:5])}{', ...' if len(targets.classes) > 5 else ''}.",
        "one column with the class, or one column for each of these classes.",
        "name the right `target_columns`, `sample_submission` or `answers` in `hydra.toml`; or "
        f"`id_column`, if `{sample.columns[0]}` does not name the test images.",
    )
