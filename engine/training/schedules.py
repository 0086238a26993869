"""How the learning rate moves within a phase."""

import math
from typing import Any

import keras
from keras import ops

from engine.experiment.phase import PhaseSpec

PLATEAU_FACTOR = 0.2
PLATEAU_PATIENCE = 2
# One-cycle as fastai has it: from a 25th up for 30 % of the steps, then down to nothing.
_RISE = 0.3
_START = 1 / 25


def make_schedule(
    phase: PhaseSpec, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate of a phase.

    Args:
        phase: its schedule, warm-up, epochs and largest rate.
        steps: gradient steps of an epoch.

    Returns:
        A rate, which a plateau may lower later, or a schedule over the phase's steps.
    """
    total, warm = phase.epochs * steps, phase.warmup * steps
    if phase.schedule == "one_cycle":
        return RiseAndFall(phase.learning_rate, round(_RISE * total), total, _START)
    if phase.schedule == "cosine":
        return RiseAndFall(phase.learning_rate, warm, total)
    if warm:
        return RiseAndFall(phase.learning_rate, warm, None)
    return phase.learning_rate


class RiseAndFall(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc] # untyped
    """A linear rise, and then a cosine down to nothing or no fall at all.

    Loshchilov & Hutter 2017 (cosine), Goyal et al. 2017 (warm-up), Smith 2018 (one cycle).

    Args:
        rate: the largest learning rate.
        rise: steps until it is reached.
        total: the step at which it is nothing again; None when it stays.
        start: the share of the rate to begin with.
    """

    def __init__(self, rate: float, rise: int, total: int | None, start: float = 0.0) -> None:
        self._rate, self._rise, self._total, self._start = rate, rise, total, start

    def __call__(self, step: Any) -> Any:
        """The rate at a step, a scalar tensor."""
        step = ops.cast(step, "float32")
        # The first step is made at more than nothing.
        risen = self._start + (1 - self._start) * (step + 1) / (self._rise + 1)
        share = ops.minimum(risen, 1.0)
        if self._total is not None:
            fall = max(self._total - self._rise, 1)
            passed = ops.clip((step - self._rise) / fall, 0.0, 1.0)
            share = share * 0.5 * (1 + ops.cos(math.pi * passed))
        return self._rate * share

    def get_config(self) -> dict[str, Any]:
        """What it was made with."""
        return {
            "rate": self._rate,
            "rise": self._rise,
            "total": self._total,
            "start": self._start,
        }
