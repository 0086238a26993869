"""What is to be predicted: the kind of target, its classes, and each row's truth."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.competition.columns import ZERO_ONE, flag, target_columns
from engine.competition.findings import Finding, TargetKind
from engine.competition.names import (
    composed,
    is_row_number,
    match_names,
    shortened,
    sort_key,
)
from engine.competition.positive import positive_class
from engine.competition.spelling import meant
from engine.competition.tables import Table, is_missing
from engine.competition.tags import (
    SEPARATORS,
    Hints,
    asked_tags,
    doubtful,
    joint,
    read_cells,
    split_tags,
)
from engine.errors import UserError

# As many columns as a message has room for.
_TOLD = 3
_FRACTION = re.compile(r"-?\d*\.\d*[1-9]\d*")


@dataclass(frozen=True)
class Targets:
    """The truth of each row of a label table.

    Args:
        kind: what a prediction is.
        classes: their names; a binary target's positive class comes second.
        values: float32, (rows, 1) binary, else (rows, classes); NaN where the label is missing.
        columns: the label table's columns they were read from; empty for class folders.
        separator: what stands between the tags of a cell.
        findings: what is doubtful in this reading.
    """

    kind: TargetKind
    classes: tuple[str, ...]
    values: np.ndarray
    columns: tuple[str, ...] = ()
    separator: str = " "
    findings: tuple[Finding, ...] = ()


def read_targets(
    table: Table,
    id_column: str,
    chosen: tuple[str, ...] | None,
    answer_columns: tuple[str, ...],
    ignored: tuple[str, ...] = (),
    hints: Hints | None = None,
) -> Targets:
    """Understand the labels of a table.

    Args:
        table: the label CSV.
        id_column: its column that names the image.
        chosen: the columns to predict, where the user said so.
        answer_columns: the sample submission's columns after its id; empty without a sample.
        ignored: columns that are no labels, such as the one that groups rows.
        hints: what else tells tags from classes.

    Returns:
        The targets, one a row of the table.

    Raises:
        UserError: no column, or more than one, could be the label; or a cell makes no sense.
    """
    findings: tuple[Finding, ...] = ()
    columns = chosen or ()
    if not columns:
        others = [c for c in table.columns if c not in (id_column, *ignored)]
        others = [c for c in others if not is_row_number(c)]
        columns, findings = target_columns(table, others, answer_columns, (hints or Hints()).shown)
    for column in columns:
        if column not in table.columns:
            raise UserError(
                f"hydra.toml: `target_columns` names `{column}`, which {table.path.name} "
                "does not have.",
                f"one of {', '.join(table.columns)}.",
                "correct `target_columns` in `[competition]`.",
            )
    if len(columns) > 1:
        return _from_columns(table, columns, answer_columns)
    cells = meant(table.column(columns[0]), answer_columns)
    targets = from_names(cells, answer_columns, table.path.name, columns, hints)
    return replace(targets, findings=(*findings, *targets.findings))


def from_names(
    names: list[str],
    answer_columns: tuple[str, ...],
    source: str,
    columns: tuple[str, ...] = (),
    hints: Hints | None = None,
) -> Targets:
    """Understand one class name (or several tags) a row.

    Args:
        names: the class of each row; an empty one is a missing label.
        answer_columns: the sample submission's columns after its id; empty without a sample.
        source: the file's name, for messages.
        columns: the column the names come from.
        hints: what else tells tags from classes.

    Returns:
        The targets, one a row.

    Raises:
        UserError: these are measurements or ids rather than classes.
    """
    names = [composed(name) for name in names]
    rows = sum(not is_missing(name) for name in names)
    distinct = sorted({name for name in names if not is_missing(name)}, key=sort_key)
    where = f"`{columns[0]}` in {source}" if columns else source
    known = hints or Hints()
    if len(answer_columns) < 2 and set(distinct) <= set(ZERO_ONE):
        values = np.array([ZERO_ONE.get(name, np.nan) for name in names], np.float32)
        if known.positive is not None and positive_class(["0", "1"], (), known, where) == "0":
            return Targets(TargetKind.BINARY, ("1", "0"), 1 - values[:, None], columns)
        return Targets(TargetKind.BINARY, ("0", "1"), values[:, None], columns)
    matched = match_names(distinct, answer_columns) if len(answer_columns) > 1 else None
    findings: tuple[Finding, ...] = ()
    if matched is None:
        reading = read_cells(distinct, answer_columns, known, are_folders=not columns)
        findings = doubtful(reading, distinct, where)
        if reading.separator is not None:
            tagged = _from_tags(names, answer_columns, columns, reading.separator)
            return replace(tagged, findings=findings)
    _refuse_measurements(distinct, rows, where)
    if len(distinct) == 2 and matched is None:
        is_first = positive_class(distinct, answer_columns, known, where) == distinct[0]
        classes = tuple(distinct[::-1] if is_first else distinct)
        flags = [np.nan if is_missing(n) else float(n == classes[1]) for n in names]
        values = np.array(flags, np.float32)[:, None]
        return Targets(TargetKind.BINARY, classes, values, columns, findings=findings)
    classes = _ordered(distinct, matched, answer_columns)
    values = _one_hot(names, classes)
    return Targets(TargetKind.MULTICLASS, classes, values, columns, findings=findings)


def several_targets(source: str, columns: Sequence[str]) -> UserError:
    """The error where columns are targets of their own, rather than a class each.

    Args:
        source: which file has them.
        columns: their names, two or more.
    """
    listed = ", ".join(f"`{column}`" for column in columns[:_TOLD])
    return UserError(
        f"{source} has {len(columns)} targets, each with classes of its own: {listed}"
        f"{', ...' if len(columns) > _TOLD else ''}.",
        "one target: a column of classes, or one column of 0 and 1 for each class.",
        "predict one at a time, each in a workspace of its own. Copy the sample with its id and "
        f"`{columns[0]}` alone, and write into `hydra.toml`, below `[competition]`, "
        f'`target_columns = ["{columns[0]}"]` and `sample_submission = "FILE"`; put the columns '
        "of the answers side by side in the end.",
    )


def strata(targets: np.ndarray, kind: TargetKind) -> np.ndarray:
    """One number a row, equal where the labels are.

    Args:
        targets: hard labels, (rows, outputs).
        kind: what a prediction is.

    Returns:
        Integers, (rows,).
    """
    if kind is TargetKind.MULTICLASS:
        return np.asarray(targets.argmax(axis=1), dtype=np.intp)
    labels = np.unique(targets, axis=0, return_inverse=True)[1]
    return np.asarray(labels.reshape(-1), dtype=np.intp)


def _from_columns(
    table: Table, columns: tuple[str, ...], answer_columns: tuple[str, ...]
) -> Targets:
    if any(_has_classes(table.column(column)) for column in columns):
        raise several_targets(table.path.name, columns)
    values = np.full((len(table.rows), len(columns)), np.nan, np.float32)
    for position, column in enumerate(columns):
        for row, cell in enumerate(table.column(column)):
            said = flag(cell)
            if said is not None:
                values[row, position] = said
            elif not is_missing(cell):
                raise UserError(
                    f"{table.path.name}, line {table.lines[row]}: `{column}` is `{cell}`.",
                    "0 or 1 in each class's column, or one column with the class's name.",
                    "correct that cell, or name the right `target_columns` in `hydra.toml`.",
                )
    # Where only what is there was filled in, a blank says that it is not.
    values[np.isnan(values) & (values == 1).any(axis=1, keepdims=True)] = 0
    values[np.isnan(values).any(axis=1)] = np.nan
    sums = values[~np.isnan(values[:, 0])].sum(axis=1)
    kind = TargetKind.MULTICLASS if (sums == 1).all() else TargetKind.MULTILABEL
    matched = match_names(columns, answer_columns) if len(answer_columns) > 1 else None
    classes = _ordered(list(columns), matched, answer_columns)
    order = [columns.index(name) if name in columns else -1 for name in classes]
    padded = np.column_stack([values, np.where(np.isnan(values[:, 0]), np.nan, 0)])
    return Targets(kind, classes, padded[:, order].astype(np.float32), columns)


def _has_classes(cells: Sequence[str]) -> bool:
    """Whether most cells of a column say something else than 0 and 1, and measure nothing."""
    said = [cell for cell in cells if not is_missing(cell)]
    others = [cell for cell in said if flag(cell) is None]
    return 2 * len(others) > len(said) and not any(map(_FRACTION.fullmatch, others))


def _from_tags(
    names: list[str], answer_columns: tuple[str, ...], columns: tuple[str, ...], separator: str
) -> Targets:
    present = {name for name in names if not is_missing(name)}
    tags = {tag for name in present for tag in split_tags(name, separator)}
    asked = asked_tags(present, separator, answer_columns) if len(answer_columns) > 1 else None
    classes = asked or tuple(sorted(tags, key=sort_key))
    position = {tag: place for place, tag in enumerate(classes)}
    values = np.zeros((len(names), len(classes)), np.float32)
    for row, name in enumerate(names):
        if is_missing(name):
            values[row] = np.nan
        else:
            # `No Finding`, where the sample has no column for it, is no tag.
            found = [position[t] for t in split_tags(name, separator) if t in position]
            values[row, found] = 1
    return Targets(TargetKind.MULTILABEL, classes, values, columns, joint(present, separator))


def _ordered(
    names: list[str], matched: dict[str, str] | None, answer_columns: tuple[str, ...]
) -> tuple[str, ...]:
    if matched is None:
        return tuple(names)
    back = {column: name for name, column in matched.items()}
    return tuple(back.get(column, column) for column in answer_columns)


def _one_hot(names: list[str], classes: tuple[str, ...]) -> np.ndarray:
    position = {name: place for place, name in enumerate(classes)}
    places = np.array([position.get(name, -1) for name in names])
    values = np.zeros((len(names), len(classes)), np.float32)
    values[np.arange(len(names)), places] = 1
    values[[is_missing(name) for name in names]] = np.nan
    return values


def _refuse_measurements(distinct: list[str], rows: int, column: str) -> None:
    fractions = [name for name in distinct if _FRACTION.fullmatch(name)]
    if len(distinct) <= max(2, rows // 2) and not (fractions and len(distinct) > 20):
        return
    if rows < 4 or not distinct:
        return
    told = _perhaps_tags(distinct)
    fix = "name the column with the class as `target_columns` in `hydra.toml`"
    if told is not None:
        fix += f"; or, where `{shortened(told, 60)}` is several tags, write there "
        fix += '`target = "multilabel"`'
    raise UserError(
        f"{column} has {len(distinct)} different values in {rows} rows "
        f"(such as {', '.join(shortened(name, 60) for name in distinct[:3])}).",
        "a class that several images share; measurements can't be predicted here.",
        f"{fix}.",
    )


def _perhaps_tags(names: list[str]) -> str | None:
    """A cell of several words, where the words are fewer than the cells: no masks are so."""
    for separator in SEPARATORS:
        cells = {name: split_tags(name, separator) for name in names}
        several = [name for name, cell in cells.items() if len(cell) > 1]
        if several and len({word for cell in cells.values() for word in cell}) < len(names):
            return several[0]
    return None
