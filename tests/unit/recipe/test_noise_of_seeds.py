"""What other seeds would bring is told from the worth of a factor."""

from collections.abc import Sequence
from random import Random
from statistics import stdev

import pytest

from engine.experiment.compare import SeedNoise, Verdict, judged, judged_of_seeds
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.ablation import (
    seed_noise,
    seeds,
)
from tests.unit.recipe.made_up import done

BASE = ExperimentSpec(stage=Stage.BASELINE)


def test_seeds_differ_in_nothing_else() -> None:
    base = ExperimentSpec(stage=Stage.BASELINE)
    found = seeds(base, 3)
    assert [one.seed for one in found] == [1, 2]
    assert {one.model_copy(update={"seed": 0}) for one in found} == {base}


def deviation(runs: Sequence[ExperimentRecord]) -> float:
    found = seed_noise(runs)
    assert found is not None
    return found.deviation


def test_what_other_seeds_would_bring_is_no_worth_of_a_factor() -> None:
    clear = judged(0.02, 0.005)
    assert clear.verdict is Verdict.BETTER
    runs = [done(name, Stage.BASELINE, loss) for name, loss in (("1", 0.3), ("2", 0.32))]
    noise = seed_noise(runs)
    assert noise is not None
    assert noise.seeds == 2
    found = judged_of_seeds(clear, noise)
    assert (found.gain, found.verdict) == (0.02, Verdict.NOISE)
    # Two values tell little of an error: 12.7 of it, not 1.96, hold 95 %.
    of_seeds = 2 * (noise.deviation * 12.706 / 1.96) ** 2
    assert found.error == pytest.approx((0.005**2 + of_seeds) ** 0.5)
    assert judged_of_seeds(clear, None) == clear
    unknown = judged(0.02, None)
    assert judged_of_seeds(unknown, noise) == unknown


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_a_factor_worth_nothing_is_called_so_19_times_in_20(count: int) -> None:
    random, tries, called = Random(count), 4000, 0  # noqa: S311 - draws runs, hides nothing

    for _ in range(tries):
        losses = [random.gauss(0.3, 0.01) for _ in range(count)]
        noise = SeedNoise(deviation=stdev(losses), seeds=count)
        # Of two runs that differ in their seeds, on rows that tell no more.
        rows = judged(random.gauss(0, 0.01) - random.gauss(0, 0.01) + random.gauss(0, 0.001), 0.001)
        called += judged_of_seeds(rows, noise).verdict is not Verdict.NOISE
    assert called / tries == pytest.approx(0.05, abs=0.015)


def test_seeds_are_compared_on_equally_many_folds() -> None:
    baseline = done("1", Stage.BASELINE, 0.9)
    seeded = [done(name, Stage.BASELINE, loss, folds=5) for name, loss in (("2", 0.3), ("3", 0.5))]
    assert deviation([baseline, *seeded]) == pytest.approx(0.1414, abs=1e-4)
    # On the one fold that both have done; other folds tell nothing about seeds.
    assert deviation([baseline, seeded[0]]) == pytest.approx(0.4243, abs=1e-4)
    second = seeded[0].model_copy(update={"tasks": seeded[0].tasks[1:]})
    assert seed_noise([baseline, second]) is None
    assert seed_noise([]) is None


def test_seeds_on_fewer_folds_are_compared_with_the_baselines_same_folds() -> None:
    baseline = done("1", Stage.BASELINE, 0.3, folds=5)
    first = baseline.tasks[0].model_copy(
        update={"scores": baseline.scores.model_copy(update={"val_log_loss": 0.5})}
    )
    baseline = baseline.model_copy(update={"tasks": (first, *baseline.tasks[1:])})
    # One fold's seeds beside that fold of the baseline, not beside its mean over five.
    assert deviation([baseline, done("2", Stage.BASELINE, 0.6)]) == pytest.approx(0.0707, abs=1e-4)
