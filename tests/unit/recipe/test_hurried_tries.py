"""What was tried in a hurry, on a part of the rows or of the folds, is not all there is to try."""

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.choosing import members_of
from engine.recipe.moves import Move
from engine.recipe.proposals import widening
from engine.recipe.stages import climb
from engine.recipe.tries import tries
from tests.unit.recipe.made_up import done, photographs
from tests.unit.recipe.walking import FINE, FIRST, LITE, regularized, step

ABOUT = photographs()


def moves(*records: ExperimentRecord) -> tuple[Move, ...]:
    return next_moves(climb(ABOUT, records, frozenset()), ABOUT, records)


def test_they_use_up_no_try_of_what_ran_on_all_rows() -> None:
    whole = done("4", Stage.REGULARIZE, 0.42, "rows=1", folds=5)
    hurried = done("3", Stage.REGULARIZE, 0.45, "rows=0.1")
    assert tries(whole, [hurried, whole]) == 1
    assert tries(hurried, [hurried, whole]) == 2


def test_all_rows_are_not_tried_where_there_is_no_time_for_them() -> None:
    hurried = done("3", Stage.REGULARIZE, 0.6, *FINE, "rows=0.05", seconds=20.0)
    assert step([*FIRST, hurried], 2.0).kind == "pass"
    assert step([*FIRST, hurried], 3600.0).kind == "run"


def test_a_single_good_fold_leaves_the_others_blended_and_is_taken_to_all_folds() -> None:
    whole = [regularized(str(n), Stage.WIDEN, size, 0.3) for n, size in ((4, 288), (5, 320))]
    single = done("6", Stage.REGULARIZE, 0.1, *FINE)
    records = [*FIRST, regularized("3", loss=0.31), *whole, single]
    assert [one.id for one in members_of(records)] == ["4", "5", "3"]
    found = step(records, 360_000.0)
    ((spec, parent),) = found.specs
    assert (found.stage, spec.image_size, spec.folds, parent) == (Stage.WIDEN, 224, 5, "6")


def test_what_is_not_learnt_of_few_rows_is_not_proposed_on_more() -> None:
    (proposed, _), *_ = moves(FIRST[0])[0].specs
    quarter = proposed.model_copy(update={"rows": 0.25})
    poor = done("2", Stage.OVERFIT, 0.3, train=0.2).model_copy(update={"spec": quarter})
    assert all("as proposed" not in one.title for one in moves(FIRST[0], poor))


def test_heads_that_were_stopped_are_gone_on_with() -> None:
    _, cheap, *_ = moves(*FIRST)
    ((spec, parent),) = cheap.specs
    halted = done("3", Stage.REGULARIZE, 0.3).model_copy(
        update={"spec": spec, "parent": parent, "status": Status.STOPPED, "tasks": ()}
    )
    found = [(one.kind, one.members) for one in moves(*FIRST, halted)]
    assert ("resume", ("3",)) in found


def test_an_overfit_run_is_no_member_of_the_grid() -> None:
    heart = done("2", Stage.OVERFIT, 0.05, *LITE, "phases.0.train=head", folds=5, train=0.001)
    records = [FIRST[0], heart, regularized("3", size=288), regularized("4", Stage.WIDEN, 320)]
    assert members_of(records)[0] is heart
    sizes = [(spec.backbone, spec.image_size) for spec, _ in widening(ABOUT, records)]
    assert ("efficientnet_lite0", 224) in sizes
