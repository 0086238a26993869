"""What the autopilot does where runs fail, die, or are stopped."""

from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from engine.recipe.autopilot import next_step
from engine.recipe.stages import climb
from engine.recipe.steps import GROUP, Step
from tests.unit.recipe.made_up import blend, done, photographs
from tests.unit.recipe.walking import FINE, FIRST, LITE, regularized, step


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


def test_what_was_stopped_is_gone_on_with_first() -> None:
    halted = regularized("3").model_copy(update={"status": Status.STOPPED, "group": GROUP})
    found = step((*FIRST, halted))
    assert (found.kind, found.experiments) == ("resume", ("3",))
    others = halted.model_copy(update={"group": None})
    assert step((*FIRST, others)).kind == "run", "what a person stopped stays stopped"


def test_baselines_that_a_person_has_tried_are_no_tries_of_the_recipes_own() -> None:
    by_hand = [
        done(number, Stage.BASELINE, 0.7, *network, "phases.0.learning_rate=0.2", train=0.6)
        for number, network in (("2", (*LITE, "rows=0.5")), ("3", ("backbone=plain_cnn",)))
    ]
    found = step(by_hand)
    assert (found.kind, found.stage) == ("run", Stage.BASELINE)
    ((spec, _),) = found.specs
    again = by_hand[0].model_copy(update={"id": "4", "spec": spec})
    assert step([*by_hand, again]).specs != found.specs
    tried = by_hand[0].model_copy(update={"id": "4", "group": GROUP})
    assert step([*by_hand, tried]).specs != found.specs
