"""The autopilot beside a person's work: what it waits for, what it skips, what it leaves behind."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from app.command_line.recipe import _ended
from engine.errors import UnwritableError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ErrorReport, Status
from engine.experiment.spec import Stage
from engine.jobs.tasks import PREDICTIONS, with_tasks
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Flight, note_flight
from engine.pilot.process import Autopilot
from engine.recipe.steps import GROUP
from engine.service import Service
from engine.store.notebook import Notebook
from tests.functional.predicted import predict
from tests.functional.staging import fill, record, three
from tests.jobs.conftest import has_trained, settled
from tests.support import tiny_spec, wait_until
from tests.unit.competition.builders import flowers
from tests.unit.recipe.made_up import done


def said(service: Service) -> list[str]:
    """What the autopilot has noted so far."""
    flight = service.pilot.flight()
    return [] if flight is None else [entry.what for entry in flight.entries]


@pytest.mark.slow
def test_what_a_person_began_is_waited_for(arena: Service) -> None:
    queued = arena.submit(tiny_spec("stage=overfit", "seed=77"))
    flight = Autopilot(arena, 120, lambda: arena.record(queued.id).status.is_finished).run()
    what = [entry.what for entry in flight.entries]
    assert f"wait for {queued.id} overfit" in what
    assert arena.record(queued.id).status is Status.DONE, "it was not stopped"
    assert arena.records()[-1].id == queued.id, "nothing was begun beside it"


@pytest.mark.slow
def test_what_a_person_began_goes_on_when_the_budget_is_used_up(arena: Service) -> None:
    queued = arena.submit(tiny_spec("stage=overfit", "seed=78"))
    Autopilot(arena, 5.5, lambda: False).run()
    assert settled(arena, queued.id).status is Status.DONE


@pytest.mark.slow
def test_what_will_not_end_in_time_makes_room_for_something_cheaper(arena: Service) -> None:
    arena.summary()
    endless = arena.submit(tiny_spec("phases.0.epochs=1000", "batch_size=1"), group=GROUP)
    # What trains stops within a batch; what still imports TensorFlow, when that is done.
    wait_until(lambda: has_trained(arena, endless.id, 1))
    pilot = Autopilot(arena, 25, lambda: False)
    pilot._wait([endless.id], expected=1.0)
    assert arena.record(endless.id).status is Status.STOPPED
    assert pilot._left > 0, "time is left"
    pilot._step()
    assert arena.record(endless.id).status is Status.STOPPED, "it is not gone on with"


def test_what_it_passes_is_passed_for_that_walk_alone(tmp_path: Path) -> None:
    data = flowers(tmp_path / "garden", rows=12, test=2)
    (data / "train" / "3.png").write_bytes(b"no image")
    service = Service(data)
    try:
        flight = Autopilot(service, 600, lambda: "pass data" in said(service)).run()
        assert "pass data" in said(service)
        assert flight.passed == (Stage.DATA,)
        assert service.snapshot().passed == frozenset(), "another walk may have the time for it"
    finally:
        service.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "why"),
    [(Status.FAILED, "1, has failed: It broke. mend it."), (None, "used up before anything")],
)
def test_a_walk_that_leaves_nothing_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: Status | None, why: str
) -> None:
    garden = flowers(tmp_path / "garden", test=0)
    (garden / "sample_submission.csv").unlink()
    fill(garden, [] if status is None else [record(1, status=status)])
    service = Service(garden)
    try:
        # No time is left for anything.
        flight = Autopilot(service, 1, lambda: False).run()
        assert flight.status == "failed"
        assert why in flight.problem
        assert _ended(service, flight, False) == 1
        assert why in capsys.readouterr().err
    finally:
        service.close()


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_moment_ends_no_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(flowers(tmp_path / "garden"))
    full = UnwritableError("The disk is full.", "some free space.", "free some.")
    noted, refused = itertools.count(), itertools.count()
    submit = service.submit

    def note(workspace: Workspace, flight: Flight) -> None:
        if 1 < next(noted) < 5 or (flight.status != "running" and next(refused) < 6):
            raise full
        note_flight(workspace, flight)

    def submitting(*wanted: Any) -> Any:
        if next(refused) < 2:
            raise full
        return submit(*wanted)

    monkeypatch.setattr("engine.pilot.journal.note_flight", note)
    monkeypatch.setattr("engine.pilot.journal._RETRY_SECONDS", 0.0)
    monkeypatch.setattr("engine.pilot.process._RETRY_SECONDS", 0.0)
    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _workspace: None)
    monkeypatch.setattr(service, "submit", submitting)
    try:
        flight = Autopilot(service, 600, lambda: bool(service.records())).run()
        assert [one.stage for one in service.records()] == [Stage.BASELINE]
        what = [entry.what for entry in flight.entries]
        assert what.count("wait until it can be written") == 1
        assert service.pilot.flight() == flight
        assert flight.status == "stopped"
    finally:
        service.close()


@pytest.mark.slow
def test_where_every_worker_is_killed_it_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a system short of memory."""
    service = Service(flowers(tmp_path / "garden"))
    notebook, killed = Notebook(service.workspace), ErrorReport(happened="Signal 9.")

    def kill() -> None:
        for one in notebook.records():
            if not one.status.is_finished:
                task = one.tasks[0].model_copy(
                    update={"status": Status.INTERRUPTED, "error": killed}
                )
                notebook.change(one.id, lambda known, task=task: with_tasks(known, (task,)))  # type: ignore[misc]

    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _workspace: None)
    monkeypatch.setattr("engine.pilot.process._POLL_SECONDS", 0.0)
    monkeypatch.setattr(service, "attend", kill)
    try:
        flight = Autopilot(service, 600, lambda: len(service.records()) > 20).run()
        assert flight.status == "failed"
        assert "Signal 9." in flight.problem
        tried = [one.stage for one in service.records()]
        assert max(map(tried.count, tried)) <= 2
        (why,) = [one.why for one in flight.entries if one.what == "pass baseline"]
        assert why == "2 was interrupted, as what was tried before: Signal 9."
    finally:
        service.close()


@pytest.mark.slow
def test_an_experiment_that_cannot_be_exported_does_not_stand_in_the_way(tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden")
    first, last = (
        record(number, Stage.REGULARIZE, loss=loss, parent="2")
        for number, loss in ((4, 0.15), (5, 0.1))
    )
    # The same run twice: where what one predicted is gone, the other stands in for it.
    spec = first.spec.model_copy(update={"seed": 1})
    fill(garden, [*three(), *(one.model_copy(update={"spec": spec}) for one in (first, last))])
    for experiment, shift in (("3", 0.5), ("4", 0.7), ("5", 0.9)):
        predict(garden, experiment, shift)
    (Workspace(garden).task("5", "fold0") / PREDICTIONS).unlink()
    service = Service(garden)
    try:
        # No time is left for anything but the last blend and the last CSV.
        flight = Autopilot(service, 1, lambda: False).run()
        assert flight.status == "done"
        blends = [one for one in service.records() if isinstance(one.spec, EnsembleSpec)]
        assert [set(one.spec.members) for one in blends] == [{"3", "4"}]  # type: ignore[union-attr] # they are blends
        assert Path(flight.submission).exists()
        assert flight.best in ("4", blends[0].id)
    finally:
        service.close()


def test_a_fault_of_its_own_leaves_what_was_trained_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden = flowers(tmp_path / "garden")
    runs = [record(number, Stage.REGULARIZE, loss=0.1 * number) for number in (4, 5)]
    fill(garden, [*three(), *runs])
    for experiment, shift in (("4", 0.5), ("5", 0.7)):
        predict(garden, experiment, shift)
    service = Service(garden)

    def broken(*_: object) -> None:
        raise ValueError("no such spec")

    monkeypatch.setattr("engine.pilot.process.next_step", broken)
    try:
        flight = Autopilot(service, 60, lambda: False).run()
        assert flight.status == "failed"
        assert "ValueError('no such spec')" in flight.problem
        assert Path(flight.submission).exists()
    finally:
        service.close()


def test_where_heads_alone_were_trained_it_says_what_more_time_would_bring(tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden")
    head = ("backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head")
    heads = [
        done("1", Stage.BASELINE, 0.3, *head),
        done("2", Stage.OVERFIT, 0.3, *head, train=0.001),
        done("3", Stage.REGULARIZE, 0.2, *head, "head.dropout=0.5"),
    ]
    fill(garden, heads)
    service = Service(garden)
    try:
        flight = Autopilot(service, 1, lambda: False).run()
        assert flight.status == "done"
        last = flight.entries[-1]
        assert last.stage is Stage.REGULARIZE
        assert re.fullmatch(
            r"end without tuning the backbone, which takes about \d+ (s|min)", last.what
        )
        assert "heads alone" in last.why
    finally:
        service.close()
