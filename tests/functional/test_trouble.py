"""Notebooks that can't be read, folders that can't be written, and our own mistakes."""

import json
from pathlib import Path

import pytest
from textual.message import Message
from textual.widgets import Static

from app.messages import Answered, LogGrown, Refused, SnapshotTaken
from app.monitor import Monitor
from app.screens.message import MessageScreen
from app.screens.problem import ProblemScreen
from app.screens.station import Station
from engine.errors import UserError
from engine.experiment.record import Status
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from engine.tidying import Tidying
from engine.watching import Snapshot
from tests.functional.staging import (
    cockpit,
    epoch_ended,
    fill,
    notices,
    opened,
    record,
    say,
    start_running,
    station,
    until,
)


@pytest.mark.exercises("problem.restore")
async def test_a_damaged_notebook_is_set_aside_and_the_last_good_copy_restored(
    filled: Path,
) -> None:
    notebook = filled / "experiments.json"
    damaged = notebook.read_bytes()[:900]
    notebook.write_bytes(damaged)
    async with opened(filled) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemScreen))
        assert notebook.read_bytes() == damaged, "it is left as it is until somebody decides"
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Station))
        assert "kept as" in notices(pilot)
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.records)
        assert [one.read_bytes() for one in filled.glob("experiments.corrupt*")] == [damaged]


@pytest.mark.exercises("problem.quit")
async def test_a_notebook_of_a_newer_version_offers_nothing_but_to_leave(filled: Path) -> None:
    notebook = filled / "experiments.json"
    content = json.loads(notebook.read_text())
    content["meta"]["1"]["schema"] = 99
    notebook.write_text(json.dumps(content))
    before = notebook.read_bytes()
    async with opened(filled) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemScreen))
        assert "newer hydra-tui" in str(pilot.app.screen.query_one(".dialog Static").render())
        await pilot.press("r")
        assert isinstance(pilot.app.screen, ProblemScreen)
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)
    assert notebook.read_bytes() == before


async def test_a_notebook_mended_by_hand_is_taken_up_again(filled: Path) -> None:
    notebook = filled / "experiments.json"
    good = notebook.read_bytes()
    notebook.write_bytes(b"{")
    async with opened(filled) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemScreen))
        notebook.write_bytes(good)
        await until(pilot, lambda: isinstance(pilot.app.screen, Station))
        assert len(cockpit(pilot).desk.snapshot.records) == 3


@pytest.mark.slow
async def test_a_folder_that_cannot_be_written_can_be_looked_at(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("The folder is read-only.", "one that can be written.", "copy it.")

    monkeypatch.setattr(Service, "attend", refuse)
    monkeypatch.setattr(Notebook, "add", refuse)
    async with opened(filled) as pilot:
        assert len(cockpit(pilot).desk.snapshot.records) == 3
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert "read-only" in str(pilot.app.screen.query_one(".dialog Static", Static).render())


async def test_a_mistake_of_ours_is_logged_and_told_and_the_cockpit_goes_on(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr(Tidying, "pin", broken)
    async with opened(filled) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert "ZeroDivisionError" in (filled / ".hydra" / "cockpit.log").read_text()
        await pilot.press("escape", "3")
        assert station(pilot).NAME == "Results"


def test_the_monitor_posts_only_what_has_changed(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    posted: list[Message] = []

    def post(message: Message) -> bool:
        posted.append(message)
        return True

    def kinds() -> list[type[Message]]:
        found = [type(message) for message in posted]
        posted.clear()
        return found

    monitor = Monitor(Service(filled), post)
    monitor.look()
    assert kinds() == [SnapshotTaken]
    monitor.look()
    assert kinds() == []
    monitor.follow("4")
    monitor.look()
    assert kinds() == [LogGrown]
    say(filled, "4", epoch_ended(2))
    monitor.look()
    assert kinds() == [SnapshotTaken, LogGrown]
    Notebook(Workspace(filled)).change("1", lambda one: one.model_copy(update={"pinned": True}))
    monitor.look()
    assert kinds() == [SnapshotTaken]
    monitor.look()
    assert kinds() == []


async def test_what_comes_in_while_the_cockpit_closes_is_dropped(bare: Path) -> None:
    async with opened(bare) as pilot:
        app, screen = cockpit(pilot), station(pilot)
        # As when it closes: no longer running, the widgets go one by one.
        app._running = False
        await screen.remove_children()
        screen.draw()
        app.on_answered(Answered(lambda: pytest.fail("the answer's screen may be gone")))
        app.on_refused(Refused(UserError("a", "b", "c")))
        app.on_snapshot_taken(SnapshotTaken(Snapshot()))
        assert app.screen is screen
