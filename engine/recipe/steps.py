"""One step of the autopilot: what it does, why, and how long it takes."""

from typing import Literal

from engine.experiment.frozen import Frozen
from engine.experiment.spec import ExperimentSpec, Stage

# Of what the autopilot runs.
GROUP = "autopilot"


class Step(Frozen):
    """What the autopilot does next.

    Args:
        kind: run fits, go on with stopped ones, blend, pass a gate, or be done.
        stage: the stage it belongs to.
        reason: why, in a sentence.
        specs: the fits to run, each with its parent.
        experiments: what is resumed, or blended.
        seconds: expected cost; None while nothing was measured.
    """

    kind: Literal["run", "resume", "blend", "pass", "done"]
    stage: Stage
    reason: str
    specs: tuple[tuple[ExperimentSpec, str | None], ...] = ()
    experiments: tuple[str, ...] = ()
    seconds: float | None = None


def passed(stage: Stage, reason: str) -> Step:
    """Go on although a stage's gate is shut.

    Args:
        stage: which.
        reason: why.
    """
    return Step(kind="pass", stage=stage, reason=reason)


def begins(stage: Stage) -> str:
    """Why a stage is begun.

    Args:
        stage: which.
    """
    return {
        Stage.BASELINE: "a cheap first run tells whether the signal is there",
        Stage.OVERFIT: "can a network learn the training set by heart?",
    }.get(stage, "held back, so that it fits rows it has not seen")


def rounded(seconds: float) -> str:
    """How long a step takes, as its reason tells it.

    Args:
        seconds: expected or left.
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def too_long(cost: float | None, limit: float) -> str:
    """Why there is no time for a fit, in figures where they are known.

    Args:
        cost: expected, seconds; None while nothing was measured.
        limit: what is left for it, seconds.
    """
    if cost is None:
        return "nothing has told yet how long it would take"
    needed, there = rounded(cost), rounded(limit)
    if needed == there:
        return f"it needs about {needed}, a little more than is left for it"
    return f"it needs about {needed}, and {there} is left for it"
