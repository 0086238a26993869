"""A cheap head that opens the gate of regularize does not hide what tuning its backbone gains."""

import pytest

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.autopilot import next_step
from engine.recipe.deepening import deepening
from engine.recipe.moves import Move
from engine.recipe.proposals import propose_specs
from engine.recipe.stages import climb
from engine.recipe.steps import Step
from tests.unit.recipe.made_up import blend, done, photographs

ABOUT = photographs()
LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "rows=1")
HEAD = (*LITE, "phases.0.train=head")
BEFORE = (
    done("1", Stage.BASELINE, 0.3, *HEAD, "rows=0.5"),
    done("2", Stage.OVERFIT, 0.3, *HEAD, train=0.001),
)
GAIN = {"parent_gain": 0.1, "parent_gain_error": 0.01}
CHEAP = done("3", Stage.REGULARIZE, 0.2, *HEAD, "head.dropout=0.5", folds=5, scores=GAIN)


def moves(*records: ExperimentRecord) -> tuple[Move, ...]:
    return next_moves(climb(ABOUT, records, frozenset()), ABOUT, records)


def step(*records: ExperimentRecord, left: float = 3600.0) -> Step:
    return next_step(climb(ABOUT, records, frozenset()), ABOUT, records, left)


def test_it_is_the_first_move_and_over_the_heads_folds() -> None:
    deeper, wider, *_ = moves(*BEFORE, CHEAP)
    ((spec, parent),) = deeper.specs
    assert (deeper.stage, wider.stage) == (Stage.REGULARIZE, Stage.WIDEN)
    assert "heads alone" in deeper.reason
    assert spec.phases[-1].train == "last_blocks:3"
    assert (spec.folds, parent) == (5, "2")
    assert deeper.seconds is not None


def test_the_autopilot_takes_it_where_there_is_time() -> None:
    found = step(*BEFORE, CHEAP)
    assert (found.kind, found.stage) == ("run", Stage.REGULARIZE)
    assert not found.specs[0][0].trains_head_alone
    assert step(*BEFORE, CHEAP, left=0.5 * (found.seconds or 0.0)).stage is not Stage.REGULARIZE


def test_where_little_time_is_left_it_tunes_for_shorter() -> None:
    whole = step(*BEFORE, CHEAP)
    shorter = step(*BEFORE, CHEAP, left=1.2 * (whole.seconds or 0.0))
    specs = [one.specs[0][0] for one in (whole, shorter)]
    assert [spec.phases[-1].train for spec in specs] == ["last_blocks:3"] * 2
    assert specs[1].phases[-1].epochs < specs[0].phases[-1].epochs


def ended(status: Status, *overrides: str) -> ExperimentRecord:
    """More than a head, that was begun and came to nothing."""
    deeper = deepening(ABOUT, [*BEFORE, CHEAP])
    assert deeper is not None
    spec = apply_overrides(deeper[0], overrides)
    left = {"spec": spec, "status": status, "scores": Scores(), "tasks": ()}
    return done("4", Stage.REGULARIZE, 0.25, folds=5).model_copy(update=left)


def test_once_is_enough() -> None:
    tuned = done("4", Stage.REGULARIZE, 0.25, *HEAD, "phases.1.train=last_blocks:1", folds=5)
    shorter = ended(Status.FAILED, "phases.1.epochs=2")
    for after in (tuned, ended(Status.FAILED), shorter, ended(Status.QUEUED)):
        assert deepening(ABOUT, [*BEFORE, CHEAP, after]) is None, after.status


@pytest.mark.parametrize("status", [Status.STOPPED, Status.INTERRUPTED])
def test_what_was_stopped_is_gone_on_with(status: Status) -> None:
    resume, wider, *_ = moves(*BEFORE, CHEAP, ended(status))
    assert (resume.kind, resume.members) == ("resume", ("4",))
    assert wider.stage is Stage.WIDEN
    other = moves(*BEFORE, CHEAP, ended(status, "phases.1.learning_rate=1e-5"))[0]
    assert (other.kind, other.title) == ("run", "tune the backbone as well")
    assert step(*BEFORE, CHEAP, ended(status)).stage is Stage.WIDEN, "a person has stopped it"


def test_heads_on_other_backbones_do_not_hide_it() -> None:
    lite1 = "backbone=efficientnet_lite1"
    better = done("4", Stage.WIDEN, 0.15, *HEAD, lite1, "head.dropout=0.5", folds=5)
    rival = done("5", Stage.WIDEN, 0.4, "backbone=wide_cnn", "rows=1", folds=5)
    found = deepening(ABOUT, [*BEFORE, CHEAP, better, rival])
    assert found is not None
    assert (found[0].backbone, found[0].folds) == ("efficientnet_lite0", 5)


def test_heads_on_every_size_do_not_hide_it() -> None:
    """They open the gate of widen, behind which it is what no blend could do."""
    sizes = [
        done(number, Stage.WIDEN, 0.21, *HEAD, f"image_size={size}", "head.dropout=0.5", folds=5)
        for number, size in (("4", 288), ("5", 320))
    ]
    members = (CHEAP, *sizes)
    poor = blend("6", 0.2, ("3", "4", "5"), gain=(0.0, 0.01))
    assert moves(*BEFORE, *members)[0].kind == "blend"
    deeper, wider, *_ = moves(*BEFORE, *members, poor)
    assert (deeper.title, wider.stage) == ("tune the backbone as well", Stage.WIDEN)
    good = blend("6", 0.15, ("3", "4", "5"), gain=(0.05, 0.01))
    behind = climb(ABOUT, [*BEFORE, *members, good], frozenset({Stage.PSEUDO_LABEL}))
    export, deeper = next_moves(behind, ABOUT, [*BEFORE, *members, good])
    assert (export.kind, deeper.stage) == ("export", Stage.REGULARIZE)


def test_other_networks_are_left_as_they_are() -> None:
    tuned = done("3", Stage.REGULARIZE, 0.2, *HEAD, "phases.1.train=last_blocks:1", folds=5)
    plain = done("4", Stage.REGULARIZE, 0.1, "backbone=plain_cnn", "rows=1", folds=5)
    for regularized in (tuned, plain):
        assert deepening(ABOUT, [*BEFORE, regularized]) is None
        assert propose_specs(Stage.WIDEN, ABOUT, [*BEFORE, regularized])
    assert deepening(ABOUT, BEFORE) is None
