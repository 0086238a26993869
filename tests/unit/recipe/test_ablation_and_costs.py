"""Factors taken back one at a time; costs scaled from what was measured."""

import json
from collections.abc import Sequence
from random import Random
from statistics import stdev

import pytest

from engine.errors import UserError
from engine.experiment.compare import SeedNoise, Verdict, differing_fields, judged, judged_of_seeds
from engine.experiment.overrides import apply_overrides, swept
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.ablation import (
    ablated,
    ablation_group,
    ablation_runs,
    another_seed,
    plan_ablation,
    seed_noise,
    seeds,
)
from engine.recipe.costs import estimate_seconds
from engine.recipe.factors import reversals
from engine.recipe.labelling import labellers
from engine.recipe.proposals import propose_specs
from tests.functional.searched import wide_search
from tests.unit.recipe.made_up import NOW, blend, done, photographs

BASE = ExperimentSpec(stage=Stage.BASELINE)


def changed(*overrides: str) -> ExperimentSpec:
    return apply_overrides(BASE, overrides)


def test_each_factor_is_taken_back_alone() -> None:
    full = changed("head.dropout=0.5", "head.units=256", "augmentation=photo", "image_size=96")
    found = {factor: spec for (factor,), spec in reversals(full, BASE)[0]}
    assert set(found) == {"head.dropout", "head.units", "augmentation", "image_size"}
    for factor, spec in found.items():
        differing = [path for path, _ in differing_fields([full, spec])]
        assert all(path.startswith(factor) for path in differing), factor
        back = {path: values[1] for path, values in differing_fields([full, spec])}
        assert back, factor
    assert found["augmentation"].augmentation == BASE.augmentation


def test_fields_that_do_nothing_are_no_factors() -> None:
    def factors(mine: ExperimentSpec, theirs: ExperimentSpec) -> list[tuple[str, ...]]:
        return [factor for factor, _ in reversals(mine, theirs)[0]]

    linear = changed("head.layers=0")
    idle = changed("head.layers=0", "head.units=64", "loss.focal_gamma=3", "rows=0.6")
    assert factors(idle, linear) == [("rows",)]
    # What only one of them uses comes and goes with what turns it on.
    deep = changed("head.layers=2", "head.units=64", "head.activation=gelu", "head.dropout=0.5")
    head = ("head.layers", "head.units", "head.activation")
    assert factors(deep, linear) == [head, ("head.dropout",)]
    assert factors(linear, deep) == [head, ("head.dropout",)]
    focal = changed("loss.name=focal", "loss.focal_gamma=3")
    assert factors(focal, BASE) == [("loss.name", "loss.focal_gamma")]
    assert factors(focal, changed("loss.name=focal")) == [("loss.focal_gamma",)]
    slow = ["backbone=efficientnet_lite0", "weights=imagenet", "phases.0.depth_decay=0.5"]
    frozen = changed("phases.0.train=head", *slow[:2])
    assert factors(changed("phases.0.train=head", *slow), frozen) == []
    assert factors(changed("phases.0.train=all", *slow), frozen) == [
        ("phases.0.train", "phases.0.depth_decay")
    ]


def test_a_backbone_is_taken_back_with_its_weights_and_thawed() -> None:
    full = changed(
        "backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head",
        "phases.1.train=last_blocks:3", "head.units=64",
    )  # fmt: skip
    found, left_out = reversals(full, BASE)
    network = ("backbone", "weights", "phases.0.train", "phases.1.train")
    assert [factor for factor, _ in found] == [network, ("head.units",), ("phases",)]
    back = found[0][1]
    assert (back.backbone, back.weights) == ("plain_cnn", "none")
    assert [phase.train for phase in back.phases] == ["all", "all"]
    assert left_out == ()
    # The other way round nothing is frozen.
    assert next(factor for factor, _ in reversals(BASE, full)[0]) == ("backbone", "weights")


def test_what_can_not_be_taken_back_alone_is_told_with_the_reason() -> None:
    full = changed("augmentation=photo", "views=4", "head.dropout=0.5")
    found, left_out = reversals(full, BASE)
    assert [factor for factor, _ in found] == [("head.dropout",), ("views",)]
    ((factor, why),) = left_out
    assert factor == ("augmentation",)
    assert "4 views of an image that nothing changes are one" in why
    first = done("1", Stage.BASELINE, 0.3)
    second = done("2", Stage.BASELINE, 0.2, "augmentation=photo", "views=4", parent="1")
    assert plan_ablation([first, second], "2", None, 1).left_out[0][0] == "augmentation"


def test_phases_of_another_number_are_one_factor() -> None:
    full = changed("phases.1.epochs=3", "phases.0.epochs=4")
    assert [factor for factor, _ in reversals(full, BASE)[0]] == [("phases",)]


def test_seeds_differ_in_nothing_else() -> None:
    found = seeds(BASE, 3)
    assert [one.seed for one in found] == [1, 2]
    assert {one.model_copy(update={"seed": 0}) for one in found} == {BASE}


def test_an_ablation_is_planned_against_the_pinned_or_the_parent() -> None:
    first = done("1", Stage.BASELINE, 0.3)
    second = done("2", Stage.REGULARIZE, 0.2, "head.dropout=0.5", parent="1", folds=5)
    plan = plan_ablation([first, second], "2", None, 3)
    assert [(spec.seed, spec.folds, parent) for spec, parent in plan.proposals] == [
        (0, 5, "2"), (1, 5, "1"), (2, 5, "1"),
    ]  # fmt: skip
    with pytest.raises(UserError, match="no ablation"):
        plan_ablation([first, second], "1", None, 3)
    with pytest.raises(UserError, match="does not differ"):
        plan_ablation([first, done("3", Stage.BASELINE, 0.2)], "3", "1", 3)


def test_what_has_been_run_is_used_and_not_run_again() -> None:
    base = done("1", Stage.BASELINE, 0.3, folds=5)
    full = done("8", Stage.WIDEN, 0.2, "head.dropout=0.5", "image_size=48", parent="1", folds=5)
    # Made from another experiment, for another stage.
    wide = done("7", Stage.REGULARIZE, 0.25, "head.dropout=0.5", parent="3", folds=5)
    seeded = done("9", Stage.OVERFIT, 0.3, "seed=1", folds=5)
    others = (
        done("10", Stage.REGULARIZE, 0.2, "image_size=48"),
        done("11", Stage.REGULARIZE, 0.2, "image_size=48", folds=5, status=Status.STOPPED),
    )
    records = [base, wide, full, seeded, *others]
    plan = plan_ablation(records, "8", "1", 3)
    assert [(spec.image_size, spec.seed, parent) for spec, parent in plan.proposals] == [
        (48, 0, "8"), (base_size(base), 2, "1"),
    ]  # fmt: skip
    assert [(parent, run) for (_, parent), run in plan.done] == [("8", "7"), ("1", "9")]

    def told(*more: ExperimentRecord) -> list[list[str]]:
        return [[one.id for one in runs] for runs in ablated([*records, *more], "8", "1")]

    assert told() == [[], ["1", "9"]], "one of its factors has not been looked at"
    group = f"{ablation_group('8', '1')} 12"
    alone = done("12", Stage.WIDEN, 0.2, "image_size=48", parent="8", group=group, folds=5)
    seed = done("13", Stage.BASELINE, 0.2, "seed=2", parent="1", group=group, folds=5)
    assert told(alone, seed) == [["12", "7"], ["1", "13", "9"]]
    with pytest.raises(UserError, match="has been run: 7, 12, 9, 13") as refused:
        plan_ablation([*records, alone, seed], "8", "1", 3)
    assert "more seeds" in refused.value.fix


def test_what_has_lost_its_predictions_is_run_again() -> None:
    base = done("1", Stage.BASELINE, 0.3)
    seeded = done("2", Stage.BASELINE, 0.3, "seed=1")
    full = done("3", Stage.REGULARIZE, 0.2, "head.dropout=0.5", "head.units=256", parent="1")
    # Of the same spec twice; those of the newer one are gone.
    older, newer = (done(name, Stage.WIDEN, 0.25, "head.dropout=0.5") for name in "45")
    alone = done("6", Stage.WIDEN, 0.25, "head.units=256")
    records = [base, seeded, full, older, newer, alone]
    there = {"1", "3", "4"}

    def is_there(record: ExperimentRecord) -> bool:
        return record.id in there

    plan = plan_ablation(records, "3", "1", 2, is_there)
    (again,) = [spec for spec, _ in plan.proposals]
    assert again.model_copy(update={"stage": Stage.WIDEN}) == alone.fit
    assert [run for _, run in plan.done] == ["4", "2"], "a seed's scores are enough"

    def told(*more: ExperimentRecord) -> list[str]:
        return [one.id for one in ablated([*records, *more], "3", "1", is_there)[0]]

    assert told() == []
    group = f"{ablation_group('3', '1')} 7"
    run = done("7", Stage.REGULARIZE, 0.25, "head.units=256", parent="3", group=group)
    assert told(run) == ["7", "4"]
    there.remove("4")
    assert told(run) == ["7", "5"], "what was used is told of, with what it lacks"


def base_size(record: ExperimentRecord) -> int:
    assert record.fit is not None
    return record.fit.image_size


def baseline_of(records: Sequence[ExperimentRecord], experiment: str) -> str | None:
    """Whose seeds an ablation would run."""
    return plan_ablation(records, experiment, None, 2).proposals[-1][1]


def test_the_baseline_is_the_nearest_other_fit() -> None:
    first = done("1", Stage.REGULARIZE, 0.3)
    search = wide_search(2).model_copy(update={"parent": "1"})
    promoted = done("3", Stage.REGULARIZE, 0.2, "head.dropout=0.5", parent="2")
    known = [first, search, promoted]
    assert baseline_of(known, "3") == "1", "a promoted trial's parent is its search"
    pinned = promoted.model_copy(update={"pinned": True})
    assert baseline_of([first, search, pinned], "3") == "1", "nothing is its own baseline"
    mean = blend("4", 0.1, ("1", "3")).model_copy(update={"pinned": True})
    assert baseline_of([*known, mean], "3") == "1", "a blend has no factors"
    other = done("5", Stage.OVERFIT, 0.3, "head.units=64").model_copy(update={"pinned": True})
    assert baseline_of([*known, other], "3") == "5"
    # A notebook that was written by hand may go round in circles.
    with pytest.raises(UserError, match="no ablation"):
        baseline_of([search.model_copy(update={"parent": "3"}), promoted], "3")


def test_the_runs_of_an_ablation_are_found_by_their_group() -> None:
    group = f"{ablation_group('2', '1')} 3"
    runs = [done(name, Stage.REGULARIZE, 0.2, parent="2", group=group) for name in "34"]
    others = [done("5", Stage.REGULARIZE, 0.2, group=f"{ablation_group('22', '1')} 5")]
    assert ablation_runs([*runs, *others], "2") == tuple(runs)


# Without a seed of it, nothing told of the baseline that a group of before did not name.
@pytest.mark.parametrize(("seeds", "is_named"), [(1, True), (3, True), (3, False)])
def test_an_ablation_against_another_baseline_is_one_of_its_own(seeds: int, is_named: bool) -> None:
    def ran(first: int, baseline: str) -> tuple[ExperimentRecord, ...]:
        # Groups of before did not name it.
        group = f"{ablation_group('3', baseline) if is_named else 'ablation of 3,'} {first}"
        parents = ("3", *[baseline] * (seeds - 1))
        return tuple(
            done(str(first + place), Stage.REGULARIZE, 0.2, parent=parent, group=group)
            for place, parent in enumerate(parents)
        )

    first, second = ran(4, "2"), ran(7, "1")
    records = (*first, *second)
    assert ablation_runs(records, "3") == second
    assert ablation_runs(records, "3", "2") == first
    assert ablation_runs(records, "3", "9") == ()
    # One seed more is of the newest, too; not of what is pinned now.
    baselines = [done(name, Stage.REGULARIZE, 0.3) for name in "12"]
    baselines[1] = baselines[1].model_copy(update={"pinned": True})
    more = another_seed((*baselines, *records), "3")
    assert more is not None
    assert more[1:] == ("1", second[0].group)


def test_another_seed_is_one_that_no_earlier_run_had() -> None:
    base = done("1", Stage.BASELINE, 0.3)
    # Run for another stage, twice with the same seed; the last differs in more than its seed.
    earlier = [done(name, Stage.OVERFIT, 0.3, "seed=1") for name in "23"]
    other = done("4", Stage.OVERFIT, 0.3, "seed=8", "head.units=256")
    full = done("5", Stage.REGULARIZE, 0.2, "head.dropout=0.5", parent="1")
    group = f"{ablation_group('5', '1')} 6"
    seed = done("6", Stage.BASELINE, 0.3, "seed=2", parent="1", group=group)
    later = done("7", Stage.OVERFIT, 0.3, "seed=3")
    records = [base, *earlier, other, full, seed, later]
    assert [one.id for one in ablated(records, "5")[1]] == ["1", "6", "2", "7"]
    more = another_seed(records, "5")
    assert more is not None
    assert more[0].seed == 4


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


def test_only_what_has_predicted_in_all_folds_can_label() -> None:
    records = [
        done("1", Stage.REGULARIZE, 0.2, folds=5),
        done("2", Stage.REGULARIZE, 0.1, folds=2),
        done("3", Stage.WIDEN, 0.15, folds=5),
    ]
    assert [one.id for one in labellers(records, 5)] == ["3", "1"]
    assert [one.id for one in labellers(records, 1)] == ["2", "3", "1"]


def test_several_values_are_swept() -> None:
    assert swept(["a=1"]) == [["a=1"]]
    assert swept(["a=1,2", "b=x", "c=3,4"]) == [
        ["a=1", "b=x", "c=3"], ["a=1", "b=x", "c=4"], ["a=2", "b=x", "c=3"], ["a=2", "b=x", "c=4"],
    ]  # fmt: skip
    assert swept(["leave_out=7,8"]) == [["leave_out=7,8"]]
    assert apply_overrides(BASE, ["leave_out=7, 8"]).leave_out == ("7", "8")
    assert apply_overrides(BASE, ["leave_out=4e2"]).leave_out == ("4e2",), "an id is no number"
    odd = ("Sedan, 4 doors/1.jpg", " x/1.png")
    assert apply_overrides(BASE, [f"leave_out={json.dumps(odd)}"]).leave_out == odd
    assert apply_overrides(BASE, ["pseudo.source=7"]).pseudo.source == "7"


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
