"""Searches put together, and their trials made experiments."""

from datetime import UTC, datetime

import pytest

from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.search import Axis, SearchSpec, TrialState
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage
from engine.tuning.linear_head import AXES
from engine.tuning.planning import Strategy, base_of, plan_search
from engine.tuning.promotion import promoted, promoted_top
from engine.tuning.ranking import ranked

BASE = ExperimentSpec(
    stage=Stage.REGULARIZE, seed=3, head=HeadSpec(layers=1, units=64), phases=(PhaseSpec(epochs=9),)
)
PHOTO = BASE.model_copy(
    update={
        "image_size": 224,
        "backbone": "efficientnet_lite0",
        "weights": "imagenet",
        "phases": (PhaseSpec(train="head"),),
    }
)


def record(
    spec: ExperimentSpec | SearchSpec | EnsembleSpec, trials: tuple[TrialState, ...] = ()
) -> ExperimentRecord:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    task = TaskRecord(name="search", fold=0, status=Status.DONE, trials=trials)
    return ExperimentRecord(
        id="7", name="x", stage=spec.stage, spec=spec, created=now, queued=now, tasks=(task,)
    )


def trial(name: str, score: float | None, units: int) -> TrialState:
    status = "failed" if score is None else "done"
    return TrialState(id=name, status=status, values={"head.units": units}, score=score)


def refused(base: ExperimentSpec, *over: str, strategy: Strategy, trials: int | None = None) -> str:
    with pytest.raises(UserError) as caught:
        plan_search(base, over, strategy, trials)
    assert caught.value.expected
    assert caught.value.fix
    return caught.value.happened


def test_a_search_has_the_bases_stage_and_seed_and_as_many_trials_as_suit() -> None:
    search = plan_search(BASE)
    assert (search.stage, search.seed, search.strategy) == (Stage.REGULARIZE, 3, "bayesian")
    assert (len(search.axes), search.trials) == (3, 20)
    # Every point, and the base, which need not be one of them.
    assert plan_search(BASE, ["head.units=32,64"], "grid").trials == 2
    assert plan_search(BASE, ["head.dropout=0.1..0.5"], "grid").trials == 5
    assert plan_search(BASE, ["batch_size=8..16", "head.units=32,64"], "grid").trials == 10
    odd = BASE.model_copy(update={"batch_size": 9})
    assert plan_search(odd, ["batch_size=8..16"], "grid").trials == 6
    assert plan_search(BASE, ["head.units=8,16,32"], "grid", 2).trials == 2
    for strategy in ("random", "bayesian"):
        assert plan_search(BASE, ["head.units=32,64"], strategy).trials == 2
        assert plan_search(BASE, ["head.units=32,64"], strategy, 1).trials == 1
        assert plan_search(BASE, ["head.units=32,64", "head.dropout=0..0.5"], strategy).trials == 20
    heads = plan_search(PHOTO, strategy="head_grid")
    assert (heads.axes, heads.trials) == (AXES, 20)


def test_what_does_not_go_together_is_refused() -> None:
    assert "0 trials" in refused(BASE, strategy="random", trials=0)
    assert "varied twice" in refused(BASE, "head.units=8,16", "head.units=32,64", strategy="random")
    assert "hyperband sets it" in refused(BASE, "phases.0.epochs=1,2", strategy="hyperband")
    assert "gives no features" in refused(BASE, strategy="head_grid")
    assert "nothing that a linear head has" in refused(
        PHOTO, "head.units=8,16", strategy="head_grid"
    )
    assert "`C=0,1` is not possible" in refused(PHOTO, "C=0,1", strategy="head_grid")
    assert "`flip=maybe` is not possible" in refused(PHOTO, "flip=maybe", strategy="head_grid")
    tested = BASE.model_copy(update={"kind": "range_test"})
    assert "range test trains nothing" in refused(tested, strategy="random")
    with pytest.raises(UserError, match="is a range test"):
        base_of(record(tested))
    with pytest.raises(UserError, match="is a search"):
        base_of(record(plan_search(BASE)))
    with pytest.raises(UserError, match="is an ensemble"):
        base_of(record(EnsembleSpec(members=("1", "2"))))


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (Status.FAILED, "`hydra-tui rerun 7`"),
        (Status.RUNNING, "wait for one: `hydra-tui log 7 -f`"),
    ],
)
def test_a_search_without_a_trial_that_is_done_is_waited_for_while_it_runs(
    status: Status, fix: str
) -> None:
    search = record(plan_search(BASE)).model_copy(update={"status": status})
    with pytest.raises(UserError) as refused:
        ranked(search)
    assert fix in refused.value.fix
    assert ("wait" in refused.value.fix) is not status.is_finished


def test_the_best_trial_or_a_named_one_becomes_an_experiment() -> None:
    search = plan_search(BASE, ["head.units=8,16,32"])
    ended = record(search, (trial("1", 0.5, 8), trial("2", None, 16), trial("3", 0.4, 32)))
    spec, parent = promoted(ended)
    assert (spec.head.units, spec.folds, spec.stage, parent) == (32, 1, Stage.REGULARIZE, "7")
    assert promoted(ended, "2", folds=5)[0].head.units == 16
    assert promoted(ended, folds=5)[0].folds == 5
    best = promoted_top(ended, 5, folds=3)
    assert [(spec.head.units, spec.folds, parent) for spec, parent in best] == [
        (32, 3, "7"),
        (8, 3, "7"),
    ]
    with pytest.raises(UserError, match="no trial 9"):
        promoted(ended, "9")
    with pytest.raises(UserError, match="is no search"):
        promoted(record(BASE))
    with pytest.raises(UserError, match="No trial of search 7 is done"):
        promoted(record(search))


def test_a_linear_head_becomes_the_nearest_network() -> None:
    search = plan_search(PHOTO, strategy="head_grid")
    values = {"C": 0.1, "scaling": True, "flip": True}
    state = TrialState(id="1", status="done", values=values, score=0.2)
    spec, _ = promoted(record(search, (state,)))
    assert (spec.head.layers, spec.head.batch_norm) == (0, True)
    assert [phase.train for phase in spec.phases] == ["head"]
    assert spec.phases[0].patience
    assert (spec.augmentation.horizontal_flip, spec.views) == (True, 2)
    assert (spec.backbone, spec.weights, spec.image_size) == (
        "efficientnet_lite0",
        "imagenet",
        224,
    )


def test_trials_are_ranked_by_the_competitions_metric_where_all_have_it() -> None:
    search = plan_search(BASE, ["head.units=8,16,32"])

    def best(*figures: tuple[str | None, float]) -> int:
        trials = tuple(
            trial(str(number), loss, units).model_copy(update={"metric": name, "val_metric": value})
            for number, (units, loss, (name, value)) in enumerate(
                zip((8, 16, 32), (0.5, 0.4, 0.3), figures, strict=True)
            )
        )
        return promoted(record(search, trials))[0].head.units

    assert best(("auc", 0.9), ("auc", 0.95), ("auc", 0.8)) == 16
    assert best(("auc", 0.9), ("auc", 0.9), ("auc", 0.8)) == 16
    assert best(("log_loss", 0.5), ("log_loss", 0.4), ("log_loss", 0.3)) == 32
    assert best((None, 0.0), ("auc", 0.95), ("auc", 0.8)) == 32, "an earlier version noted none"


def test_the_best_of_a_head_grid_are_different_networks() -> None:
    """A network has no field for C: several heads become the same one."""
    search = plan_search(PHOTO, strategy="head_grid")
    points = [(0.01, True), (0.1, True), (1.0, True), (0.1, False), (1.0, False)]
    states = tuple(
        TrialState(
            id=str(number),
            status="done",
            values={"C": strength, "scaling": True, "flip": flip},
            score=number / 10,
        )
        for number, (strength, flip) in enumerate(points, start=1)
    )
    specs = [spec for spec, _ in promoted_top(record(search, states), 3)]
    assert [spec.augmentation.horizontal_flip for spec in specs] == [True, False]
    with pytest.raises(UserError, match="0 trials are none"):
        promoted_top(record(search, states), 0)


def test_a_search_comes_back_from_json_as_it_was() -> None:
    search = plan_search(BASE, ["head.batch_norm=true,false", "head.dropout=0..0.5"])
    known = SearchSpec.model_validate_json(search.model_dump_json())
    assert known == search
    assert known.axes[0].values == (True, False)
    assert isinstance(known.axes[0], Axis)
