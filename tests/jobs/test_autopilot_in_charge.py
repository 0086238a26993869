"""One autopilot a workspace: however many are started, and whatever is deleted."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.command_line import recipe
from engine.errors import UserError
from engine.jobs.liveness import Heartbeat, claim, claim_of
from engine.jobs.workspace import Workspace
from engine.pilot.charge import is_in_charge
from engine.pilot.flight import Flight, flight_of, note_flight
from engine.pilot.journal import Replaced
from engine.pilot.process import Autopilot
from engine.service import Service
from tests.support import wait_until

FLYING = Flight(status="running", began=datetime(2026, 1, 2, tzinfo=UTC), budget=60.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is started in place of an autopilot: nothing, but it takes a while."""
    begun: list[Any] = []

    def popen(words: list[str], **_: object) -> SimpleNamespace:
        time.sleep(0.05)
        begun.append(words)
        return SimpleNamespace(pid=os.getpid())

    monkeypatch.setattr("engine.pilot.flight.subprocess.Popen", popen)
    return begun


def owner(workspace: Workspace) -> int | None:
    found = claim_of(workspace.autopilot)
    return None if found is None else found.pid


def test_a_deleted_claim_is_laid_anew_but_not_in_a_deleted_workspace(workspace: Workspace) -> None:
    assert is_in_charge(workspace)
    assert owner(workspace) == os.getpid()
    shutil.rmtree(workspace.hydra)
    assert is_in_charge(workspace)
    assert owner(workspace) == os.getpid()
    shutil.rmtree(workspace.root)
    assert not is_in_charge(workspace)
    assert not workspace.root.exists()


def test_its_heart_lays_it_anew_whatever_else_it_does(workspace: Workspace) -> None:
    heart = Heartbeat(workspace.autopilot, lambda: None, lambda: is_in_charge(workspace))
    try:
        wait_until(lambda: owner(workspace))
        shutil.rmtree(workspace.hydra, ignore_errors=True)
        wait_until(lambda: owner(workspace))
    finally:
        heart.end()


def test_who_finds_another_in_charge_ends_and_says_nothing_more(
    workspace: Workspace, service: Service
) -> None:
    claim(workspace.autopilot, os.getppid())
    assert not is_in_charge(workspace)
    note_flight(workspace, FLYING)
    pilot = Autopilot(service, 60, lambda: False, lambda: is_in_charge(workspace))
    with pytest.raises(Replaced):
        pilot.run()
    assert flight_of(workspace) == FLYING, "that is the other's"
    assert owner(workspace) == os.getppid()


def test_what_is_being_deleted_has_not_ended(workspace: Workspace) -> None:
    claim(workspace.autopilot, os.getpid())
    note_flight(workspace, FLYING)
    (workspace.autopilot / "process.json").unlink()
    assert flight_of(workspace) == FLYING
    claim(workspace.autopilot, 2**22 + 1)
    found = flight_of(workspace)
    assert found is not None
    assert found.status == "failed"


def test_of_several_started_at_once_one_starts(service: Service, started: list[Any]) -> None:
    refused: list[str] = []

    def start() -> None:
        try:
            service.pilot.start(60)
        except UserError as error:
            refused.append(error.happened)

    together = [threading.Thread(target=start) for _ in range(4)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert (len(started), len(refused)) == (1, 3)
    assert "under way" in refused[0]


def test_a_command_that_comes_second_joins(
    service: Service, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def summary(_progress: object) -> None:
        # While we look at the data, another command starts one.
        service.pilot.start(60)
        note_flight(service.workspace, FLYING.model_copy(update={"status": "done"}))

    monkeypatch.setattr(service, "summary", summary)
    landed: list[Flight] = []
    monkeypatch.setattr(recipe, "_ended", lambda _service, flight, _json: landed.append(flight))
    recipe._start(service, 60)
    recipe._follow(service, False)
    assert [one.status for one in landed] == ["done"]
    assert len(started) == 1


def test_who_follows_is_not_told_that_it_ended_while_it_begins_anew(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = service.workspace
    claim(workspace.autopilot, os.getpid())
    note_flight(workspace, FLYING)

    def deleted_and_back() -> None:
        shutil.rmtree(workspace.hydra)
        time.sleep(0.2)
        assert is_in_charge(workspace)
        note_flight(workspace, FLYING.model_copy(update={"status": "done", "used": 9.0}))

    monkeypatch.setattr(recipe, "_POLL_SECONDS", 0.02)
    other = threading.Thread(target=deleted_and_back)
    other.start()
    assert recipe._landed(service).used == 9.0
    other.join()


def test_who_follows_one_that_is_gone_for_good_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(recipe, "_POLL_SECONDS", 0.02)
    with pytest.raises(UserError, match="without a word"):
        recipe._landed(service)
