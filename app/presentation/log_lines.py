"""What a task says, as the lines of a log."""

from collections.abc import Mapping

from app.presentation.text import duration, error_lines, scores_text, trial_text, values_text
from engine.events.types import (
    EpochEnded,
    Event,
    Note,
    PhaseStarted,
    TaskFailed,
    TaskFinished,
    TaskStarted,
    TaskStopped,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.tuning.linear_head import DEFAULTS


def event_text(event: Event) -> str | None:
    """What the log says of an event, of a failure in three lines; None of what comes too often."""
    if isinstance(event, TaskStarted):
        device = event.environment.get("device", "?")
        again = f", going on after epoch {event.resumed_epoch}" if event.resumed_epoch else ""
        return f"started on {device}{again}"
    if isinstance(event, PhaseStarted):
        return (
            f"phase {event.phase + 1}: training {event.train} for {event.epochs} epochs of "
            f"{event.batches} batches; {event.trainable:,} of {event.total:,} weights train"
        )
    if isinstance(event, EpochEnded):
        return _epoch_line(event.epoch + 1, event.figures, event.seconds)
    if isinstance(event, TrialStarted | TrialEpoch | TrialEnded):
        return _trial_line(event)
    if isinstance(event, Note):
        return f"note: {event.text}"
    if isinstance(event, TaskFinished):
        return f"finished in {duration(event.seconds)}: {scores_text(event.scores)}"
    if isinstance(event, TaskStopped):
        return f"stopped after {duration(event.seconds)}; it can be resumed"
    if isinstance(event, TaskFailed):
        return "failed: " + "\n  ".join(error_lines(event.error))
    return None


def _trial_line(event: TrialStarted | TrialEpoch | TrialEnded) -> str | None:
    trial = event.trial
    if isinstance(event, TrialStarted):
        return f"trial {trial.id}: {values_text(trial.values)}"
    if isinstance(event, TrialEnded):
        return trial_text(trial)
    # Files of earlier versions have none.
    if not event.figures:
        return None
    # Linear heads are fitted fold by fold.
    unit = "fold" if trial.values.keys() <= DEFAULTS.keys() else "epoch"
    return f"trial {trial.id} {_epoch_line(trial.epoch, event.figures, event.seconds, unit)}"


def _epoch_line(
    number: int, figures: Mapping[str, float | None], seconds: float, unit: str = "epoch"
) -> str:
    # Losses first: a narrow log cuts off what stands behind.
    names = sorted(figures, key=lambda name: not name.endswith("loss"))
    # What training minimises tells little beside the log-loss; a range test has nothing else.
    is_fit = any(name.startswith("val_") for name in figures)
    untold = ("loss", "val_loss") if is_fit else ()
    told = "  ".join(
        f"{name} {value:.4g}"
        for name in names
        if name not in untold and (value := figures[name]) is not None
    )
    return f"{unit if is_fit else 'batch'} {number}  {told}  ({seconds:.1f} s)"
