"""A blend of ranks tells an order: no answer, no probability, and no score of either."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, TaskRecord
from engine.experiment.spec import Stage
from engine.predictions.blend import blend_experiments
from engine.service import Service
from tests.functional.staging import fill, record
from tests.unit.predictions.folded import Folded, folded

RANKS = EnsembleSpec(members=("1", "2"), method=Method.RANK)


@pytest.fixture
def place(tmp_path: Path) -> Folded:
    made = folded(tmp_path, ["rose", "tulip"] * 10 + ["rose"] * 20 + ["tulip"] * 20)
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "auc"\n', "utf-8")
    return made


def blend_ranks(place: Folded, spec: EnsembleSpec = RANKS) -> dict[str, Any]:
    """Predict by two experiments, and blend their ranks into the third."""
    for experiment in spec.members:
        place.predict(experiment, (0, 1))
    return blend(place, "3", spec)


def blend(place: Folded, name: str, spec: EnsembleSpec) -> dict[str, Any]:
    run = place.workspace.run(name)
    run.mkdir(parents=True)
    members = [(one, (0, 1)) for one in spec.members]
    return blend_experiments(place.root, place.workspace, members, spec, run)


def test_ranks_are_scored_by_their_order_alone(place: Folded) -> None:
    answer = blend_ranks(place)
    for one in answer["tasks"]:
        scores = TaskRecord.model_validate(one).scores
        assert scores.val_auc == scores.val_metric is not None
        assert scores.val_accuracy is scores.val_macro_f1 is scores.val_quadratic_kappa is None


@pytest.mark.parametrize(
    ("method", "calibrated"), [("mean", True), ("weighted", False), ("selection", True)]
)
def test_to_ranks_nothing_is_fitted_by_log_loss(
    place: Folded, method: str, calibrated: bool
) -> None:
    blend_ranks(place)
    spec = EnsembleSpec(members=("1", "3"), method=Method(method), calibrated=calibrated)
    with pytest.raises(UserError, match="Of the members, 3 predicted ranks"):
        blend(place, "4", spec)


def test_a_blend_by_ranks_has_no_temperature(place: Folded) -> None:
    with pytest.raises(UserError, match="gives no probabilities"):
        blend_ranks(place, RANKS.model_copy(update={"calibrated": True}))


@pytest.mark.parametrize(
    "ask",
    [
        lambda service: service.inspection.errors("3"),
        lambda service: service.inspection.rows_in_cell("3", "", "rose", "tulip"),
        lambda service: service.inspection.grad_cams("3"),
    ],
)
@pytest.mark.parametrize("method", ["rank", "mean"])
def test_ranks_have_no_errors_to_look_at(
    place: Folded, ask: Callable[[Service], object], method: str
) -> None:
    """Nor has a mean of which one member predicted ranks, and which has no log-loss therefore."""
    fits = [record(number, Stage.REGULARIZE, loss=loss) for number, loss in ((1, 0.4), (2, 0.3))]
    ranks: ExperimentRecord = fits[0].model_copy(
        update={
            "id": "3",
            "spec": RANKS.model_copy(update={"method": Method(method)}),
            "scores": fits[0].scores.model_copy(update={"val_log_loss": None}),
        }
    )
    fill(place.root, [*fits, ranks])
    blend_ranks(place)
    service = Service(place.root)
    try:
        with pytest.raises(UserError, match="3 is a blend of ranks") as refused:
            ask(service)
    finally:
        service.close()
    assert "`hydra-tui errors 2`" in refused.value.fix
