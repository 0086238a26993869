"""What was stopped half done is gone on with where the recipe proposes the very same."""

from collections.abc import Sequence

import pytest

from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.advice import next_moves
from engine.recipe.moves import Move
from engine.recipe.proposals import propose_specs
from engine.recipe.stages import LADDER, climb
from tests.unit.recipe.made_up import done, photographs

ABOUT = photographs()
BEST = done("3", Stage.REGULARIZE, 0.2, "backbone=efficientnet_lite0", "rows=1", folds=5)
PROPOSED = tuple(spec for spec, _ in propose_specs(Stage.WIDEN, ABOUT, [BEST]))


def halted(
    identifier: str, spec: ExperimentSpec, status: Status = Status.STOPPED, folds: int = 0
) -> ExperimentRecord:
    """A fit of which some folds were done before it was stopped."""
    whole = done(identifier, Stage.WIDEN, 0.3, folds=spec.folds)
    left = {"status": status, "scores": Scores()}
    tasks = tuple(
        task if task.fold < folds else task.model_copy(update=left) for task in whole.tasks
    )
    return whole.model_copy(update={"spec": spec, "tasks": tasks} | left)


def moves(
    *records: ExperimentRecord, to: Stage = Stage.WIDEN, left_out: Sequence[str] = ()
) -> tuple[Move, ...]:
    passed = frozenset(map(str, LADDER[: LADDER.index(to)]))
    return next_moves(climb(ABOUT, records, passed), ABOUT, records, left_out)


def test_what_was_stopped_is_resumed_and_only_the_others_are_run() -> None:
    whole = moves(BEST)[0]
    assert whole.kind == "run"
    two = (
        halted("6", PROPOSED[0]),
        halted("7", PROPOSED[1], Status.INTERRUPTED, folds=2),
    )
    resume, run, *_ = moves(BEST, *two)
    assert (resume.kind, resume.title, resume.members) == ("resume", "resume 6, 7", ("6", "7"))
    assert "were stopped and interrupted" in resume.reason
    assert [spec for spec, _ in run.specs] == list(PROPOSED[2:])
    assert run.title == f"run widen: {len(PROPOSED) - 2} fits"
    kinds = [one.kind for one in moves(BEST, *(halted(str(n), s) for n, s in enumerate(PROPOSED)))]
    assert kinds == ["resume", "pass"], "nothing else is left to run"


def test_of_what_is_done_no_time_is_told() -> None:
    none, some = (moves(BEST, halted("6", PROPOSED[0], folds=n))[0].seconds for n in (0, 4))
    assert none is not None
    assert some == pytest.approx(none / 5)


def test_of_two_the_one_that_went_further_is_resumed() -> None:
    further, later = halted("6", PROPOSED[0], folds=2), halted("7", PROPOSED[0], folds=1)
    assert moves(BEST, further, later)[0].members == ("6",)
    assert moves(BEST, halted("6", PROPOSED[0]), halted("7", PROPOSED[0]))[0].members == ("7",)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, Status.FAILED), ({"batch_size": 8}, Status.STOPPED), ({"folds": 1}, Status.STOPPED)],
)
def test_what_failed_or_is_another_fit_is_none(changes: dict[str, int], status: Status) -> None:
    other = halted("6", PROPOSED[0].model_copy(update=changes), status)
    assert moves(BEST, other)[0] == moves(BEST)[0]


def test_what_was_trained_on_images_that_are_left_out_by_now_is_another_fit() -> None:
    one = halted("6", PROPOSED[0])
    assert moves(BEST, one)[0].kind == "resume"
    assert moves(BEST, one, left_out=("12",))[0].kind == "run"


def test_a_first_run_is_resumed_too() -> None:
    (spec, _), *_ = propose_specs(Stage.BASELINE, ABOUT, [])
    found = moves(halted("1", spec), to=Stage.BASELINE)
    assert [one.kind for one in found] == ["resume", "pass"]
    assert (
        found[0].reason == "1 is what comes next and was stopped: what is computed by now is kept"
    )
