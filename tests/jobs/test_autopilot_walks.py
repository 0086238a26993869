"""The autopilot beside a person's work: what it waits for, what it skips, what it leaves behind."""

from pathlib import Path

from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.pilot.process import Autopilot
from engine.recipe.autopilot import GROUP
from engine.service import Service
from tests.functional.predicted import predict
from tests.functional.staging import fill, record, three
from tests.jobs.conftest import settled
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers


def said(service: Service) -> list[str]:
    """What the autopilot has noted so far."""
    flight = service.pilot.flight()
    return [] if flight is None else [entry.what for entry in flight.entries]


def test_what_a_person_began_is_waited_for(arena: Service) -> None:
    queued = arena.submit(tiny_spec("stage=overfit", "seed=77"))
    flight = Autopilot(arena, 120, lambda: arena.record(queued.id).status.is_finished).run()
    what = [entry.what for entry in flight.entries]
    assert f"wait for {queued.id} overfit" in what
    assert arena.record(queued.id).status is Status.DONE, "it was not stopped"
    assert arena.records()[-1].id == queued.id, "nothing was begun beside it"


def test_what_a_person_began_goes_on_when_the_budget_is_used_up(arena: Service) -> None:
    queued = arena.submit(tiny_spec("stage=overfit", "seed=78"))
    Autopilot(arena, 5.5, lambda: False).run()
    assert settled(arena, queued.id).status is Status.DONE


def test_what_will_not_end_in_time_makes_room_for_something_cheaper(arena: Service) -> None:
    arena.summary()
    endless = arena.submit(tiny_spec("phases.0.epochs=1000", "batch_size=1"), group=GROUP)
    pilot = Autopilot(arena, 15, lambda: False)
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
        Autopilot(service, 600, lambda: "pass data" in said(service)).run()
        assert "pass data" in said(service)
        assert service.snapshot().passed == frozenset(), "another walk may have the time for it"
    finally:
        service.close()


def test_an_experiment_that_cannot_be_exported_does_not_stand_in_the_way(tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden")
    fill(garden, [*three(), record(4, Stage.REGULARIZE, loss=0.15, parent="2")])
    fill(garden, [record(5, Stage.REGULARIZE, loss=0.1, parent="2")])
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
