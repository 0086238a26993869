"""A search while it runs: its trials, its best so far, what mattered, and what one would try."""

from collections.abc import Sequence
from itertools import accumulate, count
from math import inf
from textwrap import wrap

from rich.text import Text

from app.palette import series_style
from app.presentation.curves import Series
from app.presentation.listing import METRICS
from app.presentation.picture import Picture
from app.presentation.searches import (
    TRIAL_MARKS,
    axis_text,
    is_of_heads,
    nothing_matters,
    steps_title,
)
from app.presentation.text import duration, figure
from engine.experiment.importance import Importance
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec, TrialState, Value
from engine.tuning.planning import halved
from engine.tuning.ranking import best_trials, metric_of, trials_of
from engine.tuning.space import trial_spec

_INKS = {"running": "cyan", "done": "", "failed": "red", "stopped": "yellow"}
# Scores that differ by more are shown by magnitude.
_SPREAD = 4.0


def trial_table(
    record: ExperimentRecord, is_best_first: bool
) -> tuple[tuple[str, ...], list[tuple[str, tuple[Text, ...]]]]:
    """The trials of a search with a column for each axis.

    Args:
        record: the search.
        is_best_first: whether to sort by score, instead of in the order they were begun.

    Returns:
        The heading, and each trial's id with its cells.
    """
    search = record.spec
    paths = [axis.path for axis in search.axes] if isinstance(search, SearchSpec) else []
    best = {trial.id for trial in best_trials(record)[:1]}
    trials = list(trials_of(record))
    metric = metric_of(trials)
    if is_best_first:
        trials.sort(key=lambda one: _place(one, metric))
    by_metric = () if metric is None else (METRICS.get(metric, metric),)
    steps = steps_title(record)
    heading = ("Trial", "State", "Val", *by_metric, steps, "Time", *_short(paths))
    rows = []
    for one in trials:
        ink = _INKS[one.status]
        score = figure(one.score) + (" ★" if one.id in best else "")
        cells = (
            Text(one.id, ink),
            Text(f"{TRIAL_MARKS[one.status]} {one.status}", ink),
            Text(score, "bold" if one.id in best else ink),
            *(Text(figure(one.val_metric), ink) for _ in by_metric),
            Text(str(one.epoch), ink),
            Text(duration(one.seconds), ink),
            *(Text(_value(one.values.get(path)), ink) for path in paths),
        )
        rows.append((one.id, cells))
    return heading, rows


def _place(trial: TrialState, metric: str | None) -> tuple[bool, float, bool, float]:
    """Where a trial stands in a list that the best one heads; without a score below the others."""
    lacks = 0.0 if metric is None else inf if trial.val_metric is None else -trial.val_metric
    return trial.status == "failed", lacks, trial.score is None, trial.score or 0.0


def search_told(record: ExperimentRecord) -> Text:
    """How a search stands, in a line."""
    search = record.spec
    if not isinstance(search, SearchSpec):
        return Text()
    trials = trials_of(record)
    counts = {status: sum(one.status == status for one in trials) for status in TRIAL_MARKS}
    text = Text()
    text.append(f"{record.id} {search.strategy} search", "bold").append(f" {record.status.verb}")
    best = best_trials(record)
    if best:
        text.append(f" · best {_score_text(best[0], metric_of(trials))}", "bold")
        text.append(f" by trial {best[0].id}")
    text.append(f" · {counts['done']} of {search.trials} done")
    others = (f", {count} {name}" for name, count in counts.items() if count and name != "done")
    text.append("".join(others), "dim")
    if best:
        gain = _gain_text(search, trials, best[0])
        folds = f"mean over {best[0].epoch} folds" if is_of_heads(search) else "one fold"
        text.append(f" · {gain}{folds}", "dim")
    return text


def _gain_text(search: SearchSpec, trials: Sequence[TrialState], best: TrialState) -> str:
    """How far the best trial is from the first one's values; nothing where those ran shorter."""
    axes = {axis.path for axis in search.axes}
    # Hyperband runs the same values for more and more epochs.
    length = {path: value for path, value in best.values.items() if path not in axes}
    wanted = trials[0].values | length
    alike = [one for one in trials if one.status == "done" and one.values == wanted]
    if not alike or alike[0].id == best.id:
        return ""
    # The first values are the base's, unless it lies beside the axes.
    on_axes = {path: value for path, value in trials[0].values.items() if path in axes}
    base = trial_spec(search, on_axes)
    whose = "the base" if base == search.base else f"trial {alike[0].id}"
    metric = metric_of(trials)
    if metric is not None:
        gain = (best.val_metric or 0.0) - (alike[0].val_metric or 0.0)
        return f"{METRICS.get(metric, metric)} {gain:.4f} above {whose}'s, "
    return f"{(alike[0].score or 0.0) - (best.score or 0.0):.4f} below {whose}'s, "


def _score_text(trial: TrialState, metric: str | None) -> str:
    """A trial's score by what trials are ranked by, and its log-loss."""
    if metric is None:
        return figure(trial.score)
    return f"{METRICS.get(metric, metric)} {figure(trial.val_metric)}, val {figure(trial.score)}"


def progress_picture(record: ExperimentRecord) -> Picture:
    """The best score so far, trial by trial, and each trial's own."""
    trials = trials_of(record)
    done = [one for one in trials if one.status == "done" and one.score is not None]
    scores = [one.score or 0.0 for one in done]
    numbers = tuple(int(one.id) for one in done)
    best = tuple(accumulate(scores, min))
    series = (
        Series("best", numbers, best, 0, "●", is_stepped=True),
        Series("trial", numbers, tuple(scores), 1, loose=True),
    )
    spread = bool(scores) and max(scores) > _SPREAD * min(scores) > 0
    return Picture(
        # What is best by another metric need not be so by the loss.
        title="Best so far" if metric_of(trials) is None else "Best log-loss so far",
        series=series if scores else (),
        log_scale=spread,
        hint="the curve begins with the first finished trial",
        unit="trial",
    )


def importance_text(
    found: Sequence[Importance], finished: int, width: int, is_weighing: bool
) -> Text:
    """What mattered in a search, as bars.

    Args:
        found: the axes, the most important first; none where nothing can be told.
        finished: how many trials have a score.
        width: there is, in characters.
        is_weighing: whether that is being worked out.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    if not found and is_weighing:
        return text.append("Working out what matters ..", "dim")
    if not found:
        return text.append("\n".join(wrap(nothing_matters(finished), width)), "dim")
    for one in found:
        text.append(f"{one.path}\n", "bold")
        told = f" {one.share:.0%} ± {one.error:.0%}"
        room = max(width - len(told) - 1, 4)
        long = round(room * min(one.share, 1.0))
        text.append("█" * long, series_style(0)).append("·" * (room - long), "dim")
        text.append(f"{told}\n")
    return text


def plan_lines(search: SearchSpec, seconds: float | None, around: str) -> list[str]:
    """What a search would try, and what that costs.

    Args:
        search: the plan.
        seconds: what all its trials take; None while that can't be told.
        around: what its base is.
    """
    plan = f"{search.trials} trials, {search.strategy}"
    if seconds is not None:
        plan += f": about {duration(seconds)}"
    lines = [f"  around {around}"]
    if search.strategy == "hyperband":
        told = ", ".join(f"{one.trials} of {one.epochs} epochs" for one in halved(search))
        lines.append(f"  {told}")
    elif seconds is not None:
        plan += f", {duration(seconds / search.trials)} each"
    width = max(len(axis.path) for axis in search.axes)
    return [plan, *lines, *(f"  {axis.path:<{width}}  {axis_text(axis)}" for axis in search.axes)]


def _short(paths: Sequence[str]) -> list[str]:
    """The ends of some paths, as long as it takes to tell them apart."""
    parts = [path.split(".") for path in paths]
    lengths = [
        next(n for n in count(1) if sum(other[-n:] == one[-n:] for other in parts) == 1)
        for one in parts
    ]
    names = (one[-length:] for one, length in zip(parts, lengths, strict=True))
    return [".".join(name).replace("_", " ") for name in names]


def _value(value: Value | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)
