"""Counts worked out by hand."""

import tracemalloc

import numpy as np

from engine.analysis.confusion import confusion
from engine.analysis.reports import Confusion
from engine.competition.findings import TargetKind


def test_classes() -> None:
    targets = np.eye(3)[[0, 0, 0, 1, 1, 2]]
    predictions = np.eye(3)[[0, 0, 1, 1, 1, 1]] * 0.7 + 0.1
    found = confusion(targets, predictions, TargetKind.MULTICLASS, ("ash", "beech", "cedar"))
    (matrix,) = found.matrices
    assert matrix.names == ("ash", "beech", "cedar")
    assert matrix.counts == ((2, 1, 0), (0, 2, 0), (0, 1, 0))
    ash, beech, cedar = found.classes
    assert (ash.support, ash.predicted, ash.precision, ash.recall) == (3, 2, 1, 2 / 3)
    assert (beech.support, beech.right, beech.precision, beech.recall) == (2, 2, 0.5, 1)
    assert (cedar.precision, cedar.recall) == (None, 0)
    assert found.rows == 6


def test_binary_has_both_classes() -> None:
    targets, predictions = np.array([[0], [0], [1.0]]), np.array([[0.2], [0.5], [0.4]])
    found = confusion(targets, predictions, TargetKind.BINARY, ("rose", "tulip"))
    assert found.matrices[0].counts == ((1, 1), (1, 0))
    assert [one.name for one in found.classes] == ["rose", "tulip"]
    assert [one.recall for one in found.classes] == [0.5, 0]


def test_labels_each_by_itself() -> None:
    targets = np.array([[1, 0], [1, 0], [0, 0], [1, 0.0]])
    predictions = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.1], [0.5, 0.1]])
    found = confusion(targets, predictions, TargetKind.MULTILABEL, ("leaf", "bloom"))
    leaf, bloom = found.matrices
    assert (leaf.label, leaf.names, leaf.counts) == ("leaf", ("no", "yes"), ((0, 1), (1, 2)))
    assert bloom.counts == ((3, 1), (0, 0))
    assert found.classes[0].precision == 2 / 3
    assert found.classes[1].recall is None


def test_many_classes_are_counted_row_by_row() -> None:
    rows, size = 3000, 300
    targets = np.eye(size, dtype=np.float32)[np.arange(rows) % size]
    names = tuple(map(str, range(size)))
    tracemalloc.start()
    found = confusion(targets, targets, TargetKind.MULTICLASS, names)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.matrices[0].counts[7][7] == rows // size
    # Integers of all cells of truths and answers, to be multiplied, are eight bytes each.
    assert peak < 8 * rows * size


def test_it_crosses_as_json() -> None:
    targets = np.eye(2)[[0, 1]]
    found = confusion(targets, targets, TargetKind.MULTICLASS, ("a", "b"))
    assert Confusion.model_validate_json(found.model_dump_json()) == found
