"""Records -> points of a chart."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from engine.experiment.means import mean_curve
from engine.experiment.record import ExperimentRecord

_SPARKS = "▁▂▃▄▅▆▇█"
# The densest that fits is taken.
_LOG_STEPS = (
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 2.0, 3.0, 5.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
    (1.0,),
)
# Digits that names of ticks have, if they can be told apart by so many; and all that a number has.
_TICK_DIGITS, _MOST_DIGITS = 4, 17
_SLACK = 1e-9


@dataclass(frozen=True)
class Series:
    """One curve.

    Args:
        label: what it is.
        epochs: from 1, rising.
        values: one an epoch.
        color: its place in the palette.
        glyph: a character on the line, so that colour is not all that tells it apart.
        dashed: whether the line has gaps.
        faint: whether it stands behind the others, unnamed.
        loose: whether its points are not joined.
        is_stepped: whether each value holds until the next, instead of a line between them.
        raw: what the values were before they were smoothed; empty when they were not.
        is_rate: whether its values are learning rates.
    """

    label: str
    epochs: tuple[int, ...]
    values: tuple[float, ...]
    color: int
    glyph: str = ""
    dashed: bool = False
    faint: bool = False
    loose: bool = False
    is_stepped: bool = False
    raw: tuple[float, ...] = ()
    is_rate: bool = False

    def with_points(self, epochs: tuple[int, ...], values: tuple[float, ...]) -> "Series":
        """The same curve through other points."""
        return replace(self, epochs=epochs, values=values, raw=())

    def at(self, epoch: int | None) -> float | None:
        """What was measured in an epoch, by default in the last; None where nothing was."""
        values = self.raw or self.values
        if epoch is None:
            return values[-1]
        place = bisect_left(self.epochs, epoch)
        found = place < len(self.epochs) and self.epochs[place] == epoch
        return values[place] if found else None


def range_series(record: ExperimentRecord) -> tuple[Series, ...]:
    """The loss of a range test, batch by batch; nothing while it has not begun."""
    values = mean_curve(record.tasks, "loss")
    return (Series("loss", tuple(range(1, len(values) + 1)), values, 0),) if values else ()


def rate_ticks(record: ExperimentRecord) -> tuple[tuple[int, str], ...]:
    """Where the powers of ten of a range test's rates lie on its axis of batches."""
    rates = mean_curve(record.tasks, "learning_rate")
    powers = {round(math.log10(rate)) for rate in rates}
    ticks = {
        power: min(range(len(rates)), key=lambda i: abs(math.log10(rates[i]) - power))
        for power in powers
    }
    return tuple((ticks[power] + 1, f"1e{power}") for power in sorted(powers))


def suggested_batch(record: ExperimentRecord) -> tuple[int, ...]:
    """The batch of a range test whose rate it suggests, from 1; empty while it suggests none."""
    rates, rate = mean_curve(record.tasks, "learning_rate"), record.scores.suggested_rate
    if rate is None or not rates:
        return ()
    return (1 + min(range(len(rates)), key=lambda i: abs(math.log10(rates[i] / rate))),)


@lru_cache(maxsize=128)
def smoothed(values: tuple[float, ...], weight: float) -> tuple[float, ...]:
    """An exponential moving average, corrected for its beginning at nothing.

    Args:
        values: one an epoch.
        weight: of what came before, from 0 (no smoothing) to below 1.
    """
    mean, share, means = 0.0, 0.0, []
    for value in values:
        mean = weight * mean + (1 - weight) * value
        share = weight * share + (1 - weight)
        means.append(mean / share)
    return tuple(means)


def decimated(series: Series, columns: int) -> Series:
    """A curve with at most two points a column of the chart: the lowest and the highest.

    Args:
        series: the curve.
        columns: width of the chart, in points.

    Returns:
        The curve itself when it is short enough.
    """
    count = len(series.values)
    if count <= 2 * columns:
        return series
    keep: list[int] = []
    for column in range(columns):
        bucket = range(column * count // columns, (column + 1) * count // columns)
        ends = {
            min(bucket, key=series.values.__getitem__),
            max(bucket, key=series.values.__getitem__),
        }
        keep += sorted(ends)
    return series.with_points(
        tuple(series.epochs[index] for index in keep),
        tuple(series.values[index] for index in keep),
    )


def sparkline(values: Sequence[float], width: int) -> str:
    """A curve in one row of characters, from its lowest to its highest.

    Args:
        values: one an epoch.
        width: at most so many characters.
    """
    if not values:
        return ""
    picked = [values[round(i * (len(values) - 1) / max(width - 1, 1))] for i in range(width)]
    shown = list(values) if len(values) <= width else picked
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    return "".join(_SPARKS[round((value - low) / span * (len(_SPARKS) - 1))] for value in shown)


def log_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """At most `count` round values, but at least two, between two positive figures.

    Args:
        low: the lowest figure.
        high: the highest.
        count: how many there is room for.

    Returns:
        Values of few digits in each power of ten; where those are too far apart, evenly spaced
        ones; the figure itself where there is only one.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in _LOG_STEPS:
        ticks = tuple(step * 10.0**power for power in powers for step in steps)
        inside = tuple(tick for tick in ticks if low <= tick <= high)
        if 2 <= len(inside) <= max(count, 2):
            return inside
    # Many powers of ten: every second, third, ..
    tens = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(tens) > 1:
        return tuple(tens[:: -(-len(tens) // max(count, 2))])
    return even_ticks(low, high, count)


def even_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """As `linear_ticks`, but at least two: one alone gives no measure."""
    tried = [linear_ticks(low, high, count * more) for more in (1, 2, 4)]
    return max(tried, key=lambda found: (len(found) > 1, -len(found)))


def tick_names(ticks: Sequence[float]) -> tuple[str, ...]:
    """The names of the values on an axis: as short as can be told apart.

    Args:
        ticks: the values, which differ.
    """
    names: tuple[str, ...] = ()
    for digits in range(_TICK_DIGITS, _MOST_DIGITS + 1):
        names = tuple(f"{tick:.{digits}g}" for tick in ticks)
        if len(set(names)) == len(names) and _are_true(names, ticks):
            break
    return names


def _are_true(names: Sequence[str], ticks: Sequence[float]) -> bool:
    """Whether names lie so near to their values that nobody sees the difference on the axis."""
    gap = min((after - before for before, after in pairwise(ticks)), default=math.inf)
    return all(
        abs(float(name) - tick) <= gap / 100 for name, tick in zip(names, ticks, strict=True)
    )


def linear_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """About `count` values between two figures, one, two or five of a power of ten apart."""
    if high <= low:
        return (low,)
    span = high - low
    rough = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * s for s in (1, 2, 5, 10) if power * s >= rough), default=rough)
    # A bound that is round itself must not be missed by the last digit of a division.
    first, last = math.ceil(low / step - _SLACK), math.floor(high / step + _SLACK)
    ticks = (min(max(number * step, low), high) for number in range(first, last + 1))
    return tuple(ticks) or (low,)
