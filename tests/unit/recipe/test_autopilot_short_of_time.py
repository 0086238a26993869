"""What the autopilot gives up where the budget is small, and what it never does."""

import pytest

from engine.experiment.spec import ExperimentSpec, Stage
from tests.unit.recipe.made_up import done, photographs
from tests.unit.recipe.walking import FINE, FIRST, LITE, regularized, step


def test_nothing_measured_means_few_rows_of_a_large_set() -> None:
    found = step((), left=100.0, summary=photographs(rows=50_000))
    assert found.specs[0][0].rows == pytest.approx(0.01)


def test_rows_are_not_given_up_where_they_cost_nothing() -> None:
    first = done("1", Stage.BASELINE, 0.3, *LITE, "rows=0.5", "phases.0.train=head", seconds=30.0)
    task = first.tasks[0].model_copy(update={"epoch_seconds": (0.01,) * 50})
    first = first.model_copy(update={"tasks": (task,)})
    few = photographs(60)
    found = step([first], 60.0, frozenset({"baseline"}), few)
    assert (found.stage, found.specs[0][0].rows) == (Stage.OVERFIT, 1.0)
    assert (found.seconds or 0) > 0.15 * 60, "it fits into no share of what is left"


def test_regularize_runs_on_all_folds_and_is_cut_to_the_budget() -> None:
    whole = step(FIRST, left=36_000.0)
    assert (whole.stage, whole.specs[0][0].folds) == (Stage.REGULARIZE, 5)
    assert whole.specs[0][0].phases[-1].train == "last_blocks:3"
    short = step(FIRST, left=30.0)
    assert short.seconds is not None
    assert whole.seconds is not None
    assert short.seconds < whole.seconds
    assert short.specs[0][0].folds < 5


@pytest.mark.parametrize(
    ("left", "size", "trained"),
    [
        (700.0, 288, "last_blocks:3"),
        (450.0, 224, "last_blocks:3"),
        (150.0, 224, "head"),
        # More than its share of what is left, rather than fewer folds.
        (42.0, 224, "head"),
    ],
)
def test_short_of_time_all_folds_are_kept_and_less_is_trained(
    left: float, size: int, trained: str
) -> None:
    spec = step(FIRST, left=left).specs[0][0]
    assert (spec.folds, spec.image_size, spec.phases[-1].train) == (5, size, trained)
    assert spec.loss.label_smoothing == (0.0 if trained == "head" else 0.05)
    # They bring a head alone nothing.
    assert spec.augmentation.bank == (0 if trained == "head" else 8)


def test_views_are_given_up_before_folds_where_many_images_must_be_seen() -> None:
    tasks = [
        one.tasks[0].model_copy(update={"images_per_second": 60.0, "epoch_seconds": (0.2,) * 5})
        for one in FIRST
    ]
    slow = tuple(
        one.model_copy(update={"tasks": (task,)}) for one, task in zip(FIRST, tasks, strict=True)
    )
    found = step(slow, left=100.0, summary=photographs(4000))
    spec = found.specs[0][0]
    assert (spec.folds, spec.phases[-1].train) == (5, "head")
    assert not spec.augmentation.is_active
    assert found.seconds is not None
    assert found.seconds < 100


def test_short_of_time_another_resolution_stays_another() -> None:
    records = (*FIRST, regularized("3"))
    spec = step(records, left=120.0, passed=frozenset({"regularize"})).specs[0][0]
    assert spec.stage is Stage.WIDEN
    assert (spec.backbone, spec.image_size) != ("efficientnet_lite0", 224)
    assert spec.phases[-1].train == "head"


def test_where_a_head_with_views_is_widened_they_are_given_up_before_the_member() -> None:
    head = (*LITE, "phases.0.train=head", "augmentation=photo", "augmentation.bank=8")
    slow = [one.model_copy(update={"images_per_second": 60.0}) for one in FIRST[0].tasks]
    records = (
        FIRST[0].model_copy(update={"tasks": tuple(slow)}),
        FIRST[1],
        done("3", Stage.REGULARIZE, 0.15, *head, folds=5),
    )
    found = [
        step(records, left=float(left), passed=frozenset({"regularize"}))
        for left in range(40, 800, 20)
    ]
    wide = [one.specs[0][0] for one in found if one.kind == "run" and one.stage is Stage.WIDEN]
    views = [spec.augmentation.bank for spec in wide]
    assert views == sorted(views), "the more time the more views"
    assert set(views) == {0, 8}


def test_short_of_time_what_predicts_from_views_is_widened_without_them() -> None:
    """Several views of an image that nothing changes are no spec, and ended the autopilot."""
    champion = done("3", Stage.REGULARIZE, 0.15, *FINE, "views=4", folds=5, seconds=300.0)
    passed = frozenset({Stage.DATA, Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE})
    for left in (36000.0, 5000.0, 2000.0, 900.0, 400.0, 100.0):
        taken = step([*FIRST, champion], left, passed)
        for spec, _ in taken.specs:
            assert ExperimentSpec.model_validate(spec.model_dump()) == spec
            assert spec.views == (4 if spec.augmentation.is_active else 1)


def test_hundreds_of_thousands_of_small_pictures_are_shown_smaller() -> None:
    def first(side: int, rows: int, test: int) -> int:
        many = photographs(rows, median_side=side, test_images=test)
        return step([], summary=many).specs[0][0].image_size

    assert first(32, 50_000, 10_000) == 224
    # CIFAR-10 as Kaggle has it: 53 GB at 224 pixels.
    assert first(32, 50_000, 300_000) == 128
    assert first(32, 50_000, 3_000_000) == 96
    assert first(320, 50_000, 300_000) == 224
