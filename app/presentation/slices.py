"""A search's trials over each of its axes: points, and the drawing of one such slice."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.palette import series_style
from app.presentation.canvas import ACROSS, DOWN, Canvas, Run
from app.presentation.curves import even_ticks, log_ticks, tick_names
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import Axis, SearchSpec, TrialState, Value
from engine.tuning.ranking import best_trials, trials_of

_GRAY = "#8a8a96"
_BAD = "#d55e00"
_BOLD = "bold"
_LEFT = 8
_MOST_TICKS = 4
_LEAST_WIDTH, _LEAST_HEIGHT = 16, 5
# Scores that differ by more are shown by magnitude, or a diverged trial presses all others flat.
_SPREAD = 4.0


@dataclass(frozen=True)
class Point:
    """One trial.

    Args:
        at: where its value lies on the axis, from 0 to 1.
        score: what it scored; None of one that failed.
        mark: a character to draw instead of a dot; empty for a dot.
    """

    at: float
    score: float | None
    mark: str = ""


@dataclass(frozen=True)
class Slice:
    """The trials over one axis.

    Args:
        path: the axis.
        points: the trials, those that matter most last.
        ticks: places on the axis, from 0 to 1, and their names.
        is_choice: whether the names may be cut, as those of a range may not.
    """

    path: str
    points: tuple[Point, ...]
    ticks: tuple[tuple[float, str], ...]
    is_choice: bool = False


def slices_of(record: ExperimentRecord, chosen: str | None) -> tuple[Slice, ...]:
    """The trials over each axis of a search.

    Args:
        record: the search.
        chosen: the id of the trial that is pointed out.
    """
    search = record.spec
    if not isinstance(search, SearchSpec):
        return ()
    best = next((one.id for one in best_trials(record)), None)
    trials = sorted(trials_of(record), key=lambda one: (one.id == best, one.id == chosen))
    return tuple(
        Slice(
            axis.path,
            tuple(
                Point(at, one.score if one.status != "failed" else None, _mark(one, best, chosen))
                for one in trials
                if (at := _at(axis, one.values.get(axis.path))) is not None
                and (one.score is not None or one.status == "failed")
            ),
            _ticks(axis),
            is_choice=bool(axis.values),
        )
        for axis in search.axes
    )


def _mark(trial: TrialState, best: str | None, chosen: str | None) -> str:
    if trial.status == "failed":
        return "✗"
    if trial.id == best:
        return "★"
    if trial.id == chosen:
        return "◆"
    return "" if trial.status == "done" else "○"


def _at(axis: Axis, value: Value | None) -> float | None:
    if value is None:
        return None
    if axis.values:
        return (axis.values.index(value) + 0.5) / len(axis.values) if value in axis.values else None
    if axis.low is None or axis.high is None or isinstance(value, str):
        return None
    low, high, place = axis.low, axis.high, float(value)
    if axis.log and place > 0:
        low, high, place = (math.log(number) for number in (low, high, place))
    return min(max((place - low) / (high - low), 0.0), 1.0)


def _ticks(axis: Axis) -> tuple[tuple[float, str], ...]:
    if axis.values:
        count = len(axis.values)
        return tuple(((n + 0.5) / count, str(one)) for n, one in enumerate(axis.values))
    if axis.low is None or axis.high is None:
        return ()
    # The bounds first: of what lies between, only what has room beside them is named.
    between = (log_ticks if axis.log else even_ticks)(axis.low, axis.high, _MOST_TICKS)
    ticks = tuple(sorted({axis.low, axis.high, *between}))
    named = dict(zip(ticks, tick_names(ticks), strict=True))
    places = dict.fromkeys((axis.low, axis.high, *between))
    return tuple((at, named[one]) for one in places if (at := _at(axis, one)) is not None)


def drawn_slice(one: Slice, width: int, height: int) -> tuple[tuple[Run, ...], ...]:
    """Draw a slice: scores upwards, the axis to the right.

    Args:
        one: what.
        width: in characters.
        height: in characters.

    Returns:
        The rows, each as stretches of text and their styles.
    """
    canvas = Canvas(max(width, 0), max(height, 0))
    scores = [point.score for point in one.points if point.score is not None]
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return canvas.runs()
    if not scores:
        canvas.put(1, height // 2, "no trial has a score yet", _GRAY)
        return canvas.runs()
    room = (width - _LEFT) // max(len(one.ticks), 1) - 2
    ticks = [(at, _cut(name, room) if one.is_choice else name) for at, name in one.ticks]
    _axes(canvas, ticks, scores)
    for point in one.points:
        _put(canvas, point, scores)
    return canvas.runs()


def _axes(canvas: Canvas, ticks: Sequence[tuple[float, str]], scores: Sequence[float]) -> None:
    rows, width = canvas.height - 2, canvas.width
    for row in range(rows):
        canvas.put(_LEFT - 1, row, "│", _GRAY)
    # All alike lie half way up.
    levels = (
        {max(scores): 0, min(scores): rows - 1} if len(set(scores)) > 1 else {scores[0]: rows // 2}
    )
    for score, row in levels.items():
        canvas.put(0, row, f"{score:>{_LEFT - 1}.4f}┤"[-_LEFT:], _GRAY)
    canvas.put(_LEFT - 1, rows, "└" + "─" * (width - _LEFT), _GRAY)
    for at, name in ticks:
        column = _LEFT + round(at * (width - _LEFT - 1))
        start = max(_LEFT - 1, min(column - len(name) // 2, width - len(name)))
        if canvas.fits(max(start - 1, 0), rows + 1, len(name)):
            canvas.put(column, rows, "┬", _GRAY)
            canvas.put(start, rows + 1, name, _GRAY)


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…" if room > 1 else ""


def _put(canvas: Canvas, point: Point, scores: Sequence[float]) -> None:
    rows = canvas.height - 2
    column = _LEFT * ACROSS + round(point.at * ((canvas.width - _LEFT) * ACROSS - 2))
    if point.score is None:
        canvas.put(column // ACROSS, 0, point.mark, _BAD)
        return
    row = round((1 - _share(point.score, scores)) * (rows * DOWN - 2))
    if point.mark:
        ink = _BOLD if point.mark in "★◆" else series_style(0)
        canvas.put(column // ACROSS, row // DOWN, point.mark, ink)
    else:
        canvas.strew(((column, row),), series_style(0), is_thick=True)


def _share(score: float, scores: Sequence[float]) -> float:
    """How high a score lies between the lowest and the highest."""
    low, high = min(scores), max(scores)
    if low > 0 and high / low > _SPREAD:
        low, high, score = math.log(low), math.log(high), math.log(score)
    return (score - low) / (high - low) if high > low else 0.5
