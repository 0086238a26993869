"""Rows of the label table whose image is to be predicted: one table may list both parts."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from engine.competition.asked import Asked
from engine.competition.findings import Finding, concerning
from engine.competition.label_table import Labels
from engine.competition.layout import Layout
from engine.competition.names import ImageIndex, words
from engine.competition.tables import is_missing
from engine.competition.targets import Targets
from engine.errors import UserError

# As many labels as a message has room for.
_TOLD = 3


def without_asked(
    layout: Layout, labels: Labels, asked: Asked | None, read: Callable[[Labels], Targets]
) -> tuple[Labels, tuple[Finding, ...]]:
    """Leave out rows that are to be predicted, whatever stands in place of their label.

    In a folder of training and test images these are the rows of all that the sample asks for. Of
    images in two folders it is the rows of test images whose label no training image has.

    Args:
        layout: what was recognised.
        labels: the table that names the labelled images.
        asked: the images that the sample asks for; None without one.
        read: understands the labels of a table.

    Returns:
        The table without these rows, and at most one finding.
    """
    listed = _listed(layout, labels, asked)
    if not listed or len(listed) == len(labels.rows):
        return labels, ()
    rest = _without(labels, listed)
    try:
        columns = read(rest).columns
    except UserError:
        # What the rest can't be read by is told where all of it is read.
        return labels, ()
    known = {_label(rest, columns, row) for row in range(len(rest.rows))}
    if layout.sample is not None and len(layout.sample.columns) > 2:
        # A class that is asked for is one, though no image may show it.
        known |= {(column,) for column in layout.sample.columns[1:]}
    cells = {row: _label(labels, columns, row) for row in listed}
    odd = [row for row in listed if cells[row] not in known]
    if layout.is_shared:
        assert asked is not None
        is_odd = len(odd) == len(listed)
        if not (_are_all(labels, asked) and (is_odd or _is_for_both(layout, labels, rest, listed))):
            return labels, ()
        left = listed
    else:
        is_odd, left = True, odd
    told = [row for row in left if not all(map(is_missing, cells[row]))]
    if not told:
        return (_without(labels, left) if layout.is_shared else labels), ()
    shown = list(dict.fromkeys(" | ".join(cells[row]) for row in told))
    return _without(labels, left), (_placeholders if is_odd else _real)(labels, told, shown)


def unlabelled(
    layout: Layout, labels: Labels, targets: Targets, asked: Asked | None
) -> frozenset[int]:
    """Rows without a label because their image is to be predicted.

    Args:
        layout: what was recognised.
        labels: the table that names the labelled images.
        targets: the truth of its rows.
        asked: the images that the sample asks for; None without one.

    Returns:
        Their positions in the table.
    """
    empty = set(np.flatnonzero(np.isnan(targets.values[:, 0])).tolist())
    return frozenset(_listed(layout, labels, asked, empty)) if empty else frozenset()


def _listed(
    layout: Layout, labels: Labels, asked: Asked | None, among: Iterable[int] | None = None
) -> list[int]:
    """The rows, maybe among some, whose image is one of those to predict."""
    looked = range(len(labels.rows)) if among is None else sorted(among)
    if layout.is_shared:
        wanted = set() if asked is None else set(asked.rows) - {None}
        return [row for row in looked if labels.rows[row] in wanted]
    absent = [row for row in looked if labels.rows[row] is None]
    if not absent:
        return []
    index = ImageIndex(layout.test_names)
    ids = labels.table.column(labels.id_column)
    return [row for row in absent if index.find(ids[row]) is not None]


def _are_all(labels: Labels, asked: Asked) -> bool:
    """Whether all that the sample asks for has a row among the labels."""
    ids, images = set(labels.table.column(labels.id_column)), set(labels.rows)
    pairs = zip(asked.ids, asked.rows, strict=True)
    return all(name in ids if row is None else row in images for name, row in pairs)


def _is_for_both(layout: Layout, labels: Labels, rest: Labels, listed: list[int]) -> bool:
    """Whether images of both parts lie in the folder, rather than others of the same numbers.

    A folder called `train` is one of training images, whose test images nobody has downloaded;
    unless a column of the table says `test` of these rows alone.
    """
    if not any("train" in words(part) for part in layout.train_folder.split("/")):
        return True
    for place, column in enumerate(labels.table.columns):
        said = {labels.table.rows[row][place] for row in listed}
        if all("test" in words(cell) for cell in said) and not said & set(
            rest.table.column(column)
        ):
            return True
    return False


def _label(labels: Labels, columns: tuple[str, ...], row: int) -> tuple[str, ...]:
    cells = labels.table.rows[row]
    return tuple(cells[labels.table.columns.index(column)] for column in columns)


def _without(labels: Labels, rows: Iterable[int]) -> Labels:
    gone = set(rows)
    kept = [row for row in range(len(labels.rows)) if row not in gone]
    table = replace(
        labels.table,
        rows=tuple(labels.table.rows[row] for row in kept),
        lines=tuple(labels.table.lines[row] for row in kept),
    )
    return replace(labels, table=table, rows=tuple(labels.rows[row] for row in kept))


def _placeholders(labels: Labels, rows: list[int], shown: list[str]) -> tuple[Finding, ...]:
    said = ", ".join(f"`{label}`" for label in shown[:_TOLD])
    return (
        concerning(
            _ids(labels, rows),
            f"{labels.table.path.name} also has rows of images to predict: {len(rows)}, with "
            f"{said}{', ...' if len(shown) > _TOLD else ''} in place of a label.",
            "labels of training images; what no training image has is no class.",
            "nothing: these rows are left out of training.",
            "note",
        ),
    )


def _real(labels: Labels, rows: list[int], shown: list[str]) -> tuple[Finding, ...]:
    return (
        concerning(
            _ids(labels, rows),
            f"{labels.table.path.name} has labels of images that the sample asks for: {len(rows)} "
            f"(first: `{_ids(labels, rows)[0]}`, {shown[0]}).",
            "labels of training images only.",
            "nothing if these are the test images: their rows are left out of training. If others "
            "of the same name are to be predicted, add these in a folder `test/`.",
        ),
    )


def _ids(labels: Labels, rows: list[int]) -> list[str]:
    ids = labels.table.column(labels.id_column)
    return [ids[row] for row in rows]
