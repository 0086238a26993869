"""What the autopilot does next: decided by the notebook and the clock alone."""

from collections.abc import Sequence

from engine.competition.findings import Finding
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.autopilot import last_blend, next_step
from engine.recipe.proposals import propose_specs
from engine.recipe.stages import climb
from tests.unit.recipe.made_up import blend, done, photographs
from tests.unit.recipe.walking import FINE, FIRST, LITE, regularized, step


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


def test_what_was_tried_on_a_part_of_the_rows_is_run_on_all_of_them() -> None:
    quick_tries = [
        done(
            number, Stage.REGULARIZE, 0.39, *FINE, "rows=0.4", "image_size=96", "phases.1.epochs=2"
        )
        for number in ("3", "4")
    ]
    found = step([*FIRST, *quick_tries])
    ((spec, _),) = found.specs
    assert (found.stage, spec.rows, spec.folds) == (Stage.REGULARIZE, 1.0, 5)
    begun = done("5", Stage.REGULARIZE, 0.35, *FINE, folds=5)
    after = step([*FIRST, *quick_tries, begun])
    assert (after.stage, after.kind) != (Stage.REGULARIZE, "run"), "once is enough"


def test_few_rows_that_were_not_learnt_by_heart_are_not_followed_by_more() -> None:
    poor = done("2", Stage.OVERFIT, 0.3, *LITE, "rows=0.25", "phases.0.train=head", train=0.2)
    again = done("3", Stage.OVERFIT, 0.3, *LITE, "rows=0.25", "phases.0.train=head", train=0.19)
    assert step([FIRST[0], poor, again]).kind == "pass"


def test_what_follows_a_try_on_a_part_of_the_rows_is_on_all_of_them() -> None:
    tried = [*FIRST, done("3", Stage.REGULARIZE, 0.1, *FINE, "rows=0.4")]
    for stage in (Stage.WIDEN, Stage.PSEUDO_LABEL):
        for spec, _ in propose_specs(stage, photographs(), tried):
            assert spec.rows == 1, stage
