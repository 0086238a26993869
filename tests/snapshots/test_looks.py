"""How the screens look. Nothing but looks is asserted here."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from app.cockpit import Cockpit
from app.widgets.headline import Headline
from app.widgets.system_pane import SystemPane
from engine.competition.findings import (
    CompetitionSummary,
    Finding,
    SubmissionFormat,
    TargetKind,
)
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.helper.client import Progress
from engine.service import Service
from engine.system import GpuLoad, SystemLoad, SystemMeter, WorkerLoad
from tests.functional.analysed import analysis
from tests.functional.long_runs import long_run
from tests.functional.staging import fill, record, start_running, three, until
from tests.unit.competition.builders import picture

SIZES = [(80, 24), (120, 40), (200, 60)]
Compare = Callable[..., bool]
Act = Callable[[Pilot[None]], Awaitable[None]]
SUMMARY = CompetitionSummary(
    name="garden",
    folder="/data/garden",
    layout="train_labels.csv names the images in train/; test images in test/",
    label_file="train_labels.csv",
    target=TargetKind.MULTICLASS,
    metric="log_loss",
    class_counts=(("rose", 620), ("tulip", 310), ("daisy", 70)),
    labelled_images=1000,
    test_images=250,
    submission=SubmissionFormat(
        id_column="id",
        answer_columns=("rose", "tulip", "daisy"),
        answers="probability",
        rows=250,
        file="sample_submission.csv",
    ),
    sizes=((320, 213, 700), (240, 240, 300)),
    median_side=320,
    modes=(("RGB", 990), ("L", 10)),
    folds=5,
    grouped=False,
    findings=(
        Finding(
            severity="warning",
            happened="Pairs of the same picture with different labels: 1.",
            expected="one label a picture.",
            fix="correct the wrong label.",
            files=("17 (rose) = 18 (tulip)",),
            count=1,
        ),
    ),
)

LOAD = SystemLoad(
    percent=62.0,
    cores=8,
    used=9 << 30,
    total=32 << 30,
    free_disk=120 << 30,
    gpus=(GpuLoad(0, 93.0, 7 << 30, 16 << 30),),
    workers=WorkerLoad(180.0, 2 << 30),
)


class Posed(Service):
    """A workspace whose data looks the same on every machine."""

    def summary(self, progress: Progress | None = None) -> CompetitionSummary:
        self._summary = SUMMARY
        return SUMMARY

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        inspection: Any = self.inspection
        inspection.errors = lambda experiment: analysis(experiment, str(root / "train"))

    def attend(self) -> None:
        """Nobody runs the queue."""


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One time zone, one config path, one machine, no blinking cursor."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        patch.setenv("HYDRA_TUI_CONFIG", "/home/you/.config/hydra-tui/config.toml")
        patch.setattr(Input, "cursor_blink", False)
        patch.setattr("app.remembered.has_toured", lambda: True)
        patch.setattr("app.away.missed", lambda _root, _records: ())
        patch.setattr(SystemMeter, "read", lambda _meter, _tasks: LOAD)
        # Once is enough: how often it is read depends on how fast the test is.
        patch.setattr("app.screens.live._READ_SECONDS", 3600.0)
        time.tzset()
        yield
    time.tzset()


def posed(tmp_path: Path, *keys: str, is_running: bool = False, is_filled: bool = True) -> Any:
    """The cockpit on the same workspace every time, and what brings it into its pose."""
    root = tmp_path / "garden"
    root.mkdir()
    if is_filled:
        fill(root, three())
    if is_running:
        fill(root, [record(4, status=Status.RUNNING)])
        start_running(root, "4", epochs=4)
    app = Cockpit(Posed(root))

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.desk.is_loaded and app.desk.snapshot.summary)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        if "2" in keys:
            await until(pilot, lambda: app.screen.query_one("#log").virtual_size.height > 4)
            system = app.screen.query_one(SystemPane)
            await until(pilot, lambda: not system.display or "62%" in str(system.render()))
        if is_running:
            # The first look is but a glance: the next one knows what is left to do.
            await until(pilot, lambda: any(one.remaining for one in app.desk.snapshot.live))
            await until(pilot, lambda: " left" in str(app.screen.query_one(Headline).render()))
        await pilot.pause()

    return app, act


@pytest.mark.parametrize("size", SIZES)
def test_home(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    app, act = posed(tmp_path)
    assert snap_compare(app, terminal_size=size, run_before=act)


def test_home_without_experiments(snap_compare: Compare, tmp_path: Path) -> None:
    app, act = posed(tmp_path, is_filled=False)
    assert snap_compare(app, terminal_size=(80, 24), run_before=act)


@pytest.mark.parametrize("size", SIZES)
def test_live(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    """Five folds in two phases, two runs marked, and the line that reads them off."""
    app, act = posed(tmp_path, is_filled=False)
    runs = (long_run(1, epochs=30), long_run(2, Stage.OVERFIT, loss=0.3), long_run(3, folds=5))
    fill(tmp_path / "garden", runs)

    async def watch(pilot: Pilot[None]) -> None:
        await act(pilot)
        await until(pilot, lambda: len(app.desk.snapshot.records) == 3)
        app.desk.selected, app.desk.marked = "3", frozenset("12")
        await pilot.press("2")
        system = app.screen.query_one(SystemPane)
        await until(pilot, lambda: not system.display or "62%" in str(system.render()))
        await pilot.press(*["left"] * 8)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=watch)


def test_live_while_it_runs(snap_compare: Compare, tmp_path: Path) -> None:
    app, act = posed(tmp_path, "2", is_running=True)
    assert snap_compare(app, terminal_size=(120, 40), run_before=act)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_errors(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    app, act = posed(tmp_path, "5")
    for name in ("3", "5"):
        picture(tmp_path / "garden" / "train" / f"{name}.png", int(name))

    async def pictured(pilot: Pilot[None]) -> None:
        await act(pilot)
        await until(pilot, lambda: len(pilot.app.screen.query(".pixels")) > 0)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=pictured)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["4", "e"], ids=["data", "spec"])
def test_screen(snap_compare: Compare, tmp_path: Path, key: str, size: tuple[int, int]) -> None:
    app, act = posed(tmp_path, key)
    assert snap_compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize(
    "keys",
    [("3", "]"), ("question_mark",), ("f1",), ("comma",)],
    ids=["details", "help", "tour", "settings"],
)
def test_dialog(snap_compare: Compare, tmp_path: Path, keys: tuple[str, ...]) -> None:
    app, act = posed(tmp_path, *keys)
    assert snap_compare(app, terminal_size=(80, 24), run_before=act)
