"""Costs, scaled from what was measured."""

import pytest

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.costs import estimate_seconds
from engine.recipe.proposals import propose_specs
from tests.unit.recipe.made_up import NOW, done, photographs

BASE = ExperimentSpec(stage=Stage.BASELINE)

BASE = ExperimentSpec(stage=Stage.BASELINE)


def test_nothing_measured_means_no_estimate() -> None:
    assert estimate_seconds(BASE, photographs(), []) is None
    assert estimate_seconds(BASE, None, [done("1", Stage.BASELINE, 0.3)]) is None


def test_costs_grow_with_size_folds_epochs_and_rows() -> None:
    known = done("1", Stage.BASELINE, 0.3, "image_size=64", "phases.0.epochs=5")
    assert known.fit is not None
    about = photographs()

    def cost(*overrides: str) -> float:
        spec = apply_overrides(known.fit or BASE, overrides)
        found = estimate_seconds(spec, about, [known])
        assert found is not None
        return found

    # 10 s, of which five epochs took 1 s each.
    assert cost() == pytest.approx(10.0)
    # Starting, 4 s of the other five, takes as long whatever the images' size.
    assert cost("image_size=128") == pytest.approx(4 + 4 * 6)
    assert cost("folds=3") == pytest.approx(30.0)
    assert cost("phases.0.epochs=10") == pytest.approx(15.0)
    # Twice as many rows to train on; the 200 that validate, at a third of the work, stay.
    assert cost("rows=1") == pytest.approx(5 + 5 * (800 + 200 / 3) / (400 + 200 / 3))
    assert cost("backbone=wide_cnn") > cost()


def test_a_range_test_costs_its_batches() -> None:
    known = [done("1", Stage.BASELINE, 0.5, "rows=1", "phases.0.epochs=5", seconds=200.0)]
    fit = known[0].spec
    assert isinstance(fit, ExperimentSpec)

    def cost(*overrides: str) -> float:
        found = estimate_seconds(apply_overrides(fit, overrides), photographs(), known)
        assert found is not None
        return found

    # 150 batches of 32 are six passes through 800 rows, however many epochs the phases have.
    test = cost("kind=range_test")
    assert test == pytest.approx(cost("phases.0.epochs=6"), rel=0.05)
    assert cost("kind=range_test", "phases.0.epochs=90", "phases.1.epochs=50") == test
    assert cost("kind=range_test", "batch_size=8") < 0.7 * test


def test_the_pace_that_frozen_layers_told_is_believed() -> None:
    lite = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224")
    known = done("1", Stage.BASELINE, 0.3, *lite, "phases.0.train=head")
    slow, quick = (
        known.model_copy(
            update={"tasks": (known.tasks[0].model_copy(update={"images_per_second": pace}),)}
        )
        for pace in (50.0, 200.0)
    )
    wider = apply_overrides(known.fit or BASE, ["phases.1.train=last_blocks:3", "rows=1"])
    costs = [estimate_seconds(wider, photographs(), [one]) for one in (slow, quick)]
    assert costs[0] is not None
    assert costs[1] is not None
    # All but the start scales with it.
    assert (costs[0] - 4) / (costs[1] - 4) == pytest.approx(4.0)


def compiled_before_it_trained() -> ExperimentRecord:
    """On a GPU, whose first epochs wait for the network to be compiled."""
    lite = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "rows=1")
    phases = ("phases.0.epochs=5", "phases.1.train=last_blocks:3", "phases.1.epochs=8")
    known = done(
        "1", Stage.OVERFIT, 0.3, *lite, "phases.0.train=head", *phases,
        environment={"device": "Tesla T4"},
    )  # fmt: skip
    lasted = (8.0, *(0.3,) * 4, 20.0, *(2.0,) * 7)
    task = known.tasks[0].model_copy(
        update={"epoch_seconds": lasted, "phase_starts": (0, 5), "seconds": sum(lasted) + 4}
    )
    return known.model_copy(update={"tasks": (task,), "seconds": task.seconds})


def test_what_is_compiled_once_a_phase_is_paid_once() -> None:
    known = compiled_before_it_trained()

    def cost(*overrides: str) -> float:
        spec = apply_overrides(known.fit or BASE, overrides)
        found = estimate_seconds(spec, photographs(), [known])
        assert found is not None
        return found

    once, steady = 7.7 + 18, 5 * 0.3 + 8 * 2
    assert cost() == pytest.approx(4 + once + steady)
    assert cost("phases.1.epochs=30") == pytest.approx(cost() + 22 * 2)
    assert cost("image_size=448") == pytest.approx(4 + once + 4 * steady)
    fewer = cost("rows=0.5")
    assert 4 + once < fewer < cost()


def test_folds_that_run_side_by_side_take_no_longer_than_one() -> None:
    alone = compiled_before_it_trained()
    shared = alone.model_copy(update={"environment": {"device": "Tesla T4", "slots": "2"}})

    def cost(record: ExperimentRecord, *overrides: str) -> float:
        spec = apply_overrides(alone.fit or BASE, overrides)
        found = estimate_seconds(spec, photographs(), [record])
        assert found is not None
        return found

    one = cost(alone)
    assert [cost(shared, f"folds={folds}") for folds in (1, 2, 3, 5)] == pytest.approx(
        [one, one, 2 * one, 3 * one]
    )
    wider = ("backbone=wide_cnn", "weights=none", "phases.0.train=all", "folds=4")
    assert cost(shared, *wider) == pytest.approx(cost(alone, *wider) / 2)


def test_what_another_device_took_is_not_believed() -> None:
    def ran(identifier: str, device: str, seconds: float, day: int) -> ExperimentRecord:
        return done(
            identifier, Stage.BASELINE, 0.3, seconds=seconds, environment={"device": device},
            finished=NOW.replace(day=day),
        )  # fmt: skip

    slow, fast = ran("1", "CPU, 2 cores", 400.0, 3), ran("2", "NVIDIA L4", 20.0, 4)
    # Stopped, and run to its end where there is no GPU.
    again = ran("1", "CPU, 2 cores", 400.0, 5)
    wider = apply_overrides(BASE, ["backbone=wide_cnn"])
    for spec in (BASE, wider):
        alone = estimate_seconds(spec, photographs(), [fast])
        assert estimate_seconds(spec, photographs(), [slow, fast]) == alone
        alone = estimate_seconds(spec, photographs(), [slow])
        assert estimate_seconds(spec, photographs(), [again, fast]) == alone


def test_what_frozen_layers_have_computed_is_not_paid_again() -> None:
    lite = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224")
    # 1,440 images at 60 a second are 24 s; five epochs took 20 of its 40.
    known = done("1", Stage.BASELINE, 0.3, *lite, "phases.0.train=head", seconds=40.0)
    known = known.model_copy(
        update={"tasks": (known.tasks[0].model_copy(update={"images_per_second": 60.0}),)}
    )

    def cost(*overrides: str) -> float:
        spec = apply_overrides(known.fit or BASE, ["phases.0.epochs=5", *overrides])
        found = estimate_seconds(spec, photographs(), [known])
        assert found is not None
        return found

    # A process' start, and epochs: the images are cached.
    assert cost() == pytest.approx(4 + 20)
    assert cost("folds=5") == pytest.approx(5 * 24)
    size = (448 / 224) ** 2
    assert cost("image_size=448") == pytest.approx(size * 24 + 24), "pooled features are as many"
    slow = known.model_copy(update={"tasks": (known.tasks[0],)})
    untold = slow.tasks[0].model_copy(update={"images_per_second": None})
    slow = slow.model_copy(update={"tasks": (untold,)})
    larger = apply_overrides(known.fit or BASE, ["phases.0.epochs=5", "image_size=448"])
    assert estimate_seconds(larger, photographs(), [slow]) == pytest.approx(4 + size * 36)
    unpooled = cost("image_size=448", "head.pooling=none")
    assert unpooled == pytest.approx(size * 24 + 4 + size * 20)
    views = ("augmentation=photo", "augmentation.bank=8", "phases.0.train=head")
    bank = known.model_copy(update={"spec": apply_overrides(known.fit or BASE, views)})

    def with_bank(*overrides: str) -> float:
        spec = apply_overrides(bank.fit or BASE, overrides)
        found = estimate_seconds(spec, photographs(), [known, bank])
        assert found is not None
        return found

    larger_views = [with_bank("image_size=448", f"views={views}") for views in (1, 2)]
    assert larger_views[1] > larger_views[0] + (size - 1) * 20, "the second view is computed"
    # Changed views are other ones with another seed, and of the test images there are none yet.
    assert with_bank("augmentation.bank=4") < with_bank()
    assert with_bank("seed=5") - with_bank() == pytest.approx(1.5 * 8 * 1000 / 60, rel=0.05)
    labelled = with_bank("stage=pseudo-label", "pseudo.source=1") - with_bank()
    assert labelled > 1.5 * 8 * 440 / 60
    # Other layers train, behind a cut of their own.
    deeper = cost("phases.0.train=last_blocks:1")
    assert deeper > 24


def test_either_family_tells_what_the_other_takes() -> None:
    """Measured on two cores: 800 rows of 64 px take 50 s, 18,000 frozen ones of 128 px 88 s."""
    lite = ("backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head")
    frozen = done("1", Stage.BASELINE, 0.2, *lite, "image_size=224")
    (task,) = frozen.tasks
    frozen = frozen.model_copy(
        update={"tasks": (task.model_copy(update={"images_per_second": 60.0}),)}
    )
    few, many = photographs(2000, test_images=1500), photographs(12_000, test_images=6000)
    (rival, _), (small, _) = (
        propose_specs(Stage.BASELINE, about, ())[0]
        for about in (
            photographs(2000, median_side=64, modes=(("L", 2000),)),
            photographs(12_000, median_side=40),
        )
    )
    cost = estimate_seconds(rival, few, [frozen])
    assert cost is not None
    assert 20 < cost < 100
    plain = done("1", Stage.BASELINE, 1.4, "backbone=plain_cnn", "image_size=40", seconds=100.0)
    cost = estimate_seconds(small, many, [plain])
    assert cost is not None
    assert 40 < cost < 200
