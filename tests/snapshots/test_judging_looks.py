"""How comparisons, ablations, blends, pseudo-labels and searches look. Only looks are asserted."""

from pathlib import Path
from typing import Any

import pytest
from textual.coordinate import Coordinate
from textual.pilot import Pilot
from textual.widgets import DataTable

from app.cockpit import Cockpit
from app.widgets.rail import Rail
from engine.blending.methods import Method
from engine.experiment.compare import Compared, Comparison, Contribution, SeedNoise, judged
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec, MemberReport
from engine.experiment.importance import Importance
from engine.experiment.preview import RUNGS, PseudoPreview
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from tests.functional.long_runs import long_run
from tests.functional.searched import wide_search
from tests.functional.staging import fill, record, until
from tests.snapshots.test_looks import Compare, Posed, same_everywhere

__all__ = ["same_everywhere"]

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
Size = tuple[int, int]
COMPARISON = Comparison(
    reference="2",
    metric="auc",
    compared=(
        Compared(id="1", rows=288, log_loss=judged(-0.2, 0.03), metric=judged(-0.04, 0.01)),
        Compared(id="3", rows=288, log_loss=judged(0.12, 0.02), metric=judged(0.004, 0.003)),
    ),
)
FACTORS = (
    ("phases.0.learning_rate", "0.001", judged(0.031, 0.006), ""),
    ("augmentation.rotation augmentation.zoom", "0.0 0.0", judged(0.052, 0.012), ""),
    ("head.dropout", "0.0", judged(0.004, 0.005), ""),
    ("batch_size", "64", judged(-0.018, 0.007), ""),
    ("loss.label_smoothing", "0.0", None, "running"),
    ("rows", "0.5", None, "queued"),
)
PREVIEW = PseudoPreview(
    rows=171,
    share=0.18,
    balance=(("rose", 0.55), ("tulip", 0.38), ("daisy", 0.07)),
    precision=0.964,
    judged=167,
    precision_low=0.9239,
    coverage=tuple((rung, 250 - n * n - 9 * n, 0.9 + n / 120) for n, rung in enumerate(RUNGS)),
)


def blended(spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
    """What a way to blend would score: the later one in the list, the better."""
    gain = 0.002 * list(Method).index(spec.method) + 0.003 * spec.calibrated - 0.004
    scores = Scores(
        val_log_loss=0.2 - gain,
        val_auc=0.981,
        metric="auc",
        val_metric=0.981,
        parent_gain=gain,
        parent_gain_error=0.0021,
    )
    weights = (0.55, 0.3, 0.15)[: len(spec.members)]
    members = tuple(
        MemberReport(
            id=one,
            weight=weight,
            contribution=weight / 20 - 0.01,
            log_loss=0.31 - weight / 5,
            metric=0.96 + weight / 50,
        )
        for one, weight in zip(spec.members, weights, strict=True)
    )
    correlation = ((1.0, 0.42, 0.31), (0.42, 1.0, 0.77), (0.31, 0.77, 1.0))
    report = EnsembleReport(
        members=members,
        in_sample_log_loss=0.197 - gain,
        metric_gain=judged(0.004 - gain, 0.0024),
        metric_best=spec.members[0],
        correlation=correlation,
    )
    return scores, report


class Judged(Posed):
    """A workspace whose predictions say the same on every machine."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        bench: Any = self.workbench
        factors = tuple(
            Contribution(factor=name, value=value, experiment=str(n), worth=worth, problem=problem)
            for n, (name, value, worth, problem) in enumerate(FACTORS, start=4)
        )
        bench.compare = lambda _ids, reference: COMPARISON.model_copy(
            update={"reference": reference}
        )
        bench.contributions = lambda _experiment: (factors, SeedNoise(deviation=0.0015, seeds=3))
        bench.try_blend = blended
        bench.preview_pseudo = lambda _spec: PREVIEW
        bench.importance = lambda _record: (
            Importance(path="head.units", share=0.7, error=0.12),
            Importance(path="phases.0.learning_rate", share=0.3, error=0.05),
        )


async def opened(pilot: Pilot[None], records: int) -> Cockpit:
    app = pilot.app
    assert isinstance(app, Cockpit)
    desk = app.desk
    await until(pilot, lambda: desk.snapshot.summary and len(desk.snapshot.records) == records)
    return app


def judged_cockpit(tmp_path: Path, *records: ExperimentRecord) -> Cockpit:
    root = tmp_path / "garden"
    root.mkdir()
    fill(root, records)
    return Cockpit(Judged(root))


def three_runs() -> tuple[ExperimentRecord, ...]:
    runs = (
        long_run(1, Stage.BASELINE, loss=0.5, epochs=30),
        long_run(2, Stage.OVERFIT, loss=0.3),
        long_run(3, loss=0.2),
    )
    auc = [one.scores.model_copy(update={"metric": "auc", "val_metric": 0.98}) for one in runs]
    return tuple(
        one.model_copy(update={"scores": scores, "pinned": one.id == "2"})
        for one, scores in zip(runs, auc, strict=True)
    )


@SIZES
def test_compare(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    app = judged_cockpit(tmp_path, *three_runs())

    async def act(pilot: Pilot[None]) -> None:
        desk = (await opened(pilot, 3)).desk
        desk.marked, desk.selected = frozenset("123"), "3"
        await pilot.press("c")
        told = app.screen.query_one("#told")
        await until(pilot, lambda: "worse" in str(told.render()))
        await pilot.press("right")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_ablation(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    runs = [record(n, Stage.REGULARIZE, Status.QUEUED, parent="3") for n in range(4, 10)]
    group = [one.model_copy(update={"group": "ablation of 3, 4"}) for one in runs]
    app = judged_cockpit(tmp_path, *three_runs(), *group)

    async def act(pilot: Pilot[None]) -> None:
        desk = (await opened(pilot, 9)).desk
        desk.selected = "3"
        await pilot.press("a")
        shown: Any = app.screen.query_one("#ablation")
        await until(pilot, lambda: "better" in str(shown.content))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_blend(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    app = judged_cockpit(tmp_path, *three_runs())

    async def act(pilot: Pilot[None]) -> None:
        (await opened(pilot, 3)).desk.marked = frozenset("123")
        await pilot.press("b")
        table: DataTable[Any] = await until(
            pilot, lambda: found[0] if (found := list(app.screen.query(DataTable))) else None
        )
        places = [Coordinate(row, 1) for row in range(table.row_count)]
        # All but a forest, which somebody has to ask for.
        await until(pilot, lambda: all("0." in str(table.get_cell_at(one)) for one in places[:-1]))
        table.focus()
        table.move_cursor(row=0)
        await pilot.press("down", "down", "down", "down")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_pseudo_labels(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    app = judged_cockpit(tmp_path, *three_runs())

    async def act(pilot: Pilot[None]) -> None:
        await opened(pilot, 3)
        rail = app.screen.query_one(Rail)
        rail.focus()
        rail.highlighted = 6
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#balance"))
        await pilot.press("h")
        shown: Any = app.screen.query_one("#balance")
        await until(pilot, lambda: "rose" in str(shown.content))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_search(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    app = judged_cockpit(tmp_path, wide_search(1))

    async def act(pilot: Pilot[None]) -> None:
        await opened(pilot, 1)
        await pilot.press("7", "down", "down")
        shown: Any = app.screen.query_one("#importance-text")
        await until(pilot, lambda: "70%" in str(shown.content))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_tune(snap_compare: Compare, tmp_path: Path, size: Size) -> None:
    app = judged_cockpit(tmp_path, *three_runs())

    async def act(pilot: Pilot[None]) -> None:
        (await opened(pilot, 3)).desk.selected = "3"
        await pilot.press("T")
        shown: Any = app.screen.query_one("#plan")
        await until(pilot, lambda: "20 trials" in str(shown.content))
        await pilot.press("down")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)
