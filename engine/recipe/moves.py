"""One thing to do next, and why."""

from typing import Literal

from engine.experiment.frozen import Frozen
from engine.experiment.spec import ExperimentSpec, Stage


class Move(Frozen):
    """One thing to do next, and why.

    Args:
        kind: what has to be done: look at the data, run fits, go on with stopped ones, blend,
            export, or pass a gate.
        stage: the stage it belongs to.
        title: what it is, in a few words.
        reason: why, in a sentence.
        changes: what differs from the parent's spec, as `--set` takes it.
        specs: the fits to run, each with its parent.
        members: what is to be resumed, blended or exported.
        seconds: expected cost; None while nothing was measured.
    """

    kind: Literal["look", "run", "resume", "blend", "export", "pass", "done"]
    stage: Stage
    title: str
    reason: str
    changes: tuple[str, ...] = ()
    specs: tuple[tuple[ExperimentSpec, str | None], ...] = ()
    members: tuple[str, ...] = ()
    seconds: float | None = None


def look_at_data(reason: str) -> Move:
    """Have the data looked at.

    Args:
        reason: why, in a sentence.
    """
    return Move(kind="look", stage=Stage.DATA, title="look at the data", reason=reason)


def submit_or_widen() -> Move:
    """What is left where the recipe has been climbed."""
    return Move(
        kind="done",
        stage=Stage.SUBMIT,
        title="submit it, or widen",
        reason="every gate is open or passed; more backbones and sizes help the ensemble",
    )
