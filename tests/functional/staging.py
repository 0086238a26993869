"""Workspaces whose experiments never ran here, and the cockpit opened on them."""

import json
import math
import os
from asyncio import sleep
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from textual.pilot import Pilot

from app.cockpit import Cockpit
from app.screens.station import Station
from app.widgets.keys import Keys, NamedKey
from engine.events.types import EVENT, BatchEnded, EpochEnded, Event, PhaseStarted, TaskStarted
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, PseudoSpec, Stage
from engine.helper.client import Helper
from engine.jobs.liveness import claim
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook

T = TypeVar("T")
EPOCHS = 6
BEGAN = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)


def record(
    number: int,
    stage: Stage = Stage.BASELINE,
    status: Status = Status.DONE,
    loss: float = 0.4,
    **changes: Any,
) -> ExperimentRecord:
    """An experiment as its worker would have left it; its loss falls to `loss`."""
    spec = ExperimentSpec(
        stage=stage,
        image_size=16,
        backbone="plain_cnn" if stage is Stage.BASELINE else "wide_cnn",
        head=HeadSpec(layers=1, units=64),
        phases=(PhaseSpec(epochs=EPOCHS),),
        pseudo=PseudoSpec(source="1" if stage is Stage.PSEUDO_LABEL else ""),
    )
    done = status is Status.DONE
    scores = Scores(
        train_log_loss=loss / 2,
        val_log_loss=loss,
        val_log_loss_error=0.02,
        val_accuracy=1 - loss / 4,
        val_auc=0.98,
        metric="log_loss",
        val_metric=loss,
        prior_log_loss=2.3,
        majority_accuracy=0.1,
        train_rows=718,
        val_rows=288,
    )
    curve = tuple(loss + 2 * math.exp(-epoch) for epoch in range(EPOCHS))
    history = {"log_loss": tuple(value / 2 for value in curve), "val_log_loss": curve}
    at = BEGAN + timedelta(minutes=number)
    fields: dict[str, Any] = {
        "id": str(number),
        "name": f"{stage} {spec.backbone} {spec.image_size}px",
        "stage": stage,
        "status": status,
        "spec": spec,
        "scores": scores if done else Scores(),
        "created": at,
        "queued": at,
        "started": None if status is Status.QUEUED else at,
        "finished": at + timedelta(seconds=8) if status.is_finished else None,
        "seconds": 8.0 if status.is_finished else 0.0,
        "error": ErrorReport(happened="It broke.", expected="It holds.", fix="mend it.")
        if status is Status.FAILED
        else None,
        "tasks": (
            TaskRecord(
                name="fold0",
                fold=0,
                status=status,
                scores=scores if done else Scores(),
                history=history if done else {},
                phase_starts=(0,) if done else (),
            ),
        ),
        "environment": {"device": "CPU, 2 cores", "python": "3.11"} if done else {},
    }
    return ExperimentRecord(**fields | changes)


def three() -> tuple[ExperimentRecord, ...]:
    """The recipe climbed once."""
    return (
        record(1, Stage.BASELINE, loss=0.5),
        record(2, Stage.OVERFIT, loss=0.3),
        record(3, Stage.REGULARIZE, loss=0.2, parent="2"),
    )


def fill(root: Path, records: Sequence[ExperimentRecord]) -> None:
    """Write a notebook as the program does."""
    notebook = Notebook(Workspace(root))
    for one in records:
        notebook.add(lambda number, one=one: one.model_copy(update={"id": number}))  # type: ignore[misc]


def stored(root: Path) -> tuple[ExperimentRecord, ...]:
    """The notebook as it lies on disk."""
    return Notebook(Workspace(root)).records()


def replace(root: Path, one: ExperimentRecord) -> None:
    """Change one experiment behind the cockpit's back."""
    Notebook(Workspace(root)).change(one.id, lambda _: one)


def say(root: Path, experiment: str, *events: Event) -> None:
    """Append events to an experiment's first task, numbered and timed from `BEGAN` on."""
    path = Workspace(root).task(experiment, "fold0") / EVENTS
    path.parent.mkdir(parents=True, exist_ok=True)
    known = path.read_text(encoding="utf-8").count("\n") if path.exists() else 0
    with path.open("a", encoding="utf-8") as stream:
        for number, event in enumerate(events, start=known):
            fields = EVENT.dump_python(event, mode="json")
            fields |= {"seq": number, "time": BEGAN.timestamp() + number}
            stream.write(json.dumps(fields) + "\n")


def start_running(root: Path, experiment: str, epochs: int = 2, seconds: float = 0.5) -> None:
    """Have a task look alive: this very process lays claim to it, and speaks for it."""
    claim(Workspace(root).task(experiment, "fold0"), os.getpid())
    say(
        root,
        experiment,
        TaskStarted(environment={"device": "CPU"}),
        PhaseStarted(phase=0, train="all", epochs=EPOCHS, batches=20, trainable=900, total=1000),
        *(epoch_ended(epoch, seconds) for epoch in range(epochs)),
        BatchEnded(epoch=epochs, batch=5, batches=20, loss=0.5),
    )


def epoch_ended(epoch: int, seconds: float = 0.5) -> EpochEnded:
    figures: dict[str, float | None] = {
        "log_loss": 1 / (epoch + 1),
        "val_log_loss": 1.2 / (epoch + 1),
        "val_accuracy": 0.5,
    }
    return EpochEnded(epoch=epoch, figures=figures, seconds=seconds)


async def until(pilot: Pilot[None], condition: Callable[[], T | None], seconds: float = 20.0) -> T:
    """The first true answer of `condition`, with the cockpit going on meanwhile."""
    left = round(seconds / 0.02)
    while not (answer := condition()):
        left -= 1
        assert left > 0, f"waited {seconds} s in vain"
        # The pilot's own pause goes through all widgets, which is more work than most conditions.
        await sleep(0.02)
    if left < round(seconds / 0.02):
        await pilot.pause()
    return answer


def station(pilot: Pilot[None]) -> Station:
    """The main screen that is shown."""
    screen = pilot.app.screen
    assert isinstance(screen, Station), f"{screen} covers the main screen"
    return screen


def cockpit(pilot: Pilot[None]) -> Cockpit:
    assert isinstance(pilot.app, Cockpit)
    return pilot.app


def named_keys(pilot: Pilot[None]) -> list[NamedKey]:
    """What the footer of the shown screen names."""
    return pilot.app.screen.query_one(Keys).named


def notices(pilot: Pilot[None]) -> str:
    """All that notifications say."""
    return "\n".join(f"{one.title} {one.message}" for one in pilot.app._notifications)


@asynccontextmanager
async def opened(
    root: Path, size: tuple[int, int] = (100, 30), service: Service | None = None
) -> AsyncIterator[Pilot[None]]:
    """The cockpit on a workspace, once it has read the notebook and shows what the data is."""
    app = Cockpit(service or Service(root))
    async with app.run_test(size=size) as pilot:
        # A dialog may already lie over the main screen. The look at the data has ended before the
        # snapshot that holds what it found comes in.
        await until(
            pilot,
            lambda: (
                app.desk.snapshot.problem
                or (
                    any(isinstance(screen, Station) for screen in app.screen_stack)
                    and (app.desk.snapshot.summary or app.desk.data_problem)
                )
            ),
        )
        await pilot.pause()
        yield pilot


class SharedHelper(Helper):
    """One helper process for all tests: its imports take seconds."""

    def close(self) -> None:
        """It is ended once, after the last test."""

    def end(self) -> None:
        super().close()
