"""Plain and pretrained networks: which of them the autopilot goes on with."""

from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.recipe.prescriptions import prescriptions
from engine.recipe.proposals import propose_specs
from engine.recipe.steps import GROUP
from tests.unit.recipe.made_up import done, photographs
from tests.unit.recipe.walking import FIRST, LITE, regularized, step


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
            "group": GROUP,
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
