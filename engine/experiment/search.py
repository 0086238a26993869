"""Searches over the fields of a spec: what is tried, and what came of it."""

from typing import Annotated, Literal

from pydantic import Field

from engine.experiment.frozen import Frozen
from engine.experiment.spec import ExperimentSpec, TrainingStage

Value = str | bool | int | float


class Axis(Frozen):
    """One field that a search varies: some values, or a range."""

    path: Annotated[
        str,
        Field(description="The field, as `--set` takes it; of a linear head `C` and the like."),
    ]
    values: Annotated[
        tuple[Value, ...], Field(description="The values to choose from; empty for a range.")
    ] = ()
    low: float | None = None
    high: float | None = None
    log: Annotated[bool, Field(description="Whether a range is searched by magnitude.")] = False


class SearchSpec(Frozen):
    """A Keras Tuner search over the fields of a spec."""

    kind: Literal["search"] = "search"
    stage: TrainingStage
    base: Annotated[ExperimentSpec, Field(description="The spec whose fields are varied.")]
    strategy: Annotated[
        Literal["random", "grid", "bayesian", "hyperband", "head_grid"],
        Field(
            description="Keras Tuner's oracles; `head_grid` is scikit-learn's grid search of a "
            "linear head on the frozen backbone's features."
        ),
    ] = "bayesian"
    axes: Annotated[tuple[Axis, ...], Field(min_length=1, description="What is varied.")]
    trials: Annotated[int, Field(ge=1, le=1000, description="Most trials.")] = 20
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Seeds the oracle.")] = 0


class TrialState(Frozen):
    """One trial of a search."""

    id: str
    status: Literal["running", "done", "failed", "stopped"]
    values: dict[str, Value]
    epoch: Annotated[int, Field(description="Epochs done; of a linear head, folds.")] = 0
    score: Annotated[
        float | None,
        Field(
            description="Validation log-loss: that of the best epoch while it runs, then that of "
            "the network it ended with."
        ),
    ] = None
    metric: Annotated[
        str | None, Field(description="The competition's metric, once the trial is done.")
    ] = None
    val_metric: float | None = None
    seconds: float = 0.0
    error: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether it has come to its own end, and is not run again."""
        return self.status in ("done", "failed")
