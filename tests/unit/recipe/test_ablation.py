"""Which runs an ablation queues, and which it finds done."""

from collections.abc import Sequence

import pytest

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.ablation import (
    ablated,
    ablation_group,
    ablation_runs,
    another_seed,
    plan_ablation,
)
from tests.functional.searched import wide_search
from tests.unit.recipe.made_up import blend, done

BASE = ExperimentSpec(stage=Stage.BASELINE)


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
