"""What mattered in a search."""

import numpy as np
import pytest

from engine.experiment.search import Axis, TrialState
from engine.tuning.importance import importance

AXES = (
    Axis(path="head.units", values=(8, 16, 32)),
    Axis(path="phases.0.learning_rate", low=1e-4, high=1e-1, log=True),
    Axis(path="phases.0.optimizer", values=("adam", "sgd")),
)


def trials(count: int) -> list[TrialState]:
    """The loss lies in the rate's magnitude, and a little in the optimizer."""
    random = np.random.default_rng(0)
    found = []
    for number in range(count):
        power = float(random.uniform(-4, -1))
        optimizer = str(random.choice(["adam", "sgd"]))
        values = {
            "head.units": int(random.choice([8, 16, 32])),
            "phases.0.learning_rate": 10**power,
            "phases.0.optimizer": optimizer,
        }
        score = (power + 3) ** 2 + 0.3 * (optimizer == "sgd")
        # One that has diverged must not be all that counts.
        found.append(
            TrialState(
                id=str(number), status="done", values=values, score=1e6 if number == 7 else score
            )
        )
    return found


def test_the_planted_hyperparameter_comes_first_and_an_idle_one_last() -> None:
    failed = TrialState(id="f", status="failed", values=trials(1)[0].values, error="no")
    found = importance(AXES, [*trials(40), failed])
    assert [one.path for one in found] == [
        "phases.0.learning_rate",
        "phases.0.optimizer",
        "head.units",
    ]
    assert found[0].share > 0.6
    assert found[2].share < 0.1
    assert abs(sum(one.share for one in found) - 1) < 1e-9
    assert all(one.error >= 0 for one in found)


def test_nothing_matters_where_scores_are_noise() -> None:
    told = 0
    for seed in range(5):
        random = np.random.default_rng(seed)
        scores = 0.3 + 0.01 * random.normal(size=12)
        found = importance(
            AXES,
            [
                one.model_copy(update={"score": float(score)})
                for one, score in zip(trials(12), scores, strict=True)
            ],
        )
        told += bool(found)
        # Where chance looks like an order, its error says that it may be none.
        assert all(one.share < 2 * one.error for one in found[:1])
    assert told <= 1


@pytest.mark.slow
def test_the_error_is_of_the_choice_of_trials() -> None:
    few, many = importance(AXES, trials(12)), importance(AXES, trials(60))
    assert few[0].path == many[0].path == "phases.0.learning_rate"
    assert few[0].error > 2 * many[0].error


def test_too_few_trials_and_equal_ones_say_nothing() -> None:
    assert importance(AXES, []) == ()
    assert importance(AXES, trials(4)) == ()
    same = [trial.model_copy(update={"score": 0.5}) for trial in trials(8)]
    assert importance(AXES, same) == ()


def test_what_the_search_set_beside_the_axes_is_judged_with_them() -> None:
    longer = [
        trial.model_copy(
            update={"values": trial.values | {"phases.0.epochs": number % 3}, "score": number % 3}
        )
        for number, trial in enumerate(trials(20))
    ]
    assert importance(AXES, longer)[0].path == "phases.0.epochs"
