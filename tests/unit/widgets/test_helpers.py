"""The pure parts of widgets."""

from itertools import pairwise

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widgets import Static

from app.widgets.bars import Bars, size_bins
from app.widgets.spec_field import choices_of
from engine.experiment.overrides import field_paths
from engine.experiment.spec import ExperimentSpec


def test_few_sizes_have_a_bar_each() -> None:
    assert size_bins([(20, 30, 4), (30, 10, 1), (8, 8, 2)]) == (("8", 2), ("30", 5))
    assert size_bins([]) == ()


async def test_names_of_classes_keep_their_line_and_say_where_they_are_cut_off() -> None:
    counts = [
        ("very_long_class_name_of_a_bird", 80),
        ("日本語の長いクラス名です", 1200),
        ("cat", 3),
    ]

    class Shown(App[None]):
        def compose(self) -> ComposeResult:
            yield Bars("bars", "classes")

    async with Shown().run_test(size=(60, 10)) as pilot:
        bars = pilot.app.query_one(Bars)
        bars.show(counts, 2566)
        lines = str(bars.query_one(Static).content).splitlines()
        assert [line.split(" ")[0] for line in lines[:1]] == ["very_long_class_nam…"]
        assert all(cell_len(line) <= bars.size.width for line in lines)
        assert lines[1].endswith("1,200 (47%)"), "of the images, which may have several names"
        starts = {cell_len(line[: line.index("█")]) for line in lines}
        assert len(starts) == 1, "the bars begin below each other"


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
