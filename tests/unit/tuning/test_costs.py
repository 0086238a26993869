"""What searches will take."""

import pytest

from engine.experiment.spec import Stage
from engine.tuning.costs import search_seconds
from engine.tuning.planning import plan_search
from tests.unit.recipe.made_up import done, photographs


def test_a_trial_takes_as_long_as_its_epochs_on_one_fold() -> None:
    known = done("1", Stage.BASELINE, 0.3, "image_size=64", "phases.0.epochs=9", "folds=1")
    assert known.fit is not None
    base = known.fit.model_copy(update={"folds": 5})
    whole = search_seconds(plan_search(base, trials=13), photographs(), [known])
    assert whole == pytest.approx(13 * (5 + 9))
    halving = search_seconds(
        plan_search(base, strategy="hyperband", trials=13), photographs(), [known]
    )
    # Five seconds each beside its epochs, of a second each.
    assert halving == pytest.approx(13 * 5 + 9 * 1 + 3 * 3 + 1 * 9)
    assert search_seconds(plan_search(base), photographs(), []) is None


def test_nothing_is_promised_of_linear_heads() -> None:
    known = done("1", Stage.BASELINE, 0.3, "backbone=efficientnet_lite0", "weights=imagenet")
    assert known.fit is not None
    assert search_seconds(plan_search(known.fit, (), "head_grid"), photographs(), [known]) is None
