"""The events of a task. Every one is one JSON line of `events.jsonl`."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from engine.experiment.frozen import Frozen
from engine.experiment.record import ErrorReport, Scores
from engine.experiment.search import TrialState

# What is prepared between the last batch of an epoch and its end.
VALIDATING = "validating"


class _Event(Frozen):
    seq: Annotated[int, Field(description="Grows by one with every event of a task.")] = 0
    time: Annotated[float, Field(description="Seconds since the epoch.")] = 0.0


class TaskStarted(_Event):
    """A worker took the task."""

    kind: Literal["started"] = "started"
    environment: dict[str, str] = Field(default_factory=dict)
    resumed_epoch: Annotated[int, Field(description="Epochs already done; 0 is a fresh start.")] = 0


class Preparing(_Event):
    """Work before the first batch, or after the last: decoding, predicting."""

    kind: Literal["preparing"] = "preparing"
    what: str
    done: int
    total: int


class PhaseStarted(_Event):
    """A phase begins."""

    kind: Literal["phase"] = "phase"
    phase: int
    train: str
    epochs: int
    batches: Annotated[int, Field(description="Batches in each epoch.")]
    trainable: Annotated[int, Field(description="Weights that train.")]
    total: Annotated[int, Field(description="Weights in the whole model.")]


class BatchEnded(_Event):
    """Progress within an epoch; not every batch is reported."""

    kind: Literal["batch"] = "batch"
    epoch: Annotated[int, Field(description="Epoch over all phases, from 0.")]
    batch: Annotated[int, Field(description="Batches done in this epoch.")]
    batches: int
    loss: float | None


class EpochEnded(_Event):
    """One point of every curve."""

    kind: Literal["epoch"] = "epoch"
    epoch: Annotated[int, Field(description="Epoch over all phases, from 0.")]
    figures: Annotated[
        dict[str, float | None], Field(description="`loss`, `val_loss`, `learning_rate`, ..")
    ]
    seconds: float


class TrialStarted(_Event):
    """A search tries some values; one that was interrupted is told of again."""

    kind: Literal["trial_started"] = "trial_started"
    trial: TrialState


class TrialEpoch(_Event):
    """A trial has finished an epoch; of a linear head, a fold."""

    kind: Literal["trial_epoch"] = "trial_epoch"
    trial: TrialState
    figures: Annotated[
        dict[str, float | None], Field(description="Those of the epoch, as a fit tells them.")
    ] = Field(default_factory=dict)
    seconds: Annotated[float, Field(description="How long the epoch took.")] = 0.0


class TrialEnded(_Event):
    """A trial is done, or has failed."""

    kind: Literal["trial_ended"] = "trial_ended"
    trial: TrialState
    scores: Annotated[Scores, Field(description="Of the held-out rows; empty where it failed.")]


class Note(_Event):
    """Something worth telling that is neither progress nor a score."""

    kind: Literal["note"] = "note"
    text: str


class TaskFinished(_Event):
    """The task is done; weights and predictions lie in its folder."""

    kind: Literal["finished"] = "finished"
    scores: Scores
    seconds: float


class TaskStopped(_Event):
    """The task ended on request; it can be resumed."""

    kind: Literal["stopped"] = "stopped"
    seconds: float


class TaskFailed(_Event):
    """The task ended with an error; its traceback is in the log."""

    kind: Literal["failed"] = "failed"
    error: ErrorReport
    seconds: float


Event = Annotated[
    TaskStarted
    | Preparing
    | PhaseStarted
    | BatchEnded
    | EpochEnded
    | TrialStarted
    | TrialEpoch
    | TrialEnded
    | Note
    | TaskFinished
    | TaskStopped
    | TaskFailed,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=ConfigDict(defer_build=True))
