"""What can join an ensemble: as many folds as the best, and the best, whatever it was run for."""

import pytest

from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.baseline_gate import beats_shares
from engine.recipe.choosing import best_to_submit, members_of
from engine.recipe.stages import GateState, climb
from tests.unit.recipe.made_up import done, photographs

SIZES = [
    done(str(number), Stage.WIDEN, 0.03, f"image_size={size}")
    for number, size in ((3, 32), (4, 48), (5, 64))
]
POOR = done("6", Stage.REGULARIZE, 0.6, "seed=1", folds=5)
OVERFIT = done("2", Stage.OVERFIT, 0.15, train=0.001)


def ids(*records: ExperimentRecord) -> list[str]:
    return [one.id for one in members_of(records)]


def test_a_bad_run_over_all_folds_keeps_no_good_ones_out() -> None:
    assert ids(*SIZES, POOR) == ["3", "4", "5"]
    best = best_to_submit([*SIZES, POOR])
    assert best is not None
    assert best.id == "3", "members are chosen as what is submitted is"
    widen = next(
        rung
        for rung in climb(photographs(), [OVERFIT, *SIZES, POOR], frozenset())
        if rung.stage is Stage.WIDEN
    )
    assert widen.reading == "3 different"


def test_a_single_good_run_on_fewer_folds_leaves_the_others_blended() -> None:
    whole = [done(str(n), Stage.WIDEN, 0.6, f"image_size={n}6", folds=5) for n in (3, 4)]
    assert ids(*whole, done("6", Stage.REGULARIZE, 0.03)) == ["3", "4"]


def test_one_over_all_folds_that_is_no_worse_beyond_the_noise_sets_the_number() -> None:
    whole = done("6", Stage.REGULARIZE, 0.04, "seed=1", folds=5)
    assert ids(*SIZES, whole) == ["6"]


def test_too_sure_of_as_many_right_answers_the_overfit_run_joins_behind_the_others() -> None:
    def right(record: ExperimentRecord, share: float) -> ExperimentRecord:
        scores = {"metric": "accuracy", "val_metric": share, "val_accuracy": share}
        return record.model_copy(update={"scores": record.scores.model_copy(update=scores)})

    better = right(done("7", Stage.REGULARIZE, 0.1), 0.94)
    assert ids(right(OVERFIT, 0.945), better) == ["7", "2"]
    assert ids(right(OVERFIT, 0.93), better) == ["7"]
    # Of two that are as good but for chance, the lower log-loss is preferred.
    surer = right(done("7", Stage.REGULARIZE, 0.2), 0.94)
    assert ids(right(OVERFIT, 0.935), surer) == ["2", "7"]


def test_the_best_overfit_run_joins_where_nothing_is_preferred_to_it() -> None:
    poor, worse = done("7", Stage.REGULARIZE, 0.2), done("8", Stage.WIDEN, 0.3, "image_size=64")
    assert ids(OVERFIT, poor, worse) == ["2", "7", "8"]
    assert ids(OVERFIT, done("7", Stage.REGULARIZE, 0.1), worse) == ["7", "8"]
    # Over other folds it could not be blended.
    assert ids(OVERFIT, done("7", Stage.REGULARIZE, 0.2, folds=5)) == ["7"]
    assert ids(OVERFIT) == []


@pytest.mark.parametrize(
    ("poor", "state", "reading"),
    [
        (3, GateState.SHUT, "0 different, 3 no better than the class shares, 3 more wanted"),
        (1, GateState.SHUT, "2 different, 1 no better than the class shares, 1 more wanted"),
        (0, GateState.OPEN, "3 different"),
    ],
)
def test_what_has_learnt_nothing_makes_no_other_mistakes(
    poor: int, state: GateState, reading: str
) -> None:
    """As many do where there is no signal: the shares alone have a log-loss of 0.69."""
    learnt = [done(str(n), Stage.WIDEN, 0.3, f"image_size={n}6", folds=5) for n in (3, 4, 5)]
    nothing = {"val_accuracy": 0.52}
    runs = [
        one.model_copy(
            update={"scores": one.scores.model_copy(update=nothing | {"val_log_loss": 0.7})}
        )
        if place < poor
        else one
        for place, one in enumerate(learnt)
    ]
    ladder = climb(photographs(), [OVERFIT, *runs], frozenset())
    found = next(one for one in ladder if one.stage is Stage.WIDEN)
    assert (found.state, found.reading) == (state, reading)
    # Who is right and far too sure has learnt something all the same.
    sure = [
        one.model_copy(update={"scores": one.scores.model_copy(update={"val_log_loss": 0.7})})
        for one in learnt
    ]
    ladder = climb(photographs(), [OVERFIT, *sure], frozenset())
    assert next(one for one in ladder if one.stage is Stage.WIDEN).reading == "3 different"


def test_what_orders_rare_rows_rightly_has_learnt_something() -> None:
    """By weighted classes, of which one has nearly all rows, neither loss nor accuracy tells."""
    scores = {"val_auc": 0.92, "prior_log_loss": 0.098, "majority_accuracy": 0.98, "val_rows": 1000}
    runs = [
        one.model_copy(update={"scores": one.scores.model_copy(update=scores | {"val_auc": area})})
        for one in (done("3", Stage.WIDEN, 0.4, folds=5),)
        for area in (0.92, 0.55)
    ]
    assert [beats_shares(one) for one in runs] == [True, False]
