"""A clone has the notebook alone: advice and refusals name what has to run again."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.lost import refuse_lost
from engine.recipe.advice import MOST_MEMBERS, next_moves
from engine.recipe.moves import Move
from engine.recipe.stages import LADDER, climb
from engine.service import Service
from tests.functional.staging import fill
from tests.unit.recipe.made_up import blend, done, photographs

A = done("3", Stage.REGULARIZE, 0.2)
B = done("4", Stage.WIDEN, 0.25, "image_size=96")
BOTH = blend("8", 0.1, ("3", "4"), folds=1)


def moves(
    records: Sequence[ExperimentRecord],
    there: Collection[str] = (),
    to: Stage = Stage.SUBMIT,
) -> tuple[Move, ...]:
    about = photographs()
    passed = frozenset(map(str, LADDER[: LADDER.index(to)]))
    ladder = climb(about, records, passed)
    return next_moves(ladder, about, records, (), lambda one: one.id in there)


def test_what_can_not_be_exported_is_run_again() -> None:
    (again,) = moves([A])
    assert (again.kind, again.title) == ("run", "run 3 again")
    assert again.specs == ((A.fit, "3"),)
    assert "not on this disk" in again.reason


def test_the_best_that_is_there_is_exported_before_a_better_one_runs_again() -> None:
    export, again = moves([A, B], there="4")
    assert (export.kind, export.members) == ("export", ("4",))
    assert "unlike 3's" in export.reason
    assert again.title == "run 3 again"


def test_of_an_ensemble_the_members_run_again_or_it_is_blended_again() -> None:
    (again,) = moves([A, B, BOTH])
    assert again.title == "run 3, 4 again"
    assert [parent for _, parent in again.specs] == ["3", "4"]
    export, blended = moves([A, B, BOTH], there="34")
    assert (export.members, blended.kind, blended.members) == (("3",), "blend", ("3", "4"))


def test_a_later_run_of_the_same_spec_stands_in() -> None:
    again = done("9", Stage.REGULARIZE, 0.21)
    (export, *others) = moves([A, again], there="9")
    assert (export.members, others) == (("9",), [])
    assert "unlike" not in export.reason
    # Of the blend's members one is there by another run.
    _, again_ = moves([A, B, BOTH, again], there="9")
    assert again_.title == "run 4 again"
    _, blended = moves([A, B, BOTH, again], there="94")
    assert (blended.kind, blended.members) == ("blend", ("9", "4"))
    new = blend("10", 0.1, ("9", "4"), folds=1)
    (export, *others) = moves([A, B, BOTH, again, new], there=("9", "4", "10"))
    assert (export.members, others) == (("10",), [])


def test_what_has_run_on_fewer_folds_does_not_stand_in() -> None:
    whole = done("3", Stage.REGULARIZE, 0.2, folds=5)
    fold = done("9", Stage.REGULARIZE, 0.2, folds=1)
    _, again = moves([whole, fold], there="9")
    assert again.title == "run 3 again"


def test_a_blend_is_of_what_is_there() -> None:
    third = done("5", Stage.WIDEN, 0.3, "image_size=128")
    assert moves([A, B, third], "45", Stage.ENSEMBLE)[0].members == ("4", "5")
    assert moves([A, B, third], "4", Stage.ENSEMBLE)[0].title == "run 3 again"


def test_of_ten_thousand_few_are_looked_for() -> None:
    many = [done(str(number), Stage.WIDEN, 0.2 + number / 1e5) for number in range(200)]
    asked: list[str] = []
    about = photographs()
    ladder = climb(about, many, frozenset(map(str, LADDER[:-1])))

    def nothing_is_there(one: ExperimentRecord) -> bool:
        asked.append(one.id)
        return False

    next_moves(ladder, about, many, (), nothing_is_there)
    assert MOST_MEMBERS <= len(asked) < 3 * MOST_MEMBERS


def test_a_refusal_names_the_members_whose_predictions_are_missing(tmp_path: Path) -> None:
    place, known = Workspace(tmp_path), {one.id: one for one in (A, B, BOTH)}
    with pytest.raises(UserError, match="8 are missing, and those of its members: 3, 4") as caught:
        refuse_lost(place, [BOTH], [*known.values()])
    assert "`hydra-tui rerun 3`; `hydra-tui rerun 4`" in caught.value.fix
    for one in "34":
        place.task(one, "fold0").mkdir(parents=True)
        (place.task(one, "fold0") / PREDICTIONS).touch()
    refuse_lost(place, [A, B], [*known.values()])
    with pytest.raises(UserError, match="experiment 8 are missing\\.") as caught:
        refuse_lost(place, [BOTH], [*known.values()])
    assert "`hydra-tui rerun 8`" in caught.value.fix


def test_a_refusal_names_the_run_that_stands_in(tmp_path: Path) -> None:
    place, again = Workspace(tmp_path), done("9", Stage.REGULARIZE, 0.21)
    place.task("9", "fold0").mkdir(parents=True)
    (place.task("9", "fold0") / PREDICTIONS).touch()
    with pytest.raises(UserError) as caught:
        refuse_lost(place, [A], [A, B, BOTH, again])
    assert caught.value.fix == "take 9 in place of 3: the same spec."
    with pytest.raises(UserError) as caught:
        refuse_lost(place, [BOTH], [A, B, BOTH, again])
    assert caught.value.fix == (
        "take 9 in place of 3: the same spec; and run again what is missing: "
        "`hydra-tui rerun 4`; and blend the new ones: `hydra-tui ensemble`."
    )
    place.task("4", "fold0").mkdir(parents=True)
    (place.task("4", "fold0") / PREDICTIONS).touch()
    with pytest.raises(UserError) as caught:
        refuse_lost(place, [BOTH], [A, B, BOTH, again])
    assert caught.value.fix == (
        "take 9 in place of 3: the same spec; and blend these: `hydra-tui ensemble`."
    )


def test_what_is_submitted_is_the_best_that_is_there(tmp_path: Path) -> None:
    service = Service(tmp_path)
    fill(tmp_path, [A, B])
    try:
        best, poorer = service.records()
        assert service.submissions.best((best, poorer), None) == best, "its refusal tells more"
        service.workspace.task(poorer.id, "fold0").mkdir(parents=True)
        (service.workspace.task(poorer.id, "fold0") / PREDICTIONS).touch()
        assert service.submissions.best((best, poorer), None) == poorer
        assert service.submissions.best((), None) is None
    finally:
        service.close()


def test_an_ensemble_is_not_blended_again_without_its_members(tmp_path: Path) -> None:
    service = Service(tmp_path)
    fill(tmp_path, [A, B, blend("3", 0.1, ("1", "2"), folds=1)])
    try:
        for act in (service.rerun, service.submissions.export, service.inspection.errors):
            with pytest.raises(UserError, match="1, 2"):
                act("3")
    finally:
        service.close()
    assert len(service.records()) == 3
