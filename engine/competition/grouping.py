"""Which rows of a label table belong together, as the images of one patient do."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from engine.competition.findings import Finding
from engine.competition.names import words
from engine.competition.tables import Table, is_missing

# What several images can be of, each of which is alike in all of them.
_ONES = ("patient", "subject", "person", "individual", "driver", "lesion")
# Or from, that which says most of their likeness first.
_GROUP_WORDS = (
    *(*_ONES, "animal", "user", "owner"),
    *("study", "case", "slide", "wsi", "video", "sequence", "scene", "plant"),
    *("photographer", "camera", "hospital", "site", "center", "centre", "location", "group"),
)
# What folds do with rows that seem to belong together, and how to have it otherwise.
_KEPT = (
    "keep",
    'nothing if rows of one belong together; else write `[folds]` and `group_column = ""` into '
    "`hydra.toml` before the first training.",
)
_TORN = (
    "don't keep",
    'nothing if rows don\'t belong together; else write `[folds]` and `group_column = "{}"` into '
    "`hydra.toml` before the first training, or move `folds.csv` and `experiments.json` away as "
    "well.",
)
# Letters and a number, as in p012.
_CODE = re.compile(r"[A-Za-z]+[-_ ]?\d+")
_ID_WORDS = {"id", "ids", "uid", "instance", "number", "no", "nr", "num", "name", "code", "index"}
# A number of persons may be how many there are.
_NAMING_WORDS = {"id", "uid", "name", "code"}


def likely_group(
    table: Table, others: Sequence[str], rows: Sequence[int], values: np.ndarray, folds: int
) -> tuple[str | None, tuple[Finding, ...]]:
    """Look for rows that belong together, as images of one patient do.

    A score on patients that were trained on is too good, and folds are frozen with the first
    training: what surely tells one patient from another is heeded without being asked for.

    Args:
        table: the label CSV.
        others: its columns that name no images and are not predicted.
        rows: which of its rows are trained on.
        values: their truth, (rows, outputs).
        folds: how many folds there will be; fewer groups than that can't be kept together.

    Returns:
        The column whose rows folds keep together, where it is sure to name such; and what is said,
        at most one finding.
    """
    ranked = [(rank, column) for column in others if (rank := group_rank(column)) is not None]
    for rank, column in sorted(ranked):
        cells = table.column(column)
        groups = [cells[row] for row in rows if not is_missing(cells[row])]
        if folds <= len(set(groups)) < len(groups):
            # Where nothing is said a row stands alone.
            named = [f"\0{row}" if is_missing(cells[row]) else cells[row] for row in rows]
            is_sure = _are_ones(column, rank, groups) and _are_even(named, values, folds)
            kept, fix = _KEPT if is_sure else _TORN
            found = Finding(
                severity="note",
                happened=f"{table.path.name}: `{column}` has {len(set(groups))} values in "
                f"{len(groups)} rows, and folds {kept} its rows together.",
                expected="folds that share no patient or group, else scores are too good.",
                fix=fix.format(column),
            )
            return column if is_sure else None, (found,)
    return None, ()


def without_promise(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings, but not that folds keep rows together: those that are frozen do otherwise.

    Args:
        findings: what is known of a competition.
    """
    return tuple(finding for finding in findings if finding.fix != _KEPT[1])


def group_rank(column: str) -> int | None:
    """How much a column's name speaks of a group, the smaller the more; None where it doesn't.

    Args:
        column: its name.
    """
    spoken = set(words(column)) - _ID_WORDS
    if len(spoken) != 1 or not spoken <= set(_GROUP_WORDS):
        return None
    return _GROUP_WORDS.index(spoken.pop())


def _are_ones(column: str, rank: int, cells: Sequence[str]) -> bool:
    """Whether a column surely tells one from another: `person` may be how many there are."""
    are_codes = all(_CODE.fullmatch(cell) for cell in cells)
    is_named = rank == 0 or bool(set(words(column)) & _NAMING_WORDS)
    return rank < len(_ONES) and (is_named or are_codes)


def _are_even(groups: Sequence[str], values: np.ndarray, folds: int) -> bool:
    """Whether folds that keep groups together are about as large, and train on every class.

    `unknown` in most rows is nobody, and a class that one group alone has would be held out whole.
    """
    if folds * max(Counter(groups).values()) > len(groups):
        return False
    numbers = np.unique(groups, return_inverse=True)[1]
    # Of two classes that one column tells apart, each counts.
    values = np.hstack([values, 1 - values]) if values.shape[1] == 1 else values
    rows, classes = np.nonzero(values > 0.5)
    pairs = np.unique(np.column_stack([classes, numbers[rows]]), axis=0)
    width = values.shape[1]
    among = np.bincount(pairs[:, 0], minlength=width)
    # The only row of a class is held out with or without groups.
    return not ((among == 1) & (np.bincount(classes, minlength=width) > 1)).any()
