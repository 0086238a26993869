"""Images that have several rows in the label table: copies, contradictions, or a tag a row."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from engine.competition.findings import Finding, TargetKind, concerning
from engine.competition.label_table import Labels
from engine.competition.names import composed
from engine.competition.tables import Table
from engine.competition.tags import SEPARATORS, Hints, split_tags
from engine.competition.targets import Targets

# Where as many images in a hundred have rows that differ, these are hardly all wrong.
_MANY = 0.2
# More than what rounding adds to shares of one.
_MORE = 1.05


def once(
    labels: Labels, targets: Targets, usable: list[int], hints: Hints, sample: Table | None
) -> tuple[Targets, list[int], tuple[Finding, ...]]:
    """Keep one row an image.

    Args:
        labels: the table.
        targets: the truth of its rows.
        usable: its rows that have an image and a label.
        hints: what the sample's answers and the user say about the labels.
        sample: the sample submission.

    Returns:
        The truth: where an image has several labels, a row each, all of them in its first row.
        The rows that are kept: none of an image whose rows contradict each other. And what is
        said of either.
    """
    rows_of: dict[int, list[int]] = {}
    for row in usable:
        image = labels.rows[row]
        assert image is not None
        rows_of.setdefault(image, []).append(row)
    values = targets.values
    repeated = [rows for rows in rows_of.values() if len(rows) > 1]
    differing = [rows for rows in repeated if not bool((values[rows] == values[rows[0]]).all())]
    are_many = hints.target is None and len(differing) >= _MANY * len(rows_of)
    is_asked = are_many and _asks_for_tags(targets, hints, sample)
    if differing and len(targets.columns) == 1 and (hints.target == "multilabel" or is_asked):
        kept = [rows[0] for rows in rows_of.values()]
        return _joined(targets, rows_of.values()), kept, (_tags(labels, differing, is_asked),)
    wrong = {rows[0] for rows in differing}
    findings = (*_copies(labels, [r for r in repeated if r[0] not in wrong]),)
    findings += (*_contradictions(labels, differing),)
    kept = [rows[0] for rows in rows_of.values() if rows[0] not in wrong]
    return targets, kept, findings


def _asks_for_tags(targets: Targets, hints: Hints, sample: Table | None) -> bool:
    """Whether the sample answers an image with several classes, or with shares of more than one."""
    if targets.kind is TargetKind.MULTILABEL:
        return True
    if sample is None:
        return False
    if len(sample.columns) > 2:
        try:
            answers = [tuple(map(float, row[1:])) for row in sample.rows]
        except ValueError:
            return False
        # The same throughout, such as 0, only fills the columns.
        if len({cell for row in answers for cell in row}) == 1:
            return False
        return any(row.count(1) > 1 or (len(set(row)) > 1 and sum(row) > _MORE) for row in answers)
    known = set(targets.classes)
    return any(
        len(parts := split_tags(composed(cell), separator)) > 1 and set(parts) <= known
        for cell in hints.shown
        for separator in SEPARATORS
    )


def _joined(targets: Targets, images: Iterable[list[int]]) -> Targets:
    values = targets.values
    if targets.kind is TargetKind.BINARY:
        values = np.column_stack([1 - values[:, 0], values[:, 0]])
    values = values.copy()
    for rows in images:
        values[rows[0]] = values[rows].max(axis=0)
    return replace(targets, kind=TargetKind.MULTILABEL, values=values)


def _tags(labels: Labels, differing: list[list[int]], is_asked: bool) -> Finding:
    return concerning(
        _ids(labels, differing),
        f"{labels.table.path.name} has several rows for {len(differing)} images, each with another "
        "label: an image has all the labels of its rows.",
        "one row an image, with all its labels.",
        "nothing if an image may have several labels"
        + (
            '; otherwise correct them, and write `[competition]` and `target = "multiclass"` into '
            "`hydra.toml`."
            if is_asked
            else "."
        ),
        "warning" if is_asked else "note",
    )


def _copies(labels: Labels, repeated: list[list[int]]) -> tuple[Finding, ...]:
    if not repeated:
        return ()
    return (
        concerning(
            _ids(labels, repeated),
            f"Ids more than once in {labels.table.path.name}, each time with the same label: "
            f"{len(repeated)}.",
            "every image once.",
            "nothing: one row of each is used.",
            "note",
        ),
    )


def _contradictions(labels: Labels, differing: list[list[int]]) -> tuple[Finding, ...]:
    if not differing:
        return ()
    ids = _ids(labels, differing)
    lines = " and ".join(str(labels.table.lines[row]) for row in differing[0][:2])
    return (
        concerning(
            ids,
            f"Ids more than once in {labels.table.path.name}, with different labels: {len(ids)} "
            f"(first: `{ids[0]}`, lines {lines}).",
            "one label an image.",
            "correct their labels; until then these images are left out of training. Where an "
            'image may have several labels, write `[competition]` and `target = "multilabel"` '
            "into `hydra.toml`.",
        ),
    )


def _ids(labels: Labels, images: list[list[int]]) -> list[str]:
    ids = labels.table.column(labels.id_column)
    return [ids[rows[0]] for rows in images]
