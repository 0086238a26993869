"""Workspaces with many finished experiments, for measuring what the cockpit makes of them."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage
from engine.files import write_atomically
from engine.jobs.workspace import Workspace
from engine.queue import name_of
from engine.store.rows import Row, written

EPOCHS = 30
_STAGES = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN)
_BACKBONES = ("plain_cnn", "wide_cnn", "efficientnet_lite0")
_BEGAN = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)


def write_notebook(root: Path, count: int) -> None:
    """Write a notebook of finished experiments, no two of which are alike.

    Args:
        root: the workspace.
        count: how many experiments.
    """
    rows = {
        record.id: Row(fields=record.model_dump(mode="json", exclude={"tags", "note"}))
        for record in _records(count)
    }
    meta = {"1": Row(fields={"schema": 1, "next_id": count + 1, "data": "."})}
    write_atomically(Workspace(root).notebook, written({"meta": meta, "experiments": rows}))


def _records(count: int) -> Iterator[ExperimentRecord]:
    drawn = random.Random(0)  # noqa: S311 (nothing is secret)
    for number in range(1, count + 1):
        loss = 0.1 + 2 * drawn.random()
        stage = _STAGES[number * len(_STAGES) // (count + 1)]
        spec = ExperimentSpec(
            stage=stage,
            backbone=drawn.choice(_BACKBONES),
            seed=number,
            head=HeadSpec(units=drawn.choice((64, 128, 256)), dropout=drawn.choice((0.0, 0.3))),
            phases=(PhaseSpec(epochs=EPOCHS, learning_rate=10 ** drawn.uniform(-4, -2)),),
        )
        curve = tuple(loss + 2 * math.exp(-epoch / 5) for epoch in range(EPOCHS))
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
        task = TaskRecord(
            name="fold0",
            fold=0,
            status=Status.DONE,
            scores=scores,
            history={
                "log_loss": tuple(value / 2 for value in curve),
                "val_log_loss": curve,
                "val_accuracy": tuple(1 - value / 5 for value in curve),
            },
            phase_starts=(0,),
            epoch_seconds=(0.5,) * EPOCHS,
            seconds=16.0,
        )
        at = _BEGAN + timedelta(minutes=number)
        yield ExperimentRecord(
            id=str(number),
            name=name_of(spec),
            stage=stage,
            status=Status.DONE,
            spec=spec,
            scores=scores,
            parent=str(number - 1) if number > 1 else None,
            created=at,
            queued=at,
            started=at,
            finished=at + timedelta(seconds=16),
            seconds=16.0,
            tasks=(task,),
            group=f"sweep {number - number % 10}" if number % 10 < 6 and number > 9 else None,
            environment={"device": "CPU, 2 cores", "python": "3.11"},
        )
