"""Rare tags are in every fold that they suffice for, whatever they are combined with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.competition.findings import TargetKind
from engine.competition.folds import frozen_folds, split
from tests.unit.competition.test_folds import competition, part

RANDOM = np.random.default_rng(0)
TAGS = (RANDOM.random((2000, 25)) < 0.25).astype(np.float32)
# Rare ones, of 5 to 19 rows, beside common ones: nearly each row is a combination of its own.
for place, rows in enumerate(range(5, 20), start=10):
    TAGS[:, place] = np.isin(np.arange(2000), RANDOM.choice(2000, rows, replace=False))


def held(folds: np.ndarray, tags: np.ndarray) -> np.ndarray:
    """How many rows with each tag a fold has, (folds, tags)."""
    return np.stack([tags[folds == fold].sum(axis=0) for fold in range(5)]).astype(int)


def test_each_fold_has_its_share_of_every_tag() -> None:
    folds = split(TAGS, TargetKind.MULTILABEL, np.arange(2000), 5, seed=0)
    assert np.ptp(np.bincount(folds)) <= 4
    found = held(folds, TAGS)
    assert found.min() >= 1
    assert np.abs(found - TAGS.sum(axis=0) / 5).max() <= 2
    again = split(TAGS, TargetKind.MULTILABEL, np.arange(2000), 5, seed=0)
    np.testing.assert_array_equal(folds, again)
    assert (folds != split(TAGS, TargetKind.MULTILABEL, np.arange(2000), 5, seed=1)).any()


def test_groups_are_dealt_whole() -> None:
    groups = RANDOM.integers(0, 600, 2000)
    folds = split(TAGS, TargetKind.MULTILABEL, groups, 5, seed=0)
    assert all(len(set(folds[groups == group])) == 1 for group in np.unique(groups))
    found = held(folds, TAGS)
    assert (found.min(axis=0) >= 1).all()
    assert np.ptp(np.bincount(folds)) <= 40


@pytest.mark.parametrize("members", [5, 6])
def test_no_fold_is_empty_where_groups_are_few(members: int) -> None:
    groups = RANDOM.integers(0, members, 2000)
    folds = split(TAGS, TargetKind.MULTILABEL, groups, 5, seed=0)
    assert set(folds.tolist()) == set(range(5))


def test_rows_that_join_go_where_their_tags_are_missing(tmp_path: Path) -> None:
    whole = competition([0] * 2000, kind=TargetKind.MULTILABEL)
    whole = replace(whole, classes=tuple("abcdefghijklmnopqrstuvwxy"), targets=TAGS)
    some = np.sort(RANDOM.permutation(2000)[:1500]).tolist()
    table = tmp_path / "folds.csv"
    before = frozen_folds(part(whole, some), table, 5, 0, np.arange(1500))
    after = frozen_folds(whole, table, 5, 0, np.arange(2000))
    np.testing.assert_array_equal(after[some], before)
    assert np.abs(held(after, TAGS) - TAGS.sum(axis=0) / 5)[:, 10:].max() <= 1
