"""What learnt by heart runs on all folds where what was regularized does not beat it."""

import pytest

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.autopilot import next_step
from engine.recipe.by_heart import on_all_folds
from engine.recipe.choosing import members_of, worth_widening
from engine.recipe.proposals import widening
from engine.recipe.stages import climb
from tests.unit.recipe.made_up import done, photographs
from tests.unit.recipe.walking import FIRST, LITE, quick, regularized, step

BASELINE = FIRST[0]


def heart(identifier: str = "2", loss: float = 0.1, folds: int = 1) -> ExperimentRecord:
    made = done(
        identifier, Stage.OVERFIT, loss, *LITE, "phases.0.train=head", train=0.001, folds=folds
    )
    return quick(made)


HELD_BACK = regularized("3", loss=0.15)
BEFORE = (BASELINE, heart(), HELD_BACK)
AFTER = (*BEFORE, heart("4", folds=5))


def test_the_autopilot_runs_it_on_the_folds_that_tell() -> None:
    found = step(BEFORE)
    ((spec, parent),) = found.specs
    assert (found.kind, spec.stage, spec.folds) == ("run", Stage.OVERFIT, 5)
    # Against this one it is compared row by row.
    assert parent == "3"
    assert BEFORE[1].fit is not None
    assert spec.model_copy(update={"folds": 1}) == BEFORE[1].fit


@pytest.mark.parametrize("left", [20.0, 60.0])
def test_it_costs_no_more_than_a_part_of_what_is_left(left: float) -> None:
    assert step(BEFORE, left).stage is not Stage.OVERFIT


def test_a_person_is_told_so_first() -> None:
    moves = next_moves(climb(photographs(), BEFORE, frozenset()), photographs(), BEFORE)
    assert (moves[0].title, moves[0].stage) == ("run overfit on 5 folds", Stage.OVERFIT)
    assert [spec.folds for spec, _ in moves[0].specs] == [5]


@pytest.mark.parametrize(
    "records",
    [
        (BASELINE, heart(loss=0.3), HELD_BACK),
        AFTER,
        (*BEFORE, heart("4", folds=5).model_copy(update={"status": Status.FAILED})),
        (BASELINE, heart(folds=5), HELD_BACK),
        (BASELINE, heart()),
        # What ran in a hurry, on fewer rows, tells nothing of one that did not.
        (BASELINE, done("2", Stage.OVERFIT, 0.1, *LITE, "rows=0.4", train=0.001), HELD_BACK),
    ],
    ids=["beaten", "done", "failed", "all folds", "not regularized", "fewer rows"],
)
def test_otherwise_it_is_left_as_it_is(records: tuple[ExperimentRecord, ...]) -> None:
    assert on_all_folds(records) is None


def test_the_gate_is_then_judged_on_all_folds() -> None:
    def reading(*records: ExperimentRecord) -> str:
        ladder = climb(photographs(), records, frozenset())
        return next(one.reading for one in ladder if one.stage is Stage.REGULARIZE)

    assert "0.100 of 2 on fold 0" in reading(*BEFORE)
    assert "0.100 of 4, " in reading(*AFTER)


def test_the_better_one_is_widened_and_blended() -> None:
    assert worth_widening(BEFORE) == HELD_BACK
    assert worth_widening(AFTER) == AFTER[3]
    assert worth_widening((BASELINE, AFTER[3])) is None
    assert [one.id for one in members_of(AFTER)] == ["4", "3"]
    specs = [spec for spec, _ in widening(photographs(), AFTER)]
    assert {parent for _, parent in widening(photographs(), AFTER)} == {"4"}
    assert all(spec.trains_head_alone for spec in specs)


def test_images_left_out_meanwhile_make_it_no_other_run() -> None:
    records = [*BEFORE]
    for number in ("4", "5"):
        ladder = climb(photographs(), records, frozenset())
        found = next_step(ladder, photographs(), records, 1200.0, left_out=("7",))
        if found.stage is not Stage.OVERFIT:
            break
        ((spec, _),) = found.specs
        assert spec.leave_out == ("7",)
        made = heart(number, folds=5)
        # With less to learn, it may learn a little less of it.
        scores = made.scores.model_copy(update={"train_log_loss": 0.002})
        records.append(made.model_copy(update={"spec": spec, "scores": scores}))
    assert [one.id for one in records] == ["1", "2", "3", "4"]
    gate = next(
        one for one in climb(photographs(), records, frozenset()) if one.stage is Stage.REGULARIZE
    )
    assert "of 4, " in gate.reading
