"""Keras Tuner's oracles, as they are begun, killed and gone on with; nothing is trained."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine.experiment.search import SearchSpec, Value
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage
from engine.tuning.hyperparameters import hyperparameters, values_of
from engine.tuning.oracles import OBJECTIVE, make_oracle
from engine.tuning.planning import Strategy, plan_search
from engine.tuning.planning import halved as rounds_of
from engine.tuning.space import trial_spec

BASE = ExperimentSpec(
    stage=Stage.BASELINE,
    head=HeadSpec(layers=1, units=16, batch_norm=True),
    phases=(PhaseSpec(epochs=9, learning_rate=2e-3),),
)
OVER = ["phases.0.learning_rate=1e-4..1e-1", "head.units=8..64", "head.batch_norm=true,false"]
FIRST = {"phases.0.learning_rate": 2e-3, "head.units": 16, "head.batch_norm": True}
KEPT: tuple[Strategy, ...] = ("random", "bayesian", "hyperband", "grid")


def search_by(strategy: Strategy, trials: int = 8, *over: str) -> SearchSpec:
    return plan_search(BASE, over or OVER, strategy, trials)


def begun(oracle: keras_tuner.Oracle) -> Any:
    return oracle.create_trial("tuner0")


def end(oracle: keras_tuner.Oracle, trial: Any, score: float | None) -> None:
    if score is not None:
        oracle.update_trial(trial.trial_id, {OBJECTIVE: score})
    trial.status = "FAILED" if score is None else "COMPLETED"
    oracle.end_trial(trial)


def score_of(values: dict[str, Value]) -> float:
    return float(values["head.units"]) / 100


@pytest.mark.parametrize("strategy", KEPT)
def test_the_base_comes_first_and_a_killed_search_goes_on(
    strategy: Strategy, tmp_path: Path
) -> None:
    search, file = search_by(strategy), tmp_path / "oracle" / "state.json"
    seen: list[tuple[str, dict[str, Value]]] = []
    lives, trial = 0, None
    while trial is None or trial.status != "STOPPED":
        # A new life for every trial: each dies with one under way.
        oracle, lives = make_oracle(search, file), lives + 1
        trial = begun(oracle)
        if trial.status == "STOPPED":
            break
        again = begun(make_oracle(search, file))
        assert (again.trial_id, again.hyperparameters.values) == (
            trial.trial_id,
            trial.hyperparameters.values,
        )
        values = values_of(search, again.hyperparameters.values)
        seen.append((again.trial_id, values))
        oracle = make_oracle(search, file)
        # One that fails is not tried again.
        end(oracle, begun(oracle), None if len(seen) == 2 else score_of(values))
        assert lives < 20
    assert {path: seen[0][1][path] for path in FIRST} == FIRST
    assert [name for name, _ in seen] == sorted({name for name, _ in seen})
    assert len({json.dumps(values) for _, values in seen}) == len(seen) == 8
    for _, values in seen:
        assert trial_spec(search, values).stage is Stage.BASELINE
        assert isinstance(values["head.units"], int)
        assert isinstance(values["head.batch_norm"], bool)


def test_the_same_seed_asks_the_same_and_zero_is_a_seed(tmp_path: Path) -> None:
    asked = []
    for name in ("a", "b"):
        search = search_by("random", 3)
        oracle = make_oracle(search, tmp_path / name)
        values = []
        for _ in range(3):
            trial = begun(oracle)
            values.append(values_of(search, trial.hyperparameters.values))
            end(oracle, trial, 0.5)
        asked.append(values)
    assert search.seed == 0
    assert asked[0] == asked[1]


def test_a_small_space_ends_when_all_of_it_is_tried(tmp_path: Path) -> None:
    """A Gaussian process would ask for its favourite again and again."""
    search = search_by("bayesian", 20, "head.units=8,16,32")
    oracle, seen = make_oracle(search, tmp_path / "state"), []
    while (trial := begun(oracle)).status != "STOPPED":
        values = values_of(search, trial.hyperparameters.values)
        seen.append(values["head.units"])
        end(oracle, trial, score_of(values))
    assert sorted(seen) == [8, 16, 32]


def test_a_gaussian_process_is_fitted_by_one_thread(tmp_path: Path) -> None:
    search = plan_search(BASE, ["head.units=8..64"], "bayesian", 4)
    seen: set[int] = set()
    oracle = make_oracle(search, tmp_path / "state")
    fit = oracle.gpr.fit

    def watched(*given: Any) -> Any:
        pools = [one for one in threadpool_info() if one["user_api"] == "blas"]
        seen.update(one["num_threads"] for one in pools)
        return fit(*given)

    oracle.gpr.fit = watched
    with threadpool_limits(2, user_api="blas"):
        for _ in range(4):
            trial = begun(oracle)
            end(oracle, trial, score_of(values_of(search, trial.hyperparameters.values)))
    assert seen == {1}


@pytest.mark.parametrize("strategy", ["random", "bayesian"])
@pytest.mark.parametrize("seed", range(3))
def test_every_combination_is_tried_where_there_are_only_values(
    strategy: Strategy, seed: int, tmp_path: Path
) -> None:
    """Drawing at random finds the last ones only with luck."""
    base = BASE.model_copy(update={"seed": seed})
    over = ["head.units=8,16,32", "loss.label_smoothing=0,0.1,0.2"]
    search = plan_search(base, over, strategy)
    oracle, seen = make_oracle(search, tmp_path / "state"), set()
    while (trial := begun(oracle)).status != "STOPPED":
        values = values_of(search, trial.hyperparameters.values)
        seen.add(json.dumps(values))
        end(oracle, trial, score_of(values))
    assert len(seen) == len(oracle.trials) == search.trials == 9


def test_hyperband_goes_on_until_all_trials_are_run(tmp_path: Path) -> None:
    """Killed now and then, and with a trial in five that fails."""
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=5),)})
    search = plan_search(base, ["head.units=8..4096", "head.dropout=0..0.6"], "hyperband", 30)
    oracle, ran = make_oracle(search, tmp_path / "state"), 0
    while (trial := begun(oracle)).status != "STOPPED":
        ran += 1
        end(oracle, trial, None if ran % 5 == 0 else ran / 100)
        if ran % 7 == 0:
            oracle = make_oracle(search, tmp_path / "state")
    assert ran == 30


def halved(search: SearchSpec, file: Path, failing: frozenset[int] = frozenset()) -> list[int]:
    """The epochs of the trials that a hyperband search runs, some of which fail."""
    oracle, epochs = make_oracle(search, file), []
    while (trial := begun(oracle)).status != "STOPPED":
        values = values_of(search, trial.hyperparameters.values)
        epochs.append(int(values["phases.0.epochs"]))
        end(oracle, trial, None if len(epochs) in failing else score_of(values))
    return epochs


@pytest.mark.parametrize(("epochs", "trials"), [(9, 4), (10, 20), (30, 20), (50, 40), (100, 20)])
def test_hyperband_trains_its_best_to_the_end_within_the_trials(
    epochs: int, trials: int, tmp_path: Path
) -> None:
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=epochs),)})
    search = plan_search(base, ["head.units=8..4096"], "hyperband", trials)
    ran = halved(search, tmp_path / "state")
    assert len(ran) == search.trials == trials
    assert ran[0] < max(ran) == epochs
    promised = {one.epochs: one.trials for one in rounds_of(search)}
    assert Counter(ran) == promised


@pytest.mark.parametrize("epochs", [3, 9, 30, 100])
def test_hyperband_halves_all_combinations_where_there_are_only_values(
    epochs: int, tmp_path: Path
) -> None:
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=epochs),)})
    search = plan_search(base, ["head.units=64,128,256", "head.dropout=0,0.1"], "hyperband", 40)
    ran = halved(search, tmp_path / "state")
    assert len(ran) == search.trials < 40, "no more are promised than there are"
    assert ran[0] < max(ran) == epochs


def test_hyperband_goes_on_with_the_best_of_those_that_did_not_fail(tmp_path: Path) -> None:
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=15),)})
    search = plan_search(base, ["head.units=8..4096"], "hyperband", 20)
    ran = halved(search, tmp_path / "state", frozenset({3, 5, 8, 9}))
    assert ran[:16] == [2] * 12 + [5] * 3 + [15]
    assert len(ran) == 20


def test_hyperband_runs_no_trial_twice_where_warm_up_forbids_short_ones(tmp_path: Path) -> None:
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=9, warmup=2),)})
    search = plan_search(base, ["head.units=8,16,32"], "hyperband")
    assert halved(search, tmp_path / "state") == [3, 3, 3, 9]


def test_hyperband_runs_the_best_longer_but_never_shorter_than_the_warm_up() -> None:
    base = BASE.model_copy(update={"phases": (PhaseSpec(epochs=9, warmup=2, schedule="cosine"),)})
    search = plan_search(base, ["head.units=8,16"], "hyperband")
    for budget, epochs in ((1, 3), (3, 3), (9, 9)):
        values = values_of(search, {"head.units": 8, "tuner/epochs": budget})
        assert values == {"head.units": 8, "phases.0.epochs": epochs}
        assert trial_spec(search, values).epochs == epochs


def test_axes_become_hyperparameters_whose_defaults_are_the_bases() -> None:
    space = hyperparameters(search_by("random", 4, *OVER, "head.activation=relu,tanh"))
    kinds = [type(one).__name__ for one in space.space]
    assert kinds == ["Float", "Int", "Boolean", "Choice"]
    assert space.space[0].sampling == "log"
    assert space.space[1].sampling == "linear"
    assert {one.name: one.default for one in space.space} == FIRST | {"head.activation": "relu"}
