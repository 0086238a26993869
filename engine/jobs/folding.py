"""What a task has become, by all its events."""

from collections.abc import Iterable

from engine.events.types import (
    EpochEnded,
    Event,
    Note,
    PhaseStarted,
    Preparing,
    TaskFailed,
    TaskFinished,
    TaskStarted,
    TaskStopped,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.experiment.record import ErrorReport, Scores, Status, TaskRecord
from engine.experiment.search import TrialState

# How a task begins to tell that frozen layers see the training images, unchanged.
_LOOKING = "computing training images"


class SharedTime:
    """Adds up what a task spends on what all folds share: decoding, what frozen layers compute."""

    # What a fold prepares for itself alone.
    _OWN = ("building", "validating", "predicting")

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since: float | None = None

    def take(self, event: Event) -> None:
        """Count the time since the event before, where both tell of it.

        Args:
            event: the next one.
        """
        is_shared = isinstance(event, Preparing) and not event.what.startswith(self._OWN)
        if is_shared and self._since is not None:
            self.seconds += event.time - self._since
        self._since = event.time if is_shared else None


def fold_events(task: TaskRecord, events: Iterable[Event]) -> TaskRecord:
    """What a task has become, by all its events.

    The result depends on the events alone, so folding the same file twice changes nothing.

    Args:
        task: the task as it was planned.
        events: all its events, oldest first.

    Returns:
        The task with its status, scores, curves and working time.
    """
    events = tuple(events)
    status, scores, error = Status.QUEUED, Scores(), None
    # A resumed task says its later epochs again; the last word on an epoch holds.
    epochs: dict[int, dict[str, float | None]] = {}
    lasted: dict[int, float] = {}
    starts: dict[int, int] = {}
    notes: dict[str, None] = {}
    shared = SharedTime()
    seconds, life_began, unended = 0.0, None, 0.0
    for event in events:
        shared.take(event)
        if isinstance(event, TaskStarted):
            # A life that ended without a word worked until its last one.
            seconds += unended
            status, error, life_began = Status.RUNNING, None, event.time
            epochs = {key: figures for key, figures in epochs.items() if key < event.resumed_epoch}
        elif isinstance(event, PhaseStarted):
            starts[event.phase] = min(starts.get(event.phase, len(epochs)), len(epochs))
        elif isinstance(event, EpochEnded):
            epochs[event.epoch], lasted[event.epoch] = event.figures, event.seconds
        elif isinstance(event, Note):
            notes[event.text] = None
        elif isinstance(event, TaskFinished | TaskStopped | TaskFailed):
            status, scores, error = _ending(event)
            seconds += event.seconds
            life_began = None
        unended = 0.0 if life_began is None else event.time - life_began
    seconds += unended
    return task.model_copy(
        update={
            "status": status,
            "scores": scores,
            "error": error,
            "history": _curves(epochs),
            "epoch_seconds": tuple(lasted[epoch] for epoch in sorted(epochs)),
            "phase_starts": tuple(start for _, start in sorted(starts.items())),
            "trials": _trials(events),
            "images_per_second": _pace(events),
            "seconds": round(seconds, 3),
            "shared_seconds": round(shared.seconds, 3),
            "notes": tuple(notes),
        }
    )


def _pace(events: Iterable[Event]) -> float | None:
    """How fast the frozen layers saw the training images as they are, where they saw any."""
    seen = [
        (event.time, event.done)
        for event in events
        if isinstance(event, Preparing) and event.what.startswith(_LOOKING)
    ]
    if len(seen) < 2 or seen[-1][0] <= seen[0][0] or seen[-1][1] <= seen[0][1]:
        return None
    return round((seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]), 3)


def _trials(events: Iterable[Event]) -> tuple[TrialState, ...]:
    """The trials of a search by its last word on each; one cut short waits to be run again."""
    trials: dict[str, TrialState] = {}
    for event in events:
        if isinstance(event, TrialStarted | TrialEpoch | TrialEnded):
            trials[event.trial.id] = event.trial
        elif isinstance(event, TaskStarted | TaskStopped | TaskFailed):
            trials = {name: _cut_short(trial) for name, trial in trials.items()}
    return tuple(trials.values())


def _cut_short(trial: TrialState) -> TrialState:
    return trial if trial.is_finished else trial.model_copy(update={"status": "stopped"})


def ended_task(task: TaskRecord, code: int | None, is_asked: bool = False) -> TaskRecord:
    """A task whose worker has ended; one that did not say how was interrupted.

    Args:
        task: what its events make of it.
        code: the worker's exit status, negative for a signal; None when nobody knows.
        is_asked: whether somebody had asked it to end: then it was stopped, however that came.
    """
    if task.status.is_finished:
        return task
    if is_asked:
        cut = tuple(map(_cut_short, task.trials))
        return task.model_copy(update={"status": Status.STOPPED, "trials": cut})
    how = "no last word" if not code else f"signal {-code}" if code < 0 else f"exit status {code}"
    hint = " Signal 9 is often the system short of memory." if code == -9 else ""
    return task.model_copy(
        update={
            "status": Status.INTERRUPTED,
            "trials": tuple(map(_cut_short, task.trials)),
            "error": ErrorReport(
                happened=f"The worker ended with {how}.{hint}",
                expected="a worker that says how its task ended.",
                fix="resume it; with a smaller batch_size or image_size if memory was short. "
                "What it said last is in its log, or in the files of .hydra/supervisor/.",
            ),
        }
    )


def _ending(
    event: TaskFinished | TaskStopped | TaskFailed,
) -> tuple[Status, Scores, ErrorReport | None]:
    if isinstance(event, TaskFinished):
        return Status.DONE, event.scores, None
    if isinstance(event, TaskStopped):
        return Status.STOPPED, Scores(), None
    return Status.FAILED, Scores(), event.error


def _curves(epochs: dict[int, dict[str, float | None]]) -> dict[str, tuple[float | None, ...]]:
    names = dict.fromkeys(name for figures in epochs.values() for name in figures)
    order = sorted(epochs)
    return {name: tuple(epochs[epoch].get(name) for epoch in order) for name in names}
