"""The values that an axis names: round, each once, and so named that they can be told apart."""

import math
import random
from itertools import pairwise

import pytest

from app.presentation.curves import even_ticks, linear_ticks, log_ticks, tick_names

# Ranges of every size and place, from a plateau's last digit to ten decades; always the same ones.
_DICE = random.Random(7)  # noqa: S311 (no secret)
RANGES = [
    (low, low * (1 + 10 ** _DICE.uniform(-6, 8)))
    for low in (10 ** _DICE.uniform(-7, 3) for _ in range(150))
]
ODD = [(0.99998, 1.00003), (1.1, 2.306), (2.302, 2.309), (0.5, 0.5), (0.3, 0.7), (1.0, 1.0001)]


def is_round(value: float, digits: int) -> bool:
    return value == 0 or math.isclose(float(f"{value:.{digits - 1}e}"), value, rel_tol=1e-9)


@pytest.mark.parametrize("count", [2, 3, 5, 9])
@pytest.mark.parametrize("make", [linear_ticks, even_ticks, log_ticks])
def test_ticks_lie_inside_rise_and_have_names_of_their_own(make: object, count: int) -> None:
    for low, high in RANGES + ODD:
        ticks = make(low, high, count)  # type: ignore[operator] # one of three functions
        assert ticks, (low, high)
        assert all(low <= one <= high for one in ticks), (low, high, ticks)
        assert list(ticks) == sorted(set(ticks)), (low, high, ticks)
        names = tick_names(ticks)
        assert len(set(names)) == len(ticks), (low, high, names)
        if len(ticks) > 1:
            gap = min(b - a for a, b in pairwise(ticks))
            for name, tick in zip(names, ticks, strict=True):
                assert abs(float(name) - tick) <= gap / 50, (low, high, names)


@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_even_ticks_are_one_two_or_five_apart(count: int) -> None:
    for low, high in RANGES + [one for one in ODD if one[0] < one[1]]:
        ticks = even_ticks(low, high, count)
        assert 2 <= len(ticks) <= 4 * count + 1, (low, high, ticks)
        step = (ticks[-1] - ticks[0]) / (len(ticks) - 1)
        leading = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert any(math.isclose(leading, one, rel_tol=1e-4) for one in (1, 2, 5)), (low, high, step)


def test_a_narrow_logarithmic_axis_names_no_odd_bounds() -> None:
    assert log_ticks(1.1, 2.306, 2) == (1.5, 2.0)
    assert tick_names(log_ticks(2.302, 2.309, 4)) == ("2.302", "2.304", "2.306", "2.308")
    assert tick_names(even_ticks(0.99998, 1.00003, 3)) == ("0.99998", "1", "1.00002")
    assert all(is_round(one, 1) for one in log_ticks(0.01, 30.0, 9))
    assert tick_names(linear_ticks(0.0, 1.0, 5)) == ("0", "0.2", "0.4", "0.6", "0.8", "1")
    assert tick_names(linear_ticks(0.5, 0.5, 5)) == ("0.5",)
