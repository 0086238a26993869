"""What an experiment became: its spec, how far it got, and what it scored."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.frozen import Frozen
from engine.experiment.search import SearchSpec, TrialState
from engine.experiment.spec import ExperimentSpec, Stage

# What an environment calls the tasks that ran side by side, each on a GPU of its own.
SLOTS = "slots"


def is_on_gpu(environment: Mapping[str, str]) -> bool:
    """Whether what ran there had a GPU.

    Args:
        environment: of an experiment.
    """
    return not environment.get("device", "CPU").startswith("CPU")


class Status(StrEnum):
    """How far an experiment, or one of its tasks, has got."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self not in (Status.QUEUED, Status.RUNNING)

    @property
    def verb(self) -> str:
        """How a sentence about it goes on: `is done`, `has failed`, `was stopped`."""
        if self is Status.FAILED:
            return "has failed"
        return f"was {self}" if self.is_halted else f"is {self}"

    @property
    def is_halted(self) -> bool:
        """Whether it ended early, for no fault of its own."""
        return self in (Status.STOPPED, Status.INTERRUPTED)

    @property
    def is_resumable(self) -> bool:
        """Whether the work was left half done."""
        return self is Status.FAILED or self.is_halted


class ErrorReport(Frozen):
    """Why something failed, in the three parts every message has."""

    happened: str
    expected: str = ""
    fix: str = ""


class Scores(Frozen):
    """Scores of one fit, or the row-weighted means over its folds.

    All are computed in inference mode, without augmentation, on hard labels.
    """

    train_log_loss: float | None = None
    val_log_loss: float | None = None
    val_log_loss_error: Annotated[
        float | None, Field(description="Standard error of `val_log_loss` over the rows.")
    ] = None
    val_accuracy: float | None = None
    val_balanced_accuracy: Annotated[
        float | None,
        Field(
            description="Mean recall of the classes; of answers as submitted, where it is the "
            "metric."
        ),
    ] = None
    val_auc: float | None = None
    val_macro_f1: Annotated[
        float | None,
        Field(
            description="Mean over the classes; of answers as submitted, where it is the metric."
        ),
    ] = None
    val_mean_f1: Annotated[
        float | None,
        Field(
            description="F1 of each image's tags, averaged; of answers as submitted, where it is "
            "the metric."
        ),
    ] = None
    val_mean_f2: Annotated[float | None, Field(description="Likewise of F2.")] = None
    val_quadratic_kappa: Annotated[
        float | None,
        Field(
            description="Cohen's, weighted by the squared distance of classes; of answers as "
            "submitted, where it is the metric."
        ),
    ] = None
    val_map_at_3: Annotated[
        float | None, Field(description="Mean average precision of the three likeliest classes.")
    ] = None
    val_map_at_5: Annotated[float | None, Field(description="Likewise of five.")] = None
    metric: Annotated[str | None, Field(description="The competition's metric.")] = None
    val_metric: float | None = None
    prior_log_loss: Annotated[
        float | None, Field(description="Log-loss of predicting the class shares.")
    ] = None
    majority_accuracy: Annotated[
        float | None, Field(description="Accuracy of always predicting the commonest class.")
    ] = None
    parent_gain: Annotated[
        float | None,
        Field(description="How much lower `val_log_loss` is than the parent's on the same rows."),
    ] = None
    parent_gain_error: Annotated[
        float | None, Field(description="Standard error of `parent_gain`, paired by row.")
    ] = None
    overfit: Annotated[
        str | None,
        Field(description="The overfit run it was held against, where that is not the parent."),
    ] = None
    overfit_gain: Annotated[float | None, Field(description="As `parent_gain`, over that run.")] = (
        None
    )
    overfit_gain_error: float | None = None
    suggested_rate: Annotated[
        float | None, Field(description="The learning rate that a range test suggests.")
    ] = None
    train_rows: int | None = None
    val_rows: int | None = None


def _kind_of(spec: Any) -> str:
    kind = spec.get("kind", "fit") if isinstance(spec, dict) else getattr(spec, "kind", "fit")
    # A range test is a fit's spec that is run in another way.
    return kind if kind in ("ensemble", "search") else "fit"


AnySpec = Annotated[
    Annotated[ExperimentSpec, Tag("fit")]
    | Annotated[EnsembleSpec, Tag("ensemble")]
    | Annotated[SearchSpec, Tag("search")],
    Discriminator(_kind_of),
]


def steps_of(spec: ExperimentSpec | EnsembleSpec | SearchSpec) -> int:
    """What progress is counted in: epochs of a fit, trials of a search."""
    if isinstance(spec, ExperimentSpec):
        return spec.epochs
    return spec.trials if isinstance(spec, SearchSpec) else 1


class TaskRecord(Frozen):
    """One fold's fit, one fold of an ensemble, or one search."""

    name: str
    fold: int
    status: Status = Status.QUEUED
    scores: Scores = Scores.model_construct()
    history: dict[str, tuple[float | None, ...]] = Field(
        default_factory=dict, description="One value an epoch, over all phases."
    )
    phase_starts: Annotated[
        tuple[int, ...], Field(description="The epoch each phase began with, from 0.")
    ] = ()
    epoch_seconds: Annotated[
        tuple[float, ...], Field(description="How long each epoch took, seconds.")
    ] = ()
    images_per_second: Annotated[
        float | None,
        Field(description="How fast the frozen layers saw images; None where nothing was frozen."),
    ] = None
    trials: Annotated[tuple[TrialState, ...], Field(description="Those of a search.")] = ()
    seconds: float = 0.0
    shared_seconds: Annotated[
        float,
        Field(description="Of these, what was computed for all folds: decoding, frozen layers."),
    ] = 0.0
    notes: Annotated[
        tuple[str, ...], Field(description="What was odd on the way, such as halved batches.")
    ] = ()
    error: ErrorReport | None = None

    @property
    def seconds_by_phase(self) -> list[tuple[float, ...]]:
        """How long each epoch took, of each phase that was begun."""
        starts = (*self.phase_starts, len(self.epoch_seconds))
        return [self.epoch_seconds[start:after] for start, after in pairwise(starts)]


class ExperimentRecord(Frozen):
    """One row of the notebook."""

    id: str
    name: str
    stage: Stage
    status: Status = Status.QUEUED
    spec: AnySpec
    scores: Scores = Scores.model_construct()
    parent: Annotated[str | None, Field(description="The experiment this one was made from.")] = (
        None
    )
    pinned: Annotated[bool, Field(description="The baseline that others are compared with.")] = (
        False
    )
    created: Annotated[datetime, Field(description="When it was first queued, or was blended.")]
    queued: Annotated[
        datetime,
        Field(
            description="Its place in the queue: when it last joined, or, where it was moved to "
            "the front, a moment before all that waited."
        ),
    ]
    started: datetime | None = None
    finished: datetime | None = None
    seconds: Annotated[float, Field(description="Working time of all tasks, seconds.")] = 0.0
    error: ErrorReport | None = None
    submission: Annotated[
        str | None, Field(description="The last CSV exported from it, seen from the workspace.")
    ] = None
    tasks: tuple[TaskRecord, ...] = ()
    group: Annotated[
        str | None, Field(description="The sweep or ablation that it was queued with.")
    ] = None
    blend: Annotated[EnsembleReport | None, Field(description="How an ensemble came about.")] = None
    tags: Annotated[tuple[str, ...], Field(description="A person's own words, for finding.")] = ()
    note: Annotated[str, Field(description="What a person wrote of it.")] = ""
    environment: dict[str, str] = Field(
        default_factory=dict, description="Versions and device it ran on."
    )

    @property
    def fit(self) -> ExperimentSpec | None:
        """The spec of what was trained; None of an ensemble or a search."""
        spec = self.spec
        return spec if isinstance(spec, ExperimentSpec) and spec.kind == "fit" else None

    @property
    def is_rank(self) -> bool:
        """Whether it predicted mean ranks, of which none is a probability.

        So does what has a blend of ranks among its members, and no log-loss for that reason.
        """
        return isinstance(self.spec, EnsembleSpec) and (
            self.spec.is_rank or self.scores.val_log_loss is None
        )

    @property
    def predicts(self) -> bool:
        """Whether it left predictions that can be judged, blended and submitted.

        A fit that was stopped or interrupted, or one of whose folds has failed, has those of the
        folds that are done.
        """
        is_done = self.status is Status.DONE or (
            self.status.is_resumable and any(task.status is Status.DONE for task in self.tasks)
        )
        return is_done and self.spec.kind in ("fit", "ensemble")
