"""Pseudo-labels are judged by blends with and without them: whichever is missing is asked for."""

import pytest

from engine.blending.methods import Method
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.autopilot import next_step
from engine.recipe.choosing import members_of
from engine.recipe.moves import Move
from engine.recipe.stages import LADDER, GateState, Rung, climb
from engine.recipe.steps import Step
from tests.unit.recipe.made_up import blend, done, photographs

ABOUT = photographs()
PASSED = frozenset(map(str, LADDER[: LADDER.index(Stage.PSEUDO_LABEL)]))
A = done("5", Stage.WIDEN, 0.808, folds=5)
B = done("6", Stage.WIDEN, 0.79, "image_size=96", folds=5)


def labelled(gain: float, folds: int = 5) -> ExperimentRecord:
    """A run on labels that others predicted, beside its parent."""
    scores = {"parent_gain": gain, "parent_gain_error": 0.001}
    overrides = ("pseudo.source=5", "image_size=64")
    return done("10", Stage.PSEUDO_LABEL, 0.777, *overrides, folds=folds, parent="5", scores=scores)


BETTER = labelled(0.031)


def rung(*records: ExperimentRecord) -> Rung:
    ladder = climb(ABOUT, records, PASSED)
    return next(one for one in ladder if one.stage is Stage.PSEUDO_LABEL)


def moves(*records: ExperimentRecord, there: str = "all") -> tuple[Move, ...]:
    ladder = climb(ABOUT, records, PASSED)
    return next_moves(
        ladder, ABOUT, records, (), lambda one: there == "all" or one.id in there.split()
    )


def step(*records: ExperimentRecord, refused: tuple[Step, ...] = ()) -> Step:
    return next_step(climb(ABOUT, records, PASSED), ABOUT, records, 60.0, refused=refused)


def by_rank(record: ExperimentRecord) -> ExperimentRecord:
    """The same blend of ranks, which has no log-loss."""
    members = record.spec.members if isinstance(record.spec, EnsembleSpec) else ()
    spec = EnsembleSpec(members=members, method=Method.RANK)
    scores = record.scores.model_copy(update={"val_log_loss": None, "val_metric": 0.9})
    return record.model_copy(update={"spec": spec, "scores": scores})


def test_a_blend_without_the_run_is_asked_for_where_there_is_none() -> None:
    records = (A, B, BETTER, blend("13", 0.718, ("10", "6", "5")))
    found = rung(*records)
    assert found.state is GateState.SHUT
    assert found.reading == "0.777 vs 0.808 of 5, noise 0.002: better; not blended without it"
    first, passing = moves(*records)
    assert (first.kind, first.members, passing.kind) == ("blend", ("6", "5"), "pass")
    assert first.title == "blend 2 experiments without 10"
    taken = step(*records)
    assert (taken.kind, taken.stage, taken.experiments) == ("blend", Stage.ENSEMBLE, ("6", "5"))
    assert "without it" in taken.reason
    opened = rung(*records, blend("14", 0.76, ("6", "5")))
    assert (opened.state, opened.reading) == (
        GateState.OPEN,
        "blend 0.718 vs 0.760 of 14, noise 0.028: better",
    )


def test_of_two_members_the_other_one_stands_alone() -> None:
    records = (A, BETTER, blend("13", 0.718, ("10", "5")))
    first = moves(*records)[0]
    assert (first.title, first.members) == ("blend 5 alone without 10", ("5",))
    assert step(*records).experiments == ("5",)
    # One that was tempered alone is held against what it was made from.
    lone = blend("13", 0.718, ("10",))
    assert ("5",) in [one.members for one in moves(A, BETTER, lone)]


def test_a_blend_with_the_run_is_asked_for_where_that_of_all_has_it_not() -> None:
    short = labelled(0.031, folds=1)
    records = (A, B, short, blend("13", 0.75, ("6", "5")))
    assert rung(*records).reading.endswith("better; not blended yet")
    first = moves(*records)[0]
    assert (first.title, first.members) == ("blend 2 experiments with 10", ("6", "5", "10"))
    assert step(*records).experiments == ("6", "5", "10")
    # That of all has it, and is proposed once.
    whole = [one for one in moves(A, B, BETTER, records[-1]) if one.kind == "blend"]
    assert [one.title for one in whole] == ["blend 3 experiments"]


def test_without_any_blend_the_run_is_not_blended_yet() -> None:
    assert rung(A, B, BETTER).reading == "0.777 vs 0.808 of 5, noise 0.002: better; not blended yet"
    assert moves(A, B, BETTER)[0].title == "blend 3 experiments"


def test_a_blend_of_what_is_gone_is_not_asked_for() -> None:
    records = (A, B, BETTER, blend("13", 0.718, ("10", "6", "5")))
    assert ("6", "5") not in [one.members for one in moves(*records, there="5 10")]


@pytest.mark.parametrize("gain", [0.031, 0.0])
def test_what_no_blend_decides_is_not_rejected(gain: float) -> None:
    records = (A, B, labelled(gain), blend("13", 0.718, ("10", "6", "5")))
    passed = step(*records, refused=(step(*records),))
    assert passed.kind == "pass"
    assert passed.reason.startswith("undecided: 0.777 vs")
    ranks = by_rank(blend("14", 0.7, ("6", "5")))
    assert rung(*records, ranks).reading.endswith("; only ranks blended")
    assert step(*records, ranks).reason.startswith("undecided: ")
    assert [one.kind for one in moves(*records, ranks)] == ["pass"]


def test_what_is_worse_is_rejected_without_a_blend() -> None:
    records = (A, B, labelled(-0.031), blend("13", 0.718, ("10", "6", "5")))
    # The others are blended without it, whatever has been blended with it.
    assert [one.members for one in moves(*records)] == [("6", "5"), ()]
    assert step(*records).experiments == ("6", "5")
    without = blend("14", 0.7, ("6", "5"))
    assert [one.kind for one in moves(*records, without)] == ["pass"]
    found = step(*records, without)
    assert found.reason == "rejected: 0.777 vs 0.746 of 5, noise 0.002: worse"


def test_what_is_rejected_joins_no_blend() -> None:
    assert [one.id for one in members_of([A, B, labelled(-0.031)])] == ["6", "5"]
    assert "10" in [one.id for one in members_of([A, B, labelled(-0.001)])], "within its noise"


def test_what_makes_the_blend_no_better_is_rejected() -> None:
    records = (A, B, BETTER, blend("13", 0.718, ("10", "6", "5")), blend("14", 0.7, ("6", "5")))
    assert (
        step(*records).reason == "rejected: blend 0.718 vs 0.700 of 14, noise 0.028: within noise"
    )
