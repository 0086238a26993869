"""Experiments with long histories: several figures, two phases, several folds."""

import math

from engine.experiment.phase import PhaseSpec
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import Stage
from tests.functional.staging import record

HEAD_EPOCHS = 12


def long_run(
    number: int,
    stage: Stage = Stage.REGULARIZE,
    folds: int = 1,
    loss: float = 0.2,
    epochs: int = 36,
) -> ExperimentRecord:
    """An experiment whose validation loss falls to `loss`, and rises again in the end."""
    tasks = tuple(
        TaskRecord(
            name=f"fold{fold}",
            fold=fold,
            status=Status.DONE,
            scores=Scores(val_log_loss=loss),
            history=_history(number + fold, loss + 0.03 * fold, epochs),
            phase_starts=(0, HEAD_EPOCHS),
        )
        for fold in range(folds)
    )
    one = record(number, stage, loss=loss)
    phases = (
        PhaseSpec(train="head", epochs=HEAD_EPOCHS),
        PhaseSpec(train="last_blocks:3", epochs=epochs - HEAD_EPOCHS),
    )
    spec = one.spec.model_copy(update={"phases": phases})
    return one.model_copy(update={"tasks": tasks, "spec": spec})


def _history(seed: int, loss: float, epochs: int) -> dict[str, tuple[float | None, ...]]:
    falling = [
        loss
        + 1.8 * math.exp(-epoch / 5)
        + 0.006 * max(0, epoch - 24)
        + 0.02 * math.sin(9.0 * epoch * seed)
        for epoch in range(epochs)
    ]
    rates = [1e-3 if epoch < HEAD_EPOCHS else 1e-4 * 0.9**epoch for epoch in range(epochs)]
    return {
        "log_loss": tuple(
            max(0.6 * one - 0.008 * epoch, 0.006) for epoch, one in enumerate(falling)
        ),
        "val_log_loss": tuple(falling),
        "accuracy": tuple(math.exp(-0.6 * one) for one in falling),
        "val_accuracy": tuple(math.exp(-0.7 * one) for one in falling),
        "learning_rate": tuple(rates),
    }
