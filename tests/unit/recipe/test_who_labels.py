"""Which experiments label the test images: the best ones whose answers may be labels."""

from typing import Any

import pytest

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from engine.recipe.labelling import labellers
from engine.recipe.proposals import propose_specs, pseudo_labelling
from engine.recipe.requests import check_possible
from tests.unit.recipe.made_up import blend, done, photographs


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


def stopped(record: ExperimentRecord, *folds: int) -> ExperimentRecord:
    """The same, of which only some folds were done."""
    tasks = tuple(
        task
        if task.fold in folds
        else task.model_copy(update={"status": Status.STOPPED, "scores": Scores()})
        for task in record.tasks
    )
    return record.model_copy(update={"status": Status.STOPPED, "tasks": tasks})


def test_only_folds_that_can_be_labelled_are_run() -> None:
    """What is proposed must not be refused as soon as it is asked for."""
    fit = done("3", Stage.REGULARIZE, 0.3, folds=5)
    short = stopped(fit, 0, 1, 2, 4)
    spec, parent = pseudo_labelling([short])
    assert (spec.folds, spec.pseudo.source, parent) == (3, "3", "3")
    check_possible(spec, photographs(), [short])
    # Without the first fold another one labels.
    late, other = stopped(fit, 3, 4), done("2", Stage.OVERFIT, 0.5)
    spec, parent = pseudo_labelling([other, late])
    assert (spec.folds, spec.pseudo.source, parent) == (1, "2", "3")
    check_possible(spec, photographs(), [other, late])
    with pytest.raises(UserError, match="no predictions to label"):
        pseudo_labelling([late])


def test_without_test_images_there_is_nothing_to_label() -> None:
    fit = done("3", Stage.REGULARIZE, 0.3, folds=5)
    with pytest.raises(UserError, match="no test images that could be labelled") as refused:
        propose_specs(Stage.PSEUDO_LABEL, photographs(test_images=0), [fit])
    assert "put them into `test/`" in refused.value.fix
    assert propose_specs(Stage.PSEUDO_LABEL, photographs(), [fit])


def test_a_blend_with_ranks_in_it_labels_nothing() -> None:
    """It has no log-loss: what it says are no probabilities."""
    fit, ranks = done("1", Stage.REGULARIZE, 0.3, folds=5), blended("2", 0.1)
    unknown = ranks.scores.model_copy(update={"val_log_loss": None, "val_metric": 0.9})
    mixed = ranks.model_copy(update={"scores": unknown})
    assert source([fit, mixed]) == "1"
    assert labellers([fit, mixed], 5) == [fit]


def test_only_what_has_predicted_in_all_folds_can_label() -> None:
    records = [
        done("1", Stage.REGULARIZE, 0.2, folds=5),
        done("2", Stage.REGULARIZE, 0.1, folds=2),
        done("3", Stage.WIDEN, 0.15, folds=5),
    ]
    assert [one.id for one in labellers(records, 5)] == ["3", "1"]
    assert [one.id for one in labellers(records, 1)] == ["2", "3", "1"]
