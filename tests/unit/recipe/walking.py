"""Notebooks that an autopilot may find, and what it does next."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.autopilot import next_step
from engine.recipe.stages import climb
from engine.recipe.steps import Step
from tests.unit.recipe.made_up import done, photographs

LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "rows=1")


def quick(record: ExperimentRecord) -> ExperimentRecord:
    """A head on features that are cached: most of its time is not its epochs'."""
    tasks = tuple(
        task.model_copy(update={"epoch_seconds": (0.1,) * 5, "images_per_second": 120.0})
        for task in record.tasks
    )
    return record.model_copy(update={"tasks": tasks})


FIRST = (
    quick(done("1", Stage.BASELINE, 0.2, *LITE, "rows=0.5", "phases.0.train=head")),
    quick(done("2", Stage.OVERFIT, 0.3, *LITE, "phases.0.train=head", train=0.001)),
)
FINE = (
    *LITE,
    "phases.0.train=head",
    "phases.1.train=last_blocks:3",
    "augmentation=photo",
    "augmentation.bank=8",
)


def regularized(
    identifier: str, stage: Stage = Stage.REGULARIZE, size: int = 224, loss: float = 0.15
) -> ExperimentRecord:
    fine = (*FINE, f"image_size={size}")
    return done(identifier, stage, loss, *fine, folds=5, seconds=60.0)


def step(
    records: Sequence[ExperimentRecord],
    left: float = 1200.0,
    passed: frozenset[str] = frozenset(),
    summary: CompetitionSummary | None = None,
) -> Step:
    about = summary or photographs()
    return next_step(climb(about, records, passed), about, records, left)
