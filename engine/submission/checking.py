"""An answer file read back: whether it is what the sample submission asks for."""

from pathlib import Path

from engine.competition.competition import Competition
from engine.competition.findings import SubmissionFormat, TargetKind
from engine.competition.tables import header_line, named_columns, parse_table
from engine.competition.tags import split_tags
from engine.errors import UserError

_SUM_TOLERANCE = 1e-6


def check_submission(competition: Competition, text: str, name: str) -> None:
    """Read an answer file back and hold it against the sample's format.

    Args:
        competition: what is answered.
        text: the file's content.
        name: the file's name, for messages.

    Raises:
        UserError: wrong columns, ids or order, or an answer that is none; names the line.
    """
    form = submission_format(competition)
    table = parse_table(Path(name), text, is_ours=True)
    columns = form.columns
    if table.columns != named_columns(header_line(columns)):
        raise _fault(name, f"has the columns {', '.join(table.columns)}", ", ".join(columns))
    start = int(bool(form.counter))
    place = start + form.id_place
    identifiers = [row[place] for row in table.rows]
    if len(identifiers) != len(competition.test_ids):
        raise _fault(
            name, f"has {len(identifiers)} rows", f"{len(competition.test_ids)}, one a test image"
        )
    for line, given, wanted in zip(table.lines, identifiers, competition.test_ids, strict=True):
        if given != wanted:
            raise _fault(name, f"line {line} answers `{given}`", f"`{wanted}` there")
    for line, row in zip(table.lines, table.rows, strict=True):
        fault = _answer_fault(competition, form, [*row[start:place], *row[place + 1 :]])
        if fault:
            raise _fault(name, f"line {line} {fault[0]}", fault[1])


def submission_format(competition: Competition) -> SubmissionFormat:
    """How its answers are written.

    Args:
        competition: what is answered.

    Raises:
        UserError: there are no test images.
    """
    if competition.submission is None:
        raise UserError(
            f"{competition.name} has no test images to answer.",
            "a folder `test/`, or a sample submission that names the test images.",
            "download the test images, or name their folder as `test` in `hydra.toml`.",
        )
    return competition.submission


def answer_names(competition: Competition, form: SubmissionFormat) -> tuple[str, ...]:
    """The classes as answers spell them, in the competition's order.

    Args:
        competition: what is answered.
        form: how its answers are written.
    """
    return form.class_names or competition.classes


def _answer_fault(
    competition: Competition, form: SubmissionFormat, cells: list[str]
) -> tuple[str, str] | None:
    if form.is_one_cell:
        names = answer_names(competition, form)
        has_several = competition.kind is TargetKind.MULTILABEL or form.ranks > 1
        given = split_tags(cells[0], form.tag_separator) if has_several else cells
        if not given or not set(given) <= set(names):
            return f"answers `{cells[0]}`", f"one of {', '.join(names[:5])}"
        if form.ranks > 1 and not len(given) == len(set(given)) == form.ranks:
            return f"answers `{cells[0]}`", f"{form.ranks} different classes"
        return None
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return f"answers `{' '.join(cells)[:40]}`", "a number in every column"
    if not all(0 <= number <= 1 for number in numbers):
        return f"answers {min(numbers)} to {max(numbers)}", "probabilities from 0 to 1"
    total = sum(numbers)
    if competition.kind is TargetKind.MULTICLASS and abs(total - 1) > _SUM_TOLERANCE:
        return f"sums to {total:.8f}", "1 within a millionth"
    return None


def _fault(name: str, happened: str, expected: str) -> UserError:
    return UserError(
        f"{name} {happened}.",
        f"{expected}, as in the sample submission.",
        "export it again: `hydra-tui export ID`.",
    )
