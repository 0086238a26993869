"""Copies of one picture under different labels: told, left out, and what they cost."""

from math import log
from pathlib import Path

import pytest

from engine.competition.conflicts import conflict_floor, conflicts_left, findings_left
from engine.competition.findings import CompetitionSummary, Conflict, TargetKind
from engine.competition.summary import summarise
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.floors import reachable_floor
from engine.recipe.requests import plain_spec
from engine.recipe.stages import GateState, climb
from tests.unit.competition.builders import flowers, picture, workspace
from tests.unit.recipe.made_up import photographs

PAIR = Conflict(ids=("3", "4"), labels=(("a",), ("b",)))


def contradicting(tmp_path: Path) -> CompetitionSummary:
    """Ten labelled flowers, two of which are one picture: 3 is of class 1, 4 of class 0."""
    data = flowers(tmp_path / "data", rows=10)
    for name in ("3", "4"):
        picture(data / "train" / f"{name}.png", 3)
    return summarise(data, workspace(tmp_path), lambda _done, _total: None)


def test_a_contradiction_is_mended_by_leaving_one_of_the_copies_out(tmp_path: Path) -> None:
    summary = contradicting(tmp_path)
    (finding,) = [one for one in summary.findings if one.severity == "warning"]
    assert finding.files == ("3 (1) = 4 (0)",)
    assert "m there, or `hydra-tui leave-out ID`" in finding.fix
    (before,) = [rung for rung in climb(summary, ()) if rung.stage is Stage.DATA]
    assert (before.state, before.reading) == (GateState.SHUT, "1 to look at")
    for left_out in (("3",), ("4",), ("3", "4")):
        (after, *_) = climb(summary, (), frozenset(), left_out)
        assert after.state is GateState.OPEN
        assert finding not in findings_left(summary, left_out)
    (other, *_) = climb(summary, (), frozenset(), ("5",))
    assert other.state is GateState.SHUT


def test_a_shut_data_gate_does_not_keep_one_from_training(tmp_path: Path) -> None:
    summary = contradicting(tmp_path)
    moves = next_moves(climb(summary, ()), summary, ())
    assert [move.title for move in moves] == ["look at the data", "run baseline", "pass data"]


def test_of_three_copies_two_may_go_on_contradicting() -> None:
    three = Conflict(ids=("1", "2", "3"), labels=(("a",), ("a",), ("b",)))
    (left,) = conflicts_left([three], {"1"})
    assert left.ids == ("2", "3")
    assert conflicts_left([three], {"3"}) == ()


@pytest.mark.parametrize(
    ("kind", "labels", "floor"),
    [
        # Two copies with different labels among four rows: ln 2 for each of the two.
        (TargetKind.BINARY, (("a",), ("b",)), log(2) / 2),
        (TargetKind.MULTICLASS, (("a",), ("b",)), log(2) / 2),
        (TargetKind.MULTILABEL, (("b",), ("a", "b")), log(2) / 4),
        (TargetKind.MULTILABEL, ((), ("a",)), log(2) / 4),
    ],
)
def test_copies_with_different_labels_set_a_floor(
    kind: TargetKind, labels: tuple[tuple[str, ...], ...], floor: float
) -> None:
    conflict = Conflict(ids=("3", "4"), labels=labels)
    summary = photographs(4, target=kind, conflicts=(conflict,))
    assert conflict_floor(summary) == pytest.approx(floor)
    assert conflict_floor(photographs(4, target=kind)) == 0


def test_what_a_spec_leaves_out_sets_it_no_floor() -> None:
    summary = photographs(1000, conflicts=(PAIR,))
    spec = plain_spec(Stage.OVERFIT)
    assert reachable_floor(spec, summary) == pytest.approx(2 * log(2) / 1000)
    assert reachable_floor(apply_overrides(spec, ['leave_out=["4"]']), summary) == 0
