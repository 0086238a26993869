"""Records, scores and times as people read them, and write them."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite, nan
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.experiment.augmentation import AugmentationSpec
from engine.experiment.compare import differing_fields
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.metrics import LOG_LOSS, by_metric, in_words
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status, steps_of
from engine.experiment.search import TrialState, Value
from engine.experiment.spec import ExperimentSpec
from engine.progress import LiveTask, epochs_of_phases
from engine.recipe.requests import plain_spec
from engine.recipe.stages import GateState

if TYPE_CHECKING:
    from engine.submissions import Exported

# What every experiment's scores are told by.
_TOLD_OF_ALL = frozenset({LOG_LOSS, "accuracy", "auc"})
_LENGTH = r"(\d+(?:\.\d+)?)\s*([smh]?)(?:in|ec|our)?s?"
_UNITS = {"": 60.0, "s": 1.0, "m": 60.0, "h": 3600.0}
STATUS_MARKS = {
    Status.QUEUED: "…",
    Status.RUNNING: "▶",
    Status.DONE: "✓",
    Status.FAILED: "✗",
    Status.STOPPED: "■",
    Status.INTERRUPTED: "!",
}
GATE_MARKS = {
    GateState.WAITING: "○",
    GateState.QUEUED: STATUS_MARKS[Status.QUEUED],
    GateState.RUNNING: "▶",
    GateState.SHUT: "✗",
    GateState.OPEN: "✓",
    GateState.PASSED: "»",
}
GATE_WORDS = {
    GateState.WAITING: "not yet",
    GateState.QUEUED: "queued",
    GateState.RUNNING: "running",
    GateState.SHUT: "shut",
    GateState.OPEN: "open",
    GateState.PASSED: "passed",
}


def duration(seconds: float | None) -> str:
    """Seconds as `8.1 s`, `2:05` or `1:02:05`; empty when unknown."""
    if seconds is None:
        return ""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """An estimate, which has no tenths of a second: `about 8 s`, `about 2:05`."""
    whole = max(round(seconds), 1)
    return f"about {whole} s" if whole < 60 else f"about {duration(whole)}"


LEFT_RANDOM = "its backbone has no weights and never trains (phases.0.train=all would)"


def plan_text(specs: Sequence[ExperimentSpec], costs: Sequence[float | None]) -> str:
    """What is about to run, in a line, and how long that will take.

    Args:
        specs: the experiments, at least one.
        costs: the seconds that each will take; None where nothing tells.
    """
    first = specs[0]
    phases = ", then ".join(f"{one.train} for {one.epochs} epochs" for one in first.phases)
    if first.kind == "range_test":
        phases = f"range test of {first.phases[0].train} for {first.epochs} batches"
    folds = "1 fold" if first.folds == 1 else f"{first.folds} folds"
    told = f"{first.stage} {first.backbone} {first.image_size}px, {folds}: {phases}"
    if len(specs) > 1:
        told = f"{len(specs)} experiments, the first of them {told}"
    if any(spec.is_left_random for spec in specs):
        told += f"; {LEFT_RANDOM}"
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(specs):
        return told
    return f"{told}; {about(sum(known))}" + (" in all" if len(specs) > 1 else "")


def seconds_of(text: str) -> float:
    """A length of time as `20m`, `90s`, `1h30m` or plain minutes.

    Args:
        text: as it was typed.

    Returns:
        Seconds.

    Raises:
        UserError: it is no such length, or too short for anything.
    """
    typed = text.strip().lower()
    # Only the last part may be without its unit.
    is_length = re.fullmatch(rf"(?:{_LENGTH}(?<=[a-z])\s*)*{_LENGTH}", typed) is not None
    parts = re.findall(_LENGTH, typed) if is_length else []
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 30 <= seconds <= 30 * 24 * 3600:
        raise UserError(
            f"`{text}` is not a budget.",
            "a length of time from 30s to 720h.",
            "write 20m or 1h30m.",
        )
    return seconds


def number_of(text: str) -> float:
    """A score as the leaderboard shows it.

    Args:
        text: as it was typed; a comma counts as a decimal point.

    Raises:
        UserError: it is no finite number.
    """
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = nan
    if not isfinite(value):
        raise UserError(
            f"`{text}` is no score.",
            "a finite number, as the leaderboard shows it.",
            "type it in digits, such as 0.1234.",
        )
    return value


def labels_told(labels: Sequence[str]) -> str:
    """Classes or labels in a row; names may have spaces.

    Args:
        labels: their names; of many labels an image may have none.
    """
    return ", ".join(labels) or "none"


def figure(value: float | None, digits: int = 4) -> str:
    """A score, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def moment(when: datetime | None) -> str:
    """A time of day of today, else a date, in the reader's own zone."""
    if when is None:
        return ""
    local = when.astimezone()
    today = local.date() == datetime.now().astimezone().date()
    return local.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


def metric_text(scores: Scores, metric: str) -> str:
    """The competition's metric with its name.

    Args:
        scores: noted under it, or under another one.
        metric: its name.
    """
    value = by_metric(scores, metric)
    return "-" if value is None else f"{in_words(metric)} {value:.4f}"


def progress_text(task: LiveTask) -> str:
    """One line on how far a running task has got."""
    parts = [task.task] if task.unit != "trial" else []
    if task.folds > 1:
        parts.append(f"{task.folds_done}/{task.folds} folds done")
    parts += [f"{task.unit} {min(task.epoch + 1, task.epochs)}/{task.epochs}", task.doing]
    if task.total:
        parts.append(f"{task.done:,}/{task.total:,}")
    if task.loss is not None:
        parts.append(f"loss {task.loss:.4f}")
    if task.remaining is not None:
        parts.append(f"{duration(task.remaining)} left")
    elif task.step_left:
        parts.append(f"{duration(task.step_left)} of this left")
    return " · ".join(parts)


def network_text(record: ExperimentRecord) -> str:
    """The backbone; how an ensemble blends, or a search searches."""
    spec = record.spec
    if isinstance(spec, EnsembleSpec):
        return spec.in_brief
    return spec.backbone if isinstance(spec, ExperimentSpec) else spec.base.backbone


def size_of(record: ExperimentRecord) -> int:
    """The side of its images, pixels; 0 of an ensemble."""
    spec = record.spec
    if isinstance(spec, EnsembleSpec):
        return 0
    return spec.image_size if isinstance(spec, ExperimentSpec) else spec.base.image_size


def augmentation_text(spec: AugmentationSpec) -> str:
    """Which changes an augmentation makes, and how strong."""
    active = {name: value for name, value in spec.model_dump().items() if value}
    return (
        ", ".join(
            name.replace("_", " ") + ("" if value is True else f" {value:g}")
            for name, value in active.items()
        )
        or "no augmentation"
    )


def epoch_text(record: ExperimentRecord, task: int, epoch: int) -> str:
    """The figures of one finished epoch."""
    history = record.tasks[task].history
    shown = {"log_loss": "train", "val_log_loss": "val", "val_accuracy": "val accuracy"}
    is_test = record.spec.kind == "range_test"
    if is_test:
        shown = {"loss": "loss", "learning_rate": "learning rate"}
    figures = [
        f"{word} {values[epoch]:.4g}" if is_test else f"{word} {values[epoch]:.4f}"
        for name, word in shown.items()
        if (values := history.get(name)) and values[epoch] is not None
    ]
    starts = record.tasks[task].phase_starts
    spec = record.fit
    epochs = steps_of(record.spec) if spec is None else sum(epochs_of_phases(spec, starts))
    return f"{'batch' if is_test else 'epoch'} {epoch + 1}/{epochs} · " + " · ".join(figures)


def values_text(values: Mapping[str, Value]) -> str:
    """What a trial tries, in one line."""
    return ", ".join(f"{path}={value}" for path, value in values.items())


def trial_text(trial: TrialState) -> str:
    """One trial in one line."""
    parts = [f"trial {trial.id} {trial.status}", values_text(trial.values)]
    if trial.score is not None:
        parts.append(f"val {figure(trial.score)}")
    if trial.metric and trial.metric != LOG_LOSS and trial.val_metric is not None:
        parts.append(f"{in_words(trial.metric)} {figure(trial.val_metric)}")
    if trial.is_finished:
        parts.append(duration(trial.seconds))
    return " · ".join([*parts, *([trial.error] if trial.error else [])])


def scores_text(scores: Scores) -> str:
    """The scores in one line."""
    if scores.suggested_rate is not None:
        return f"a learning rate of {scores.suggested_rate:.2g} is suggested"
    parts = [f"train {figure(scores.train_log_loss)}", f"val {figure(scores.val_log_loss)}"]
    if scores.val_log_loss_error is not None:
        parts[-1] += f" ± {scores.val_log_loss_error:.4f}"
    if scores.metric is not None and scores.metric not in _TOLD_OF_ALL:
        parts.append(f"{in_words(scores.metric)} {figure(scores.val_metric)}")
    parts.append(f"accuracy {figure(scores.val_accuracy)}")
    if scores.val_auc is not None:
        parts.append(f"AUC {scores.val_auc:.4f}")
    return " · ".join(parts)


def decided_text(exported: "Exported") -> str:
    """How a submission's answers were decided, where that was fitted to the metric; else nothing.

    Args:
        exported: the submission.
    """
    if exported.fitted is None:
        return ""
    return (
        f"Answered by thresholds fitted to {in_words(exported.metric)}: "
        f"{figure(exported.fitted)} on held-out rows, {figure(exported.plain)} without."
    )


def error_lines(error: UserError | ErrorReport) -> tuple[str, ...]:
    """The three parts of a message, one a line; parts that are not known are left out."""
    parts = (
        error.happened,
        f"Expected: {error.expected}" if error.expected else "",
        f"To fix it: {error.fix}" if error.fix else "",
    )
    return tuple(part for part in parts if part)


def copied_text(record: ExperimentRecord) -> str:
    """An experiment as text for a note: its name and scores, and the command of its spec."""
    lines = [f"{record.id} {record.name}: {scores_text(record.scores) or record.status}"]
    if record.fit is not None:
        lines.append(command_of(record.fit))
    return "\n".join(lines)


def command_of(spec: ExperimentSpec) -> str:
    """The command that runs a spec, for a shell; what the recipe would propose is no matter."""
    plain, words = plain_spec(spec.stage), ["hydra-tui", "run", str(spec.stage), "--plain"]
    for path, (_, value) in differing_fields([plain, spec]):
        if path == "leave_out":
            value = json.dumps(spec.leave_out)
        elif "," in value:
            # Else it would be swept.
            value = json.dumps(value)
        words += ["--set", f"{path}={value}"]
    return shlex.join(words)
