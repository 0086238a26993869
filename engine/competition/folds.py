"""The frozen folds: written to `folds.csv` before any training, and never reshuffled."""

import csv
import io
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.competition.hygiene import examine
from engine.competition.locks import exclusive
from engine.competition.tables import read_table
from engine.competition.tag_folds import dealt_by_labels
from engine.errors import UserError
from engine.files import write_atomically
from engine.jobs.workspace import Workspace

_COLUMNS = ("id", "fold", "group")


def frozen_folds(
    competition: Competition,
    table: Path,
    count: int,
    seed: int,
    clusters: np.ndarray | None = None,
) -> np.ndarray:
    """Read the folds, or write them when there are none.

    Rows that joined the competition since get a fold, beside their group if it has one; every
    other row keeps its own, and rows that left keep theirs in the file for their return.

    Args:
        competition: whose rows are split.
        table: `folds.csv`.
        count: number of folds to make; a table that exists keeps its own number.
        seed: seeds the split.
        clusters: integers, (rows,); rows with the same number are copies of one picture and
            stay together. By default they are found in the pictures, when folds are written.

    Returns:
        Integers, (rows,): each row's fold, from 0.

    Raises:
        UserError: the table is malformed (it is left as it is), or the rows are too few.
    """
    workspace = Workspace(table.parent)
    with exclusive(workspace.locks / "folds.lock"):
        if not table.exists():
            groups = _joined(competition, _clusters(competition, workspace, clusters))
            folds = split(competition.targets, competition.kind, groups, count, seed)
            _write(table, [], competition.ids, folds, _group_names(competition, groups))
            return folds
        known = _read(table)
        if all(name in known for name in competition.ids):
            return np.array([known[name][0] for name in competition.ids])
        groups = _joined(competition, _clusters(competition, workspace, clusters))
        folds = _extended(competition, groups, known)
        names = _group_names(competition, groups)
        _write(table, list(known.items()), competition.ids, folds, names)
        return folds


def fold_count(table: Path) -> int | None:
    """How many folds are frozen.

    Args:
        table: `folds.csv`.

    Returns:
        Their number; None when nothing is frozen yet.

    Raises:
        UserError: the table is malformed.
    """
    return 1 + max(fold for fold, _ in _read(table).values()) if table.exists() else None


def known_folds(competition: Competition, table: Path) -> np.ndarray | None:
    """The frozen folds, where there are any; nothing is written.

    Args:
        competition: whose rows are split.
        table: `folds.csv`.

    Returns:
        Integers, (rows,): each row's fold, from 0; None while a row has none yet.

    Raises:
        UserError: the table is malformed.
    """
    if not table.exists():
        return None
    known = _read(table)
    if any(name not in known for name in competition.ids):
        return None
    return np.array([known[name][0] for name in competition.ids])


def known_groups(competition: Competition, table: Path) -> np.ndarray:
    """Which rows belong together: groups of the competition, and the copies found in its pictures.

    Args:
        competition: whose rows they are.
        table: `folds.csv`; where it is missing, nothing is known of copies.

    Returns:
        Integers, (rows,), equal for rows that no split may part.

    Raises:
        UserError: the table is malformed.
    """
    known = _read(table) if table.exists() else {}
    named = [known[name][1] if name in known else "" for name in competition.ids]
    # A row that is alone must not meet a group that is called like it.
    keys = [
        (group, "") if group else ("", n) for group, n in zip(named, competition.ids, strict=True)
    ]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return _joined(competition, np.array([numbers[key] for key in keys], dtype=np.intp))


def split(
    targets: np.ndarray, kind: TargetKind, groups: np.ndarray, count: int, seed: int
) -> np.ndarray:
    """Deal rows into folds that have the classes in proportion, and tear no group.

    Args:
        targets: hard labels, (rows, outputs).
        kind: what a prediction is.
        groups: integers, (rows,); rows with the same number stay together.
        count: number of folds.
        seed: seeds the split.

    Returns:
        Integers, (rows,): each row's fold, from 0.

    Raises:
        UserError: there are fewer groups than folds.
    """
    members = len(np.unique(groups))
    if members < count:
        what = (
            "labelled images" if members == len(groups) else "groups of images that belong together"
        )
        raise UserError(
            f"{count} folds can't be made of {members} {what}.",
            f"at least {count}.",
            f"set `count = {max(members, 2)}` or less in `[folds]` of `hydra.toml`, "
            "or label more images.",
        )
    if kind is TargetKind.MULTILABEL:
        return dealt_by_labels(targets, groups, count, np.full(len(groups), -1), seed)
    strata = _strata(targets, kind)
    largest = np.unique(strata, return_counts=True)[1].max()
    if largest < count:
        # scikit-learn refuses when every class is rarer than the folds are many.
        return _dealt(strata, groups, count, np.full(len(groups), -1), seed)
    splitter = StratifiedKFold if members == len(groups) else StratifiedGroupKFold
    folds = np.full(len(groups), -1)
    with warnings.catch_warnings():
        # It warns of rare classes; the data screen says that in our own words.
        warnings.simplefilter("ignore", UserWarning)
        splits = splitter(count, shuffle=True, random_state=seed).split(strata, strata, groups)
        for fold, (_, held_out) in enumerate(splits):
            folds[held_out] = fold
    if len(np.unique(folds)) < count:
        return _dealt(strata, groups, count, np.full(len(groups), -1), seed)
    return folds


def _read(table: Path) -> dict[str, tuple[int, str]]:
    # A folder's name, and so its images' ids, may begin with a blank.
    content = read_table(table, is_ours=True)
    for column in ("id", "fold"):
        if column not in content.columns:
            raise _malformed(table, f"has no column `{column}`")
    names = content.column("id")
    groups = content.column("group") if "group" in content.columns else [""] * len(names)
    known: dict[str, tuple[int, str]] = {}
    rows = zip(names, content.column("fold"), groups, content.lines, strict=True)
    for name, written, group, line in rows:
        cell = written.strip()
        if not (cell.isdecimal() and int(cell) < 1000):
            raise _malformed(table, f"line {line}: fold `{cell}` is no whole number")
        if name in known:
            raise _malformed(table, f"line {line}: `{name}` comes a second time")
        known[name] = int(cell), group
    used = {fold for fold, _ in known.values()}
    if len(used) < 2 or used != set(range(len(used))):
        raise _malformed(table, "does not number at least two folds from 0 without a gap")
    return known


def _malformed(table: Path, fault: str) -> UserError:
    return UserError(
        f"{table} {fault}." if not fault.startswith("line") else f"{table}, {fault}.",
        "the columns id, fold, group; each id once; folds numbered from 0.",
        "restore the file (it was not touched). Only if no result is worth keeping, remove it: "
        "new folds are drawn then, and earlier scores are no longer comparable.",
    )


def _write(
    table: Path,
    known: list[tuple[str, tuple[int, str]]],
    ids: tuple[str, ...],
    folds: np.ndarray,
    groups: list[str],
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((name, fold, group) for name, (fold, group) in known)
    before = {name for name, _ in known}
    writer.writerows(
        (name, int(fold), group)
        for name, fold, group in zip(ids, folds, groups, strict=True)
        if name not in before
    )
    write_atomically(table, text.getvalue())


def _clusters(
    competition: Competition, workspace: Workspace, clusters: np.ndarray | None
) -> np.ndarray:
    if clusters is not None:
        return np.asarray(clusters)
    return examine(competition, workspace, lambda _done, _total: None).clusters


def _joined(competition: Competition, joined: np.ndarray) -> np.ndarray:
    """Merge groups and clusters that share a row; a number a merged group, (rows,)."""
    if competition.groups is None:
        return joined
    parent = {int(cluster): int(cluster) for cluster in joined}

    def root(cluster: int) -> int:
        while parent[cluster] != cluster:
            parent[cluster] = parent[parent[cluster]]
            cluster = parent[cluster]
        return cluster

    first: dict[str, int] = {}
    for cluster, group in zip(joined.tolist(), competition.groups, strict=True):
        parent[root(cluster)] = root(first.setdefault(group, cluster))
    return np.array([root(cluster) for cluster in joined.tolist()])


def _group_names(competition: Competition, groups: np.ndarray) -> list[str]:
    """A merged group is called by the user's name, else by its first image; alone, nothing."""
    _, first, inverse, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    names = competition.groups if competition.groups is not None else competition.ids
    always = competition.groups is not None
    return [names[first[g]] if always or sizes[g] > 1 else "" for g in inverse]


def _strata(targets: np.ndarray, kind: TargetKind) -> np.ndarray:
    """One number a row: its class."""
    return np.asarray(targets[:, 0], int) if kind is TargetKind.BINARY else targets.argmax(1)


def _extended(
    competition: Competition, groups: np.ndarray, known: dict[str, tuple[int, str]]
) -> np.ndarray:
    count = 1 + max(fold for fold, _ in known.values())
    fold_of_group = {group: fold for fold, group in known.values() if group}
    folds = np.array([known[n][0] if n in known else -1 for n in competition.ids])
    if competition.groups is not None:
        for row in np.flatnonzero(folds < 0):
            folds[row] = fold_of_group.get(competition.groups[row], -1)
    if competition.kind is TargetKind.MULTILABEL:
        return dealt_by_labels(competition.targets, groups, count, folds, seed=0)
    strata = _strata(competition.targets, competition.kind)
    return _dealt(strata, groups, count, folds, seed=0)


def _dealt(
    strata: np.ndarray, groups: np.ndarray, count: int, folds: np.ndarray, seed: int
) -> np.ndarray:
    """Deal the groups without a fold, largest first, to where their class is rarest."""
    folds = folds.copy()
    strata = np.unique(strata, return_inverse=True)[1]
    inverse = np.unique(groups, return_inverse=True)[1]
    held = np.zeros((count, strata.max() + 1))
    dealt = folds >= 0
    np.add.at(held, (folds[dealt], strata[dealt]), 1)
    members: dict[int, list[int]] = {}
    for row in np.random.default_rng(seed).permutation(np.flatnonzero(~dealt)):
        members.setdefault(int(inverse[row]), []).append(int(row))
    homes = {int(group): int(fold) for group, fold in zip(inverse, folds, strict=True) if fold >= 0}
    for group, rows in sorted(members.items(), key=lambda item: -len(item[1])):
        classes = strata[rows]
        fold = homes.get(group)
        if fold is None:
            crowding = held[:, classes].sum(axis=1)
            fold = int(np.lexsort((held.sum(axis=1), crowding))[0])
        folds[rows] = fold
        np.add.at(held[fold], classes, 1)
    return folds
