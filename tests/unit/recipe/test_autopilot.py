"""What the autopilot does next: decided by the notebook and the clock alone."""

from collections.abc import Sequence

import pytest

from engine.competition.findings import CompetitionSummary, Finding
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.autopilot import GROUP, Step, next_step
from engine.recipe.proposals import propose_specs
from engine.recipe.stages import climb
from tests.unit.recipe.made_up import blend, done, photographs

LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "rows=1")
FIRST = (
    done("1", Stage.BASELINE, 0.2, *LITE, "rows=0.5", "phases.0.train=head"),
    done("2", Stage.OVERFIT, 0.3, *LITE, "phases.0.train=head", train=0.001),
)
FINE = (
    *LITE,
    "phases.0.train=head",
    "phases.1.train=last_blocks:3",
    "augmentation=photo",
    "augmentation.bank=8",
)


def regularized(
    identifier: str, stage: Stage = Stage.REGULARIZE, size: int = 224, loss: float = 0.15
) -> ExperimentRecord:
    fine = (*FINE, f"image_size={size}")
    return done(identifier, stage, loss, *fine, folds=5, seconds=60.0)


def step(
    records: Sequence[ExperimentRecord],
    left: float = 1200.0,
    passed: frozenset[str] = frozenset(),
    summary: CompetitionSummary | None = None,
) -> Step:
    about = summary or photographs()
    return next_step(climb(about, records, passed), about, records, left)


def test_it_begins_with_the_baseline() -> None:
    found = step(())
    assert (found.kind, found.stage) == ("run", Stage.BASELINE)
    assert found.specs[0][0] == propose_specs(Stage.BASELINE, photographs(), ())[0][0]


def test_nothing_measured_means_few_rows_of_a_large_set() -> None:
    found = step((), left=100.0, summary=photographs(rows=50_000))
    assert found.specs[0][0].rows == pytest.approx(0.01)


def test_odd_data_is_passed_and_told() -> None:
    odd = Finding(severity="warning", happened="a", expected="b", fix="c")
    found = step((), summary=photographs(findings=(odd,)))
    assert (found.kind, found.stage) == ("pass", Stage.DATA)
    assert "1 to look at" in found.reason


def test_regularize_runs_on_all_folds_and_is_cut_to_the_budget() -> None:
    whole = step(FIRST, left=36_000.0)
    assert (whole.stage, whole.specs[0][0].folds) == (Stage.REGULARIZE, 5)
    assert whole.specs[0][0].phases[-1].train == "last_blocks:3"
    short = step(FIRST, left=45.0)
    assert short.seconds is not None
    assert whole.seconds is not None
    assert short.seconds < whole.seconds
    assert short.specs[0][0].folds < 5


@pytest.mark.parametrize(
    ("left", "size", "trained"),
    [
        (600.0, 288, "last_blocks:3"),
        (300.0, 224, "last_blocks:3"),
        (200.0, 224, "last_blocks:1"),
        (100.0, 224, "head"),
        # More than its share of what is left, rather than fewer folds.
        (65.0, 224, "head"),
    ],
)
def test_short_of_time_all_folds_are_kept_and_less_is_trained(
    left: float, size: int, trained: str
) -> None:
    spec = step(FIRST, left=left).specs[0][0]
    assert (spec.folds, spec.image_size, spec.phases[-1].train) == (5, size, trained)
    assert spec.loss.label_smoothing == (0.0 if trained == "head" else 0.05)


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
    spec = step(records, left=100.0, passed=frozenset({"regularize"})).specs[0][0]
    assert spec.stage is Stage.WIDEN
    assert (spec.image_size, spec.phases[-1].train) == (288, "head")


def test_it_widens_while_that_fits_and_then_blends() -> None:
    records = (*FIRST, regularized("3"))
    wide = step(records, left=36_000.0)
    assert (wide.kind, wide.stage) == ("run", Stage.WIDEN)
    assert wide.specs[0][0].image_size != 224 or wide.specs[0][0].backbone != "efficientnet_lite0"
    none = step(records, left=50.0, passed=frozenset({"regularize"}))
    assert (none.kind, none.stage) == ("pass", Stage.WIDEN)
    two = (*records, regularized("4", Stage.WIDEN, 288))
    found = step(two, left=50.0, passed=frozenset({"regularize", "widen"}))
    assert (found.kind, set(found.experiments)) == ("blend", {"3", "4"})


def test_members_that_do_not_help_are_dropped() -> None:
    records = (
        *FIRST,
        regularized("3"),
        regularized("4", Stage.WIDEN, 288),
        regularized("5", Stage.WIDEN, 320),
        blend("6", 0.15, ("3", "4", "5"), (0.01, 0.01, -0.01), gain=(0.0, 0.01)),
    )
    found = step(records, left=50.0, passed=frozenset({"regularize", "widen"}))
    assert (found.kind, set(found.experiments)) == ("blend", {"3", "4"})


def test_pseudo_labels_come_from_the_best_predictions_while_there_is_time() -> None:
    records = (
        *FIRST,
        regularized("3", loss=0.1),
        regularized("4", Stage.WIDEN, 288, loss=0.12),
        blend("5", 0.09, ("3", "4")),
    )
    passed = frozenset({"regularize", "widen"})
    found = step(records, left=2000.0, passed=passed)
    assert (found.kind, found.stage) == ("run", Stage.PSEUDO_LABEL)
    assert found.specs[0][0].pseudo.source == "5"
    assert found.specs[0][1] == "3"
    assert step(records, left=50.0, passed=passed).kind == "pass"


def test_what_was_stopped_is_gone_on_with_first() -> None:
    halted = regularized("3").model_copy(update={"status": Status.STOPPED, "group": GROUP})
    found = step((*FIRST, halted))
    assert (found.kind, found.experiments) == ("resume", ("3",))
    others = halted.model_copy(update={"group": None})
    assert step((*FIRST, others)).kind == "run", "what a person stopped stays stopped"


def test_a_shut_gate_is_tried_again_once_and_passed() -> None:
    shut = done("2", Stage.OVERFIT, 0.4, *LITE, "phases.0.train=head", train=0.2)
    again = step((FIRST[0], shut), left=360_000.0)
    assert (again.kind, again.stage) == ("pass", Stage.OVERFIT), "no curve, no diagnosis"
    second = done("3", Stage.OVERFIT, 0.4, *LITE, "phases.0.train=head", train=0.1)
    assert step((FIRST[0], shut, second)).kind == "pass"


def test_it_ends() -> None:
    everything = frozenset(str(stage) for stage in Stage)
    found = step((*FIRST, regularized("3"), blend("4", 0.1, ("3",))), 10.0, everything)
    assert found.kind == "done"
