"""The pure parts of widgets."""

from itertools import pairwise

import pytest

from app.widgets.bars import size_bins
from app.widgets.spec_field import choices_of
from engine.experiment.overrides import field_paths
from engine.experiment.spec import ExperimentSpec


def test_few_sizes_have_a_bar_each() -> None:
    assert size_bins([(20, 30, 4), (30, 10, 1), (8, 8, 2)]) == (("8", 2), ("30", 5))
    assert size_bins([]) == ()


def test_many_sizes_are_binned_without_losing_one() -> None:
    sizes = [(side, 1, side) for side in range(100, 200)]
    bins = size_bins(sizes)
    assert len(bins) == 8
    assert sum(count for _, count in bins) == sum(range(100, 200))
    assert bins[0] == ("100-112", sum(range(100, 113)))
    ends = [tuple(map(int, label.split("-"))) for label, _ in bins]
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ends))


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("head.pooling", ("none", "avg", "max")),
        ("head.batch_norm", ("False", "True")),
        ("loss.name", ("cross_entropy", "focal", "sparsemax")),
        ("weights", ()),
        ("phases.3.epochs", ()),
        ("phases.0.train", ()),
    ],
)
def test_fields_with_few_choices_list_them(path: str, choices: tuple[str, ...]) -> None:
    assert choices_of(ExperimentSpec, path) == choices


def test_every_field_can_be_asked_for_its_choices() -> None:
    for path in field_paths():
        assert isinstance(choices_of(ExperimentSpec, path), tuple)
