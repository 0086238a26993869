"""Experiments beside each other: the fields that differ, and whether a score really does."""

from collections.abc import Sequence
from enum import StrEnum
from math import hypot, sqrt
from typing import Annotated, Any

from pydantic import Field

from engine.experiment.frozen import Frozen

# Half the width of a 95 % interval, in standard errors.
TWO_SIDED_95 = 1.96
# The same where the error itself is known by few values, one more than the place in this list:
# Student's t (1908). What comes after the last is told by it, a little too wide.
_FEW_VALUES_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
# Kinds of specs that have the fields of a fit.
_TRAINED = ("fit", "range_test")


class Verdict(StrEnum):
    """What a difference amounts to."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "within noise"
    UNKNOWN = "unknown"


class Difference(Frozen):
    """How much better one score is than another."""

    gain: Annotated[float, Field(description="Positive is better, whatever the metric.")]
    error: Annotated[
        float | None,
        Field(
            description="Standard error of the gain, wider where few groups tell of it: 1.96 of it "
            "hold 95 %. None when nobody knows."
        ),
    ]
    verdict: Verdict


class Compared(Frozen):
    """One experiment held against the reference on the rows that both predicted."""

    id: str
    rows: int = 0
    log_loss: Difference | None = None
    metric: Difference | None = None
    problem: Annotated[str, Field(description="Why it can't be compared.")] = ""


class Comparison(Frozen):
    """Several experiments side by side."""

    reference: str
    metric: str
    compared: tuple[Compared, ...]
    differing: Annotated[
        tuple[tuple[str, tuple[str, ...]], ...],
        Field(
            description="Each field that differs, with its value in every experiment, in the "
            "reference first."
        ),
    ] = ()
    problem: Annotated[str, Field(description="Why nothing can be held against the reference.")] = (
        ""
    )


class Contribution(Frozen):
    """What one factor of an experiment is worth.

    Args:
        factor: the fields that were taken back, as `--set` takes them.
        value: what they were taken back to.
        experiment: the run without it.
        worth: how much better the experiment is with it; None while that run is not done.
        problem: why it can't be told.
    """

    factor: str
    value: str
    experiment: str
    worth: Difference | None = None
    problem: str = ""


class SeedNoise(Frozen):
    """How much the log-losses of runs differ that differ in their seeds only.

    Args:
        deviation: the standard deviation over the seeds.
        seeds: how many there are.
    """

    deviation: float
    seeds: int

    @property
    def of_difference(self) -> float:
        """Standard error of the difference of two such runs, wider the fewer seeds tell of it.

        So wide that 1.96 of it hold 95 % of such differences, as of every other error: two or three
        seeds often lie close together by chance.
        """
        few = _FEW_VALUES_95[min(self.seeds - 1, len(_FEW_VALUES_95)) - 1]
        return sqrt(2) * self.deviation * few / TWO_SIDED_95


def judged(gain: float, error: float | None) -> Difference:
    """Call a difference by its name: only what lies beyond its noise is one.

    Args:
        gain: positive is better.
        error: its standard error; None when nobody knows it.

    Returns:
        The difference; `better` or `worse` where the 95 % interval does not hold zero.
    """
    if error is None:
        verdict = Verdict.UNKNOWN
    elif abs(gain) <= TWO_SIDED_95 * error:
        verdict = Verdict.NOISE
    else:
        verdict = Verdict.BETTER if gain > 0 else Verdict.WORSE
    return Difference(gain=gain, error=error, verdict=verdict)


def judged_of_seeds(rows: Difference, noise: SeedNoise | None) -> Difference:
    """Call the difference of two runs by its name, which other seeds might have brought about.

    Args:
        rows: the difference, with the error that its rows tell.
        noise: of the seeds; None while nobody knows it.

    Returns:
        The difference; its error is of both, the rows and the seeds, with how little is known of
        the latter.
    """
    if noise is None or rows.error is None:
        return rows
    return judged(rows.gain, hypot(rows.error, noise.of_difference))


def decisive(metric: Difference | None, log_loss: Difference | None) -> Difference | None:
    """The one of two differences that says which is better.

    Args:
        metric: by the competition's metric; None where that is log-loss, or not defined.
        log_loss: by log-loss; None of ranks.

    Returns:
        The metric's where it is beyond its noise, or the only one; else that of the log-loss.
    """
    if metric is not None and metric.verdict in (Verdict.BETTER, Verdict.WORSE):
        return metric
    return log_loss or metric


def flat_fields(fields: Any, prefix: str = "") -> dict[str, Any]:
    """Every field of a spec by the path that `--set` takes; lists of plain values are one.

    Args:
        fields: a spec as JSON has it.
        prefix: stands before every path.
    """
    if isinstance(fields, dict):
        pairs = list(fields.items())
    elif isinstance(fields, list | tuple) and any(isinstance(one, dict) for one in fields):
        pairs = [(str(number), one) for number, one in enumerate(fields)]
    else:
        value = ",".join(map(str, fields)) if isinstance(fields, list | tuple) else fields
        return {prefix.removesuffix("."): value}
    return {
        path: value
        for name, inner in pairs
        for path, value in flat_fields(inner, f"{prefix}{name}.").items()
    }


def differing_fields(specs: Sequence[Frozen]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The fields in which specs differ.

    Args:
        specs: two or more.

    Returns:
        Each such field's path with its value in every spec, a dash where a spec has no such field.
        A field of fits differs where it does among the fits.
    """
    flat = [flat_fields(spec.model_dump(mode="json")) for spec in specs]
    fits = [fields for fields in flat if fields.get("kind") in _TRAINED]
    rows = []
    for path in dict.fromkeys(path for fields in flat for path in fields):
        # A blend lacks all fields of a fit, which says nothing about the fits beside it.
        peers = fits if any(path in fields for fields in fits) else flat
        if len({str(fields.get(path, "-")) for fields in peers}) > 1:
            rows.append((path, tuple(str(fields.get(path, "-")) for fields in flat)))
    return tuple(rows)
