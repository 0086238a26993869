"""The answer file: written in exactly the sample's format, checked before it is put in place."""

import csv
import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.competition.competition import Competition
from engine.competition.decoding import MISSING
from engine.competition.findings import MetricName, SubmissionFormat, TargetKind
from engine.competition.names import places_of
from engine.competition.tables import header_line
from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.files import write_atomically
from engine.predictions.deciding import Fitted
from engine.predictions.decision import Decision, plain_decision
from engine.submission.checking import answer_names, check_submission, submission_format
from engine.submission.guessing import OPTION
from engine.training.scores import EPSILON

_UNIT = 10**8
_INPUT_TOLERANCE = 1e-2
# As many images as a message can name.
_NAMED = 5


class SubmissionCheck(Frozen):
    """What was written and found right.

    Args:
        rows: number of answers.
        columns: the file's columns, in the sample's order.
        path: the file.
        digest: SHA-256 of its bytes, hexadecimal.
        guessed: the test images that are answered by the shares of the classes.
        metric: what the competition scores by.
        fitted: its value on held-out rows, where thresholds fitted on others make it better.
        plain: its value of the likeliest classes, where thresholds were tried.
    """

    rows: int
    columns: tuple[str, ...]
    path: Path
    digest: str
    guessed: tuple[str, ...] = ()
    metric: MetricName
    fitted: float | None = None
    plain: float | None = None


def write_submission(
    competition: Competition,
    ids: Sequence[str],
    probabilities: np.ndarray,
    path: Path,
    unreadable: Mapping[int, str] | None = None,
    answered: Collection[int] = (),
    guess: bool = False,
    fitted: Fitted | None = None,
) -> SubmissionCheck:
    """Write predictions as the sample submission asks for them.

    Args:
        competition: what is answered.
        ids: which test image each row of `probabilities` is of, in any order.
        probabilities: (rows, 1) or (rows,) of the positive class; (rows, classes); or
            (rows, labels); in the order of the competition's classes.
        path: the file to write; an older one is replaced only by a faultless one.
        unreadable: position among the test images to the reason, for those without pixels.
        answered: positions of those that were predicted from their pixels all the same, before
            these went missing.
        guess: whether the others, and missing ones, are answered by the shares of the classes.
        fitted: how probabilities become classes where these are asked for; by default the
            likeliest ones.

    Returns:
        What was written.

    Raises:
        UserError: a test image can't be read and is not to be guessed, a prediction is missing
            or no probability, or the disk refuses; `path` is as it was.
    """
    form = submission_format(competition)
    unseen = _unseen(competition, unreadable or {}, answered)
    if unseen and not guess:
        raise _unanswered(competition, unseen)
    values = _in_order(competition, ids, probabilities)
    if unseen:
        values[list(unseen)] = competition.targets.mean(axis=0)
    _refuse_faults(competition, values)
    decision = (
        plain_decision(competition.kind, competition.metric, values.shape[1], form.is_one_cell)
        if fitted is None
        else fitted.decision
    )
    text = _counted(form, _text(competition, form, values, decision))
    check_submission(competition, text, path.name)
    write_atomically(path, text)
    return SubmissionCheck(
        rows=len(values),
        columns=form.columns,
        path=path,
        guessed=tuple(_name(competition, row) for row in unseen),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        metric=competition.metric,
        fitted=fitted.score if fitted is not None and fitted.is_better else None,
        plain=None if fitted is None else fitted.plain,
    )


def _unseen(
    competition: Competition, unreadable: Mapping[int, str], answered: Collection[int]
) -> dict[int, str]:
    """The test images whose pixels nothing saw by position, each with its reason."""
    missing = {row: MISSING for row, path in enumerate(competition.test_paths) if path is None}
    without = missing | dict(unreadable)
    return {row: without[row] for row in sorted(without) if row not in answered}


def _name(competition: Competition, row: int) -> str:
    path = competition.test_paths[row]
    return path.name if path is not None else competition.test_ids[row]


def _unanswered(competition: Competition, unseen: Mapping[int, str]) -> UserError:
    each = [(_name(competition, row), reason) for row, reason in unseen.items()]
    if len(each) == 1:
        happened = f"Test image `{each[0][0]}` can't be answered: {each[0][1]}."
    else:
        listed = "; ".join(f"`{name}`: {reason}" for name, reason in each[:_NAMED])
        others = f"; and {len(each) - _NAMED} more" if len(each) > _NAMED else ""
        happened = f"{len(each)} test images can't be answered: {listed}{others}."
    return UserError(
        happened,
        "a readable image for every row of the sample submission.",
        "download the test images again, or resize those of too many pixels; then predict and "
        "export again. Or have them answered by "
        f"the class shares: `{OPTION}`.",
    )


def _in_order(
    competition: Competition, ids: Sequence[str], probabilities: np.ndarray
) -> np.ndarray:
    values = np.asarray(probabilities, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    width = 1 if competition.kind is TargetKind.BINARY else len(competition.classes)
    if values.shape != (len(ids), width):
        raise UserError(
            f"The predictions have shape {values.shape}.",
            f"({len(ids)}, {width}): one row an id, one column a probability.",
            "run the experiment again: its predictions don't belong to this competition.",
        )
    rows = {name: row for row, name in enumerate(ids)}
    absent = [name for name in competition.test_ids if name not in rows]
    if absent:
        raise UserError(
            f"{len(absent)} of {len(competition.test_ids)} test images have no prediction "
            f"(first: `{absent[0]}`).",
            "a prediction for every test image.",
            "run the experiment again; the test images have changed since.",
        )
    return values[[rows[name] for name in competition.test_ids]]


def _refuse_faults(competition: Competition, values: np.ndarray) -> None:
    sums = values.sum(axis=1)
    multiclass = competition.kind is TargetKind.MULTICLASS
    faults = (
        (~np.isfinite(values).all(axis=1), "is not a number"),
        (((values < -1e-6) | (values > 1 + 1e-6)).any(axis=1), "lies outside 0 to 1"),
        ((abs(sums - 1) > _INPUT_TOLERANCE) & multiclass, "does not sum to 1 over the classes"),
    )
    for wrong, what in faults:
        if wrong.any():
            row = int(wrong.argmax())
            raise UserError(
                f"The prediction for `{competition.test_ids[row]}` (row {row + 1}) {what}: "
                f"{', '.join(f'{value:.6g}' for value in values[row][:5])}.",
                "probabilities from 0 to 1 in every row.",
                "look at this run's loss; if it is not a number, lower the learning rate.",
            )


def _text(
    competition: Competition, form: SubmissionFormat, values: np.ndarray, decision: Decision
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=form.separator, lineterminator="\n")
    writer.writerow(header_line(form.columns))
    are_classes = form.answers == "class"
    if form.is_one_cell:
        answers = _classes(competition, form, values, decision)
        cells = (competition.test_ids, answers)
        writer.writerows(zip(*(reversed(cells) if form.id_place else cells), strict=True))
        return text.getvalue()
    units = decision.answers(values) if are_classes else _units(competition, values)
    if competition.kind is TargetKind.MULTICLASS:
        units = units[:, places_of(form.answer_columns, competition.classes)]
    # What is scored by its order needs all digits that the network gave: a fixed number of decimals
    # would make one of all that is nearly impossible.
    number = "%.9g" if competition.metric == "auc" else "%.8f"
    patterns = ["%d" if are_classes else number] * units.shape[1]
    patterns.insert(form.id_place, "%s")
    pattern = form.separator.join(patterns)
    identifiers = (_quoted(name, form.separator) for name in competition.test_ids)
    for name, row in zip(identifiers, units.tolist(), strict=True):
        row.insert(form.id_place, name)
        text.write(f"{pattern % tuple(row)}\n")
    return text.getvalue()


def _counted(form: SubmissionFormat, text: str) -> str:
    """The file with the sample's column that counts the rows, where it has one."""
    if not form.counter:
        return text
    header, *rows = text.removesuffix("\n").split("\n")
    numbered = (
        f"{number}{form.separator}{row}" for number, row in enumerate(rows, start=form.counts_from)
    )
    return "\n".join((header, *numbered, ""))


def _quoted(name: str, separator: str) -> str:
    if separator in name or '"' in name:
        return '"' + name.replace('"', '""') + '"'
    return name


def _classes(
    competition: Competition, form: SubmissionFormat, values: np.ndarray, decision: Decision
) -> list[str]:
    names = answer_names(competition, form)
    if form.ranks > 1:
        ranked = decision.ranked(values, form.ranks)
        return [form.tag_separator.join(names[place] for place in row) for row in ranked]
    answers = decision.answers(values)
    if competition.kind is TargetKind.BINARY:
        return [names[answer] for answer in answers[:, 0]]
    return [
        form.tag_separator.join(name for name, is_one in zip(names, row, strict=True) if is_one)
        for row in answers
    ]


def _units(competition: Competition, values: np.ndarray) -> np.ndarray:
    """Probabilities as written; the largest of a row takes what rounding leaves of 1."""
    # A zero is judged by what the scorer takes for it, which is worse than what was judged here.
    least = EPSILON if competition.metric == "log_loss" else 0.0
    clipped: np.ndarray = np.clip(values, least, 1 - least)
    if competition.kind is not TargetKind.MULTICLASS:
        return clipped
    units: np.ndarray = np.rint(clipped / clipped.sum(axis=1, keepdims=True) * _UNIT)
    units[np.arange(len(units)), units.argmax(axis=1)] += _UNIT - units.sum(axis=1)
    written: np.ndarray = units / _UNIT
    return written
