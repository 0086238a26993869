"""Folds of rows that have several labels: each label in proportion, not each combination."""

import numpy as np


def dealt_by_labels(
    targets: np.ndarray, groups: np.ndarray, count: int, folds: np.ndarray, seed: int
) -> np.ndarray:
    """Deal rows without a fold to where their rarest label is missing most.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of
    Multi-Label Data"), of whole groups, largest first. Combinations of labels are mostly unique:
    to stratify by them leaves rare labels to chance.

    Args:
        targets: 0 or 1, (rows, labels).
        groups: integers, (rows,); rows with the same number stay together.
        count: number of folds.
        folds: integers, (rows,): the fold of rows that have one, else -1. Others of their groups
            join them.
        seed: decides among folds that miss as much.

    Returns:
        Integers, (rows,): each row's fold, from 0. None is empty where the groups suffice.
    """
    unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
    home = np.full(unit.max() + 1, -1)
    home[unit[folds >= 0]] = folds[folds >= 0]
    folds = np.where(folds < 0, home[unit], folds)
    deal = _Deal(targets, unit, folds, count, np.random.default_rng(seed))
    deal.by_labels()
    return np.where(folds < 0, np.array(deal.fold_of)[unit], folds)


class _Deal:
    """Groups, and what each fold lacks; in whole numbers, `count` times as large, that tie."""

    def __init__(
        self,
        targets: np.ndarray,
        unit: np.ndarray,
        folds: np.ndarray,
        count: int,
        random: np.random.Generator,
    ) -> None:
        rows, labels = targets.shape
        self._count = count
        self._sizes = np.bincount(unit)
        self.fold_of = [-1] * len(self._sizes)
        is_open = folds < 0
        total = targets.sum(axis=0).astype(int)
        parts = [folds == fold for fold in range(count)]
        self._lacks = [(total - count * targets[p].sum(axis=0).astype(int)).tolist() for p in parts]
        self._room = [rows - count * int(p.sum()) for p in parts]
        self._left = targets[is_open].sum(axis=0).astype(int).tolist()
        self._ties = random.random((len(self._sizes), count)).tolist()
        opened = np.unique(unit[is_open])
        shuffled = random.permutation(opened)
        self._order = shuffled[np.argsort(-self._sizes[shuffled], kind="stable")].tolist()
        # Most labels are absent: to walk over those that are not takes a tenth of the time.
        row, label = np.nonzero(targets[is_open])
        keys, counts = np.unique(unit[is_open][row] * labels + label, return_counts=True)
        self._holds: list[list[tuple[int, int]]] = [[] for _ in self._sizes]
        for key, present in zip(keys.tolist(), counts.tolist(), strict=True):
            self._holds[key // labels].append((key % labels, present))
        self._having: list[list[int]] = [[] for _ in range(labels)]
        for number in self._order:
            for held, _ in self._holds[number]:
                self._having[held].append(number)

    def by_labels(self) -> None:
        """Deal all groups: those with the label that fewest rows are left with, time and again."""
        left = self._left
        while any(left):
            rarest = min((one for one, rows in enumerate(left) if rows), key=left.__getitem__)
            for number in self._having[rarest]:
                if self.fold_of[number] < 0:
                    self._give(number, [lacks[rarest] for lacks in self._lacks])
        for number in self._order:
            if self.fold_of[number] < 0:
                self._give(number, self._room)

    def _give(self, number: int, wanted: list[int]) -> None:
        fold = max(zip(wanted, self._room, self._ties[number], range(self._count), strict=True))[-1]
        self.fold_of[number] = fold
        self._room[fold] -= self._count * int(self._sizes[number])
        lacks = self._lacks[fold]
        for label, present in self._holds[number]:
            lacks[label] -= self._count * present
            self._left[label] -= present
