"""What the autopilot does next: decided by the notebook and the clock alone."""

from collections.abc import Sequence

import pytest

from engine.competition.findings import CompetitionSummary, Finding
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.autopilot import GROUP, last_blend, next_step
from engine.recipe.prescriptions import prescriptions
from engine.recipe.proposals import propose_specs
from engine.recipe.stages import climb
from engine.recipe.steps import Step
from tests.unit.recipe.made_up import blend, done, photographs

LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "rows=1")


def quick(record: ExperimentRecord) -> ExperimentRecord:
    """A head on features that are cached: most of its time is not its epochs'."""
    tasks = tuple(
        task.model_copy(update={"epoch_seconds": (0.1,) * 5, "images_per_second": 120.0})
        for task in record.tasks
    )
    return record.model_copy(update={"tasks": tasks})


FIRST = (
    quick(done("1", Stage.BASELINE, 0.2, *LITE, "rows=0.5", "phases.0.train=head")),
    quick(done("2", Stage.OVERFIT, 0.3, *LITE, "phases.0.train=head", train=0.001)),
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


def test_what_died_again_or_a_person_stopped_is_let_be() -> None:
    one = done("1", Stage.BASELINE, 0.5, *LITE)
    halted = one.model_copy(update={"group": GROUP, "status": Status.INTERRUPTED})
    about, records = photographs(), (halted,)
    ladder = climb(about, records, frozenset())
    assert next_step(ladder, about, records, 1200.0).kind == "resume"
    assert next_step(ladder, about, records, 1200.0, {"1"}).kind != "resume"


def test_what_fails_again_and_again_is_not_tried_for_ever() -> None:
    """While nothing is measured, the rows follow the time that is left: no two tries are alike."""
    failed = [
        done(number, Stage.BASELINE, 0.5, *network).model_copy(
            update={"status": Status.FAILED, "tasks": (), "scores": Scores()}
        )
        for number, network in (("1", LITE), ("2", ("backbone=plain_cnn",)))
    ]
    about = photographs(rows=50_000)
    ladder = climb(about, failed, frozenset())
    assert next_step(ladder, about, failed, 900.0, {"1"}).kind == "run"
    given_up = next_step(ladder, about, failed, 900.0, {"1", "2"})
    assert (given_up.kind, given_up.stage) == ("pass", Stage.BASELINE)
    assert given_up.reason.startswith("2 has failed")
    assert next_step(ladder, about, failed, 900.0).kind == "run", "on another day it is tried"


KILLED = ErrorReport(happened="The worker ended with signal 9.")


def killed(identifier: str, stage: Stage, *overrides: str) -> ExperimentRecord:
    """An experiment whose worker was killed, as where memory runs out."""
    changes = {"status": Status.INTERRUPTED, "tasks": (), "scores": Scores(), "error": KILLED}
    return done(identifier, stage, 0.5, *overrides, group=GROUP).model_copy(update=changes)


def test_what_is_killed_again_and_again_is_not_tried_for_ever() -> None:
    about = photographs(rows=50_000)
    records = [killed("1", Stage.BASELINE, *LITE), killed("2", Stage.BASELINE, "weights=none")]
    ladder = climb(about, records, frozenset())
    assert next_step(ladder, about, records, 900.0, {"1"}).kind == "resume", "it may be chance"
    given_up = next_step(ladder, about, records, 900.0, {"1", "2"})
    assert (given_up.kind, given_up.stage) == ("pass", Stage.BASELINE)
    assert "2 was interrupted, as what was tried before" in given_up.reason
    assert KILLED.happened in given_up.reason
    by_a_person = [
        one.model_copy(update={"status": Status.STOPPED, "error": None}) for one in records
    ]
    assert next_step(ladder, about, by_a_person, 900.0, {"1", "2"}).kind == "run"


def test_the_same_holds_for_what_is_widened_and_pseudo_labelled() -> None:
    members = (*FIRST, regularized("3", loss=0.1), regularized("4", Stage.WIDEN, 288, loss=0.12))
    records = (*members, blend("5", 0.09, ("3", "4")))
    dying = (killed("6", Stage.PSEUDO_LABEL, *FINE), killed("7", Stage.PSEUDO_LABEL, *FINE))
    about, passed = photographs(), frozenset({"regularize", "widen"})

    def after(*more: ExperimentRecord) -> Step:
        ladder = climb(about, (*records, *more), passed)
        return next_step(ladder, about, (*records, *more), 2000.0, {"6", "7"})

    assert (after(dying[0]).kind, after(dying[0]).stage) == ("run", Stage.PSEUDO_LABEL)
    assert after(*dying).kind == "pass"
    assert "7 was interrupted" in after(*dying).reason
    wide = next_step(climb(about, members, frozenset()), about, members, 36_000.0).specs[0][0]
    shape = (f"backbone={wide.backbone}", f"image_size={wide.image_size}", "weights=imagenet")
    dead = (*members, killed("8", Stage.WIDEN, *shape))
    other = next_step(climb(about, dead, frozenset()), about, dead, 36_000.0, {"8"})
    assert other.stage is Stage.WIDEN
    assert other.specs[0][0] != wide


def test_a_step_that_came_to_nothing_is_followed_by_the_next() -> None:
    about = photographs()
    ladder = climb(about, (), frozenset())
    first = next_step(ladder, about, (), 1200.0)
    second = next_step(ladder, about, (), 1200.0, refused=[first])
    assert (first.kind, second.kind) == ("run", "pass")


def test_images_marked_as_wrong_are_left_out_of_every_step() -> None:
    about, marked = photographs(), ("3", "Sedan, 4 doors/1.jpg")
    notebooks: list[tuple[ExperimentRecord, ...]] = [(), FIRST[:1], (*FIRST, regularized("3"))]
    for records in notebooks:
        ladder = climb(about, records, frozenset({"baseline", "overfit"}))
        found = next_step(ladder, about, records, 4000.0, left_out=marked)
        assert found.kind == "run"
        assert all(spec.leave_out == marked for spec, _ in found.specs), found


def test_it_begins_with_the_baseline() -> None:
    found = step(())
    assert (found.kind, found.stage) == ("run", Stage.BASELINE)
    assert found.specs[0][0] == propose_specs(Stage.BASELINE, photographs(), ())[0][0]


def test_nothing_measured_means_few_rows_of_a_large_set() -> None:
    found = step((), left=100.0, summary=photographs(rows=50_000))
    assert found.specs[0][0].rows == pytest.approx(0.01)


def test_a_second_baseline_is_of_the_other_family_and_the_better_one_goes_on() -> None:
    first = done("1", Stage.BASELINE, 0.5, *LITE, "rows=0.4", "phases.0.train=head", "seed=3")
    rival = step([first])
    assert (rival.kind, rival.stage) == ("run", Stage.BASELINE)
    ((spec, parent),) = rival.specs
    assert parent == "1", "they are compared row by row"
    assert (spec.weights, spec.rows, spec.seed, spec.image_size) == ("none", 0.4, 3, 64)
    for loss, weights in ((0.49, "imagenet"), (0.3, "none"), (0.6, "imagenet")):
        records = [first, done("2", Stage.BASELINE, loss, "backbone=plain_cnn", "rows=0.4")]
        found = step(records, passed=frozenset({"baseline"}))
        assert (found.stage, found.specs[0][0].weights) == (Stage.OVERFIT, weights), loss


def test_no_rival_where_it_costs_much_comes_late_or_can_see_nothing() -> None:
    first = done("1", Stage.BASELINE, 0.5, *LITE, "rows=0.5", "phases.0.train=head")
    passed = frozenset({"baseline"})
    assert step([first], left=20.0, passed=passed).stage is Stage.OVERFIT
    assert step(FIRST, passed=passed).stage is Stage.REGULARIZE
    tiny = photographs(median_side=8)
    plain = done("1", Stage.BASELINE, 0.5, "backbone=plain_cnn")
    assert step([plain], passed=passed, summary=tiny).stage is Stage.OVERFIT
    grey = photographs(median_side=28, modes=(("L", 1000),))
    small = step([plain], summary=grey).specs[0][0]
    assert (small.weights, small.image_size) == ("imagenet", 224)


def test_a_close_rival_widens_too() -> None:
    records = [
        done("1", Stage.BASELINE, 0.3, *LITE, "rows=0.5", "phases.0.train=head"),
        done("2", Stage.BASELINE, 0.35, "backbone=plain_cnn"),
        FIRST[1],
        regularized("3"),
    ]
    backbones = [spec.backbone for spec, _ in propose_specs(Stage.WIDEN, photographs(), records)]
    assert backbones[1] == "wide_cnn"
    # The rival is that of the network which is widened, whichever baseline was better.
    plain = ("backbone=wide_cnn", "image_size=96", "leave_out=7")
    own = [*records[:2], done("4", Stage.REGULARIZE, 0.1, *plain, folds=5)]
    wide = [spec for spec, _ in propose_specs(Stage.WIDEN, photographs(), own)]
    assert wide[1].weights == "imagenet"
    assert wide[1].leave_out == ("7",)
    far = [records[0], done("2", Stage.BASELINE, 0.45, "backbone=plain_cnn"), *records[2:]]
    backbones = [spec.backbone for spec, _ in propose_specs(Stage.WIDEN, photographs(), far)]
    assert "wide_cnn" not in backbones


def test_small_photographs_are_widened_over_networks_before_sizes() -> None:
    own = ("phases.0.train=head",)
    records = [
        done("2", Stage.OVERFIT, 0.3, *LITE, *own, train=0.001),
        done("3", Stage.REGULARIZE, 0.2, *LITE, *own, folds=5),
    ]
    others = [("efficientnet_lite1", 240), ("efficientnet_lite2", 260), ("efficientnet_lite0", 288)]
    wide = propose_specs(Stage.WIDEN, photographs(median_side=40), records)
    assert [(spec.backbone, spec.image_size) for spec, _ in wide][:3] == others
    single = [records[0], done("3", Stage.REGULARIZE, 0.2, *LITE, *own)]
    wide = propose_specs(Stage.WIDEN, photographs(median_side=40), single)
    assert (wide[0][0].backbone, wide[0][0].image_size) == ("efficientnet_lite0", 224)
    assert [(spec.backbone, spec.image_size) for spec, _ in wide][1:4] == others


def test_a_notebook_with_either_baseline_alone_gets_the_other() -> None:
    old = done("1", Stage.BASELINE, 0.5, "backbone=plain_cnn")
    for about in (photographs(), photographs(median_side=40)):
        found = step([old], summary=about)
        assert found.specs[0][0].weights == "imagenet"
        assert found.specs[0][0].phases[0].patience == 0, "the first did not stop in time"
    failed = done("1", Stage.BASELINE, 0.5, *LITE, "phases.0.train=head", status=Status.FAILED)
    failed = failed.model_copy(update={"tasks": ()})
    found = step([failed])
    assert (found.stage, found.specs[0][0].weights) == (Stage.BASELINE, "none")
    plain = old.model_copy(update={"id": "2"})
    found = step([failed, plain], passed=frozenset({"baseline"}))
    assert (found.stage, found.specs[0][0].weights) == (Stage.OVERFIT, "none")


def test_baselines_on_other_rows_are_not_compared() -> None:
    first = done("1", Stage.BASELINE, 0.5, *LITE, "rows=0.1", "phases.0.train=head")
    whole = done("2", Stage.BASELINE, 0.3, "backbone=plain_cnn", "rows=1")
    found = step([first, whole], passed=frozenset({"baseline"}))
    assert found.specs[0][0].weights == "imagenet"


def test_a_rival_is_no_second_try() -> None:
    first = done("1", Stage.BASELINE, 0.7, *LITE, "rows=0.5", "phases.0.train=head")
    task = first.tasks[0].model_copy(
        update={"history": {"log_loss": (0.7, 0.7, 0.7), "val_log_loss": (0.7, 0.7, 0.7)}}
    )
    first = first.model_copy(
        update={
            "tasks": (task,),
            "scores": first.scores.model_copy(update={"train_log_loss": 0.7}),
        }
    )
    rival = done("2", Stage.BASELINE, 0.71, "backbone=plain_cnn", status=Status.FAILED)
    rival = rival.model_copy(update={"tasks": ()})
    alone, both = (
        {move.specs[0][0].weights for move in prescriptions(first, photographs(), known)}
        for known in ([first], [first, rival])
    )
    assert (alone, both) == ({"imagenet", "none"}, {"imagenet"}), "it has been tried"
    found = step([first, rival])
    assert (found.kind, found.stage) == ("run", Stage.BASELINE), found.reason
    assert "nothing learned" in found.reason


def test_rows_are_not_given_up_where_they_cost_nothing() -> None:
    first = done("1", Stage.BASELINE, 0.3, *LITE, "rows=0.5", "phases.0.train=head", seconds=30.0)
    task = first.tasks[0].model_copy(update={"epoch_seconds": (0.01,) * 50})
    first = first.model_copy(update={"tasks": (task,)})
    few = photographs(60)
    found = step([first], 60.0, frozenset({"baseline"}), few)
    assert (found.stage, found.specs[0][0].rows) == (Stage.OVERFIT, 1.0)
    assert (found.seconds or 0) > 0.15 * 60, "it fits into no share of what is left"


def test_a_last_blend_is_made_once() -> None:
    known = (*FIRST, regularized("3"))
    last = last_blend(climb(photographs(), known), known)
    assert last is not None
    assert (last.kind, last.experiments) == ("blend", ("3",))
    blended = (*known, blend("4", 0.1, ("3",)))
    assert last_blend(climb(photographs(), blended), blended) is None
    # Its member has gone on since, and has done all of its folds now.
    halfway = (*known, blend("4", 0.1, ("3",), folds=3))
    again = last_blend(climb(photographs(), halfway), halfway)
    assert again is not None
    assert again.experiments == ("3",)
    assert again.reason.startswith("more folds are done")
    assert not last.reason.startswith("more folds are done")
    assert last_blend(climb(photographs(), FIRST), FIRST) is None


def test_a_blend_of_members_that_share_few_folds_is_not_repeated() -> None:
    def of_folds(record: ExperimentRecord, *folds: int) -> ExperimentRecord:
        tasks = tuple(task for task in record.tasks if task.fold in folds)
        return record.model_copy(update={"tasks": tasks})

    members = (
        of_folds(regularized("3"), 0, 1, 2),
        of_folds(regularized("4", Stage.WIDEN, 288), 1, 2, 3),
    )
    made = of_folds(blend("5", 0.1, ("3", "4")), 1, 2)
    known = (*FIRST, *members, made)
    assert last_blend(climb(photographs(), known), known) is None
    # Another fold that both have done makes it worth blending anew.
    more = (*FIRST, of_folds(regularized("3"), 1, 2, 3), members[1], made)
    again = last_blend(climb(photographs(), more), more)
    assert again is not None
    assert set(again.experiments) == {"3", "4"}


def test_odd_data_is_passed_and_told() -> None:
    odd = Finding(severity="warning", happened="a", expected="b", fix="c")
    found = step((), summary=photographs(findings=(odd,)))
    assert (found.kind, found.stage) == ("pass", Stage.DATA)
    assert "1 to look at" in found.reason


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


def test_a_gpu_has_time_for_the_strongest_networks() -> None:
    gpu = {"device": "NVIDIA GeForce RTX 4090"}
    head = ("phases.0.train=head", "augmentation=photo", "augmentation.bank=8")
    own = done("3", Stage.REGULARIZE, 0.15, *LITE, *head, folds=5)
    records = [one.model_copy(update={"environment": gpu}) for one in (*FIRST, own)]
    strong = ["convnext_tiny", "efficientnet_v2b0", "inception_v3"]

    def backbones(records: Sequence[ExperimentRecord]) -> list[str]:
        return [spec.backbone for spec, _ in propose_specs(Stage.WIDEN, photographs(), records)]

    assert backbones(records)[:3] == strong
    assert not {*strong, "xception", "resnet50"} & set(backbones((*FIRST, own)))


def test_those_that_fail_for_want_of_weights_leave_room_for_others() -> None:
    own = done("3", Stage.REGULARIZE, 0.15, *LITE, "phases.0.train=head", folds=5)
    names = ("convnext_tiny", "efficientnet_v2b0", "inception_v3", "xception", "resnet50", "vgg16")
    failed = [
        done(str(number), Stage.WIDEN, 0.1, *LITE, f"backbone={name}", status=Status.FAILED)
        for number, name in enumerate(names, start=4)
    ]
    found = step((*FIRST, own, *failed), 36_000.0, passed=frozenset({"regularize"}))
    assert (found.kind, found.stage) == ("run", Stage.WIDEN)
    assert found.specs[0][0].backbone not in names


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
    none = step(records, left=50.0, passed=passed)
    assert none.kind == "pass"
    assert found.seconds is not None
    assert none.reason == f"it needs about {found.seconds / 60:.0f} min, and 45 s is left for it"
    close = step(records, left=found.seconds * 1.1, passed=passed)
    assert close.reason.endswith(" min, a little more than is left for it")


def test_without_test_images_that_is_why_nothing_is_pseudo_labelled() -> None:
    found = step(
        (*FIRST, regularized("3", loss=0.1), blend("4", 0.09, ("3",))),
        2000.0,
        frozenset({"regularize", "widen", "ensemble"}),
        photographs(test_images=0),
    )
    told = "made up has no test images that could be labelled."
    assert (found.kind, found.stage, found.reason) == ("pass", Stage.PSEUDO_LABEL, told)


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


def test_weights_of_a_file_are_given_to_no_other_network() -> None:
    own = ("backbone=efficientnet_lite0", "image_size=224", "weights=/data/mine.weights.h5")
    best = done("3", Stage.REGULARIZE, 0.15, *own, "phases.0.train=head", folds=5)
    wide = [spec for spec, _ in propose_specs(Stage.WIDEN, photographs(), [*FIRST, best])]
    weights = {spec.backbone: spec.weights for spec in wide}
    assert weights["efficientnet_lite0"] == "/data/mine.weights.h5"
    assert weights["efficientnet_lite1"] == "imagenet"
    own = ("backbone=plain_cnn", "image_size=32", "weights=/data/mine.weights.h5")
    best = done("3", Stage.REGULARIZE, 0.15, *own, folds=5)
    wide = [spec for spec, _ in propose_specs(Stage.WIDEN, photographs(), [best])]
    assert {spec.weights for spec in wide if spec.backbone == "wide_cnn"} == {"none"}
