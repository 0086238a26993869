"""Which experiments label the test images: the best ones whose answers may be labels."""

from typing import Any

from engine.blending.methods import Method
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.labelling import labellers
from engine.recipe.proposals import pseudo_labelling
from tests.unit.recipe.made_up import blend, done


def blended(identifier: str, loss: float, folds: int = 5, **spec: Any) -> ExperimentRecord:
    """A finished blend of experiment 1 in a way of its own."""
    made = EnsembleSpec(members=("1",), **spec)
    return blend(identifier, loss, ("1",), folds=folds).model_copy(update={"spec": made})


def source(records: list[ExperimentRecord]) -> str:
    return pseudo_labelling(records)[0].pseudo.source


def test_a_blend_fitted_on_the_rows_of_its_one_fold_labels_nothing() -> None:
    fit = done("1", Stage.REGULARIZE, 0.3)
    for way in ({"calibrated": True}, {"method": Method.WEIGHTED}, {"method": Method.STACK}):
        fitted = blended("2", 0.1, folds=1, **way)
        assert source([fit, fitted]) == "1"
        assert labellers([fit, fitted], 1) == [fit]
        over_more = blended("2", 0.1, folds=5, **way)
        assert source([fit, over_more]) == "2"
        assert labellers([fit, over_more], 1) == [over_more, fit]
    assert source([fit, blended("2", 0.1, folds=1)]) == "2"


def test_ranks_label_nothing_and_a_worse_ensemble_nothing_either() -> None:
    fit, better = done("1", Stage.REGULARIZE, 0.3, folds=5), blended("4", 0.25)
    ranks, worse = blended("2", 0.1, method=Method.RANK), blended("3", 0.35)
    assert source([fit, ranks]) == "1"
    assert source([fit, ranks, worse]) == "1"
    assert source([fit, ranks, worse, better]) == "4"
    assert labellers([fit, ranks, worse, better], 5) == [better, fit, worse]


def test_an_ensemble_over_other_folds_hides_none_over_the_same() -> None:
    fit = done("1", Stage.REGULARIZE, 0.3, folds=5)
    assert source([fit, blended("2", 0.1, folds=2), blended("3", 0.2)]) == "3"
