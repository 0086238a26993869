"""Searches as people read them: trials, and what mattered in them."""

from collections.abc import Sequence

from app.presentation.listing import METRICS
from app.presentation.text import duration, figure, values_text
from engine.experiment.importance import FEWEST, Importance
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import Axis, SearchSpec
from engine.tuning.ranking import best_trials, metric_of, trials_of

TRIAL_MARKS = {"running": "▶", "done": "✓", "failed": "✗", "stopped": "■"}
_BAR = 20


def axis_text(axis: Axis) -> str:
    """What an axis offers, as `--over` takes it."""
    if axis.values:
        return ", ".join(map(str, axis.values))
    return f"{axis.low:g} .. {axis.high:g}" + (" by magnitude" if axis.log else "")


def search_fields(search: SearchSpec) -> list[tuple[str, str]]:
    """What a search varies, and how; its base is another matter."""
    return [
        ("strategy", search.strategy),
        ("trials", str(search.trials)),
        ("seed", str(search.seed)),
        *((f"over {axis.path}", axis_text(axis)) for axis in search.axes),
    ]


def is_of_heads(search: SearchSpec) -> bool:
    """Whether its trials are linear heads, which are fitted fold by fold instead of by epochs."""
    return search.strategy == "head_grid"


def steps_title(record: ExperimentRecord) -> str:
    """What is counted of a search's trials while they run."""
    is_counted_in_folds = isinstance(record.spec, SearchSpec) and is_of_heads(record.spec)
    return "Folds" if is_counted_in_folds else "Epochs"


def trial_rows(record: ExperimentRecord) -> list[tuple[str, ...]]:
    """The trials of a search as rows of a table, its heading first; none of other experiments."""
    if not isinstance(record.spec, SearchSpec):
        return []
    best = {trial.id for trial in best_trials(record)[:1]}
    metric = metric_of(trials_of(record))
    by_metric = () if metric is None else (METRICS.get(metric, metric).upper(),)
    heading = (
        "TRIAL",
        "STATUS",
        "VAL",
        *by_metric,
        steps_title(record).upper(),
        "TIME",
        "VALUES",
        "ERROR",
    )
    rows = [
        (
            trial.id,
            f"{TRIAL_MARKS[trial.status]} {trial.status}",
            figure(trial.score) + (" *" if trial.id in best else "  "),
            *(figure(trial.val_metric) for _ in by_metric),
            str(trial.epoch),
            duration(trial.seconds),
            values_text(trial.values),
            trial.error,
        )
        for trial in trials_of(record)
    ]
    return [heading, *rows] if rows else []


def importance_rows(found: Sequence[Importance]) -> list[tuple[str, ...]]:
    """What mattered in a search as rows of a table, its heading first; none of nothing."""
    rows = [
        (one.path, "█" * max(1, round(_BAR * one.share)), f"{one.share:.0%} ± {one.error:.0%}")
        for one in found
    ]
    return [("MATTERED", "", "SHARE"), *rows] if rows else []


def nothing_matters(finished: int) -> str:
    """Why what mattered in a search can't be told.

    Args:
        finished: how many trials have a score.
    """
    if finished < FEWEST:
        return "Too few trials have finished to tell what matters."
    return f"What {finished} trials scored can't be told from their values beyond the noise."
