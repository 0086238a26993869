"""Runs that are one and the same are blended once, unless both are named."""

from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.autopilot import last_blend
from engine.recipe.choosing import members_of
from engine.recipe.stages import climb
from engine.recipe.twins import are_twins, twins_told, unlike
from tests.unit.recipe.made_up import done, photographs

ONE = done("3", Stage.REGULARIZE, 0.2, "image_size=64", folds=5)
OTHER = done("4", Stage.WIDEN, 0.3, "image_size=96", folds=5)
# Run again elsewhere, its scores are a little different.
AGAIN = done("5", Stage.REGULARIZE, 0.25, "image_size=64", folds=5)
# An ablation that takes back what the widened one changed.
TAKEN_BACK = done("6", Stage.WIDEN, 0.21, "image_size=64", folds=5)
SEED = done("7", Stage.REGULARIZE, 0.22, "image_size=64", "seed=1", folds=5)


def same_answers(record: ExperimentRecord, identifier: str) -> ExperimentRecord:
    """Another spec that has made no difference at all."""
    changed = done(identifier, Stage.PSEUDO_LABEL, 0.2, "image_size=64", "pseudo.share=0.1")
    return changed.model_copy(update={"scores": record.scores, "tasks": record.tasks})


def test_the_same_spec_and_seed_or_the_same_answers_are_twins() -> None:
    assert are_twins(ONE, AGAIN)
    assert are_twins(ONE, TAKEN_BACK)
    assert are_twins(ONE, same_answers(ONE, "8"))
    assert not are_twins(ONE, OTHER)
    assert not are_twins(ONE, SEED)
    members = [ONE, TAKEN_BACK, SEED, AGAIN, OTHER]
    assert unlike(members, 12) == [ONE, SEED, OTHER]
    assert unlike(members, 2) == [ONE, SEED]


def test_the_default_blend_takes_the_first_of_twins() -> None:
    known = [ONE, OTHER, AGAIN, TAKEN_BACK]
    step = last_blend(climb(photographs(), known), known)
    assert step is not None
    assert step.experiments == ("3", "4")
    passed = frozenset({"data", "baseline", "overfit", "regularize", "widen"})
    move, *_ = next_moves(climb(photographs(), known, passed), photographs(), known)
    assert move.members == ("3", "4")
    assert unlike(members_of(known), 12) == [ONE, OTHER]


def test_what_was_run_again_stands_in_for_a_lost_run() -> None:
    known = [ONE, OTHER, AGAIN]
    passed = frozenset({"data", "baseline", "overfit", "regularize", "widen"})
    ladder = climb(photographs(), known, passed)
    move, *_ = next_moves(ladder, photographs(), known, (), lambda one: one.id != "3")
    assert move.members == ("5", "4")
    move, *_ = next_moves(ladder, photographs(), known, (), lambda one: one.id == "5")
    assert move.title == "run 4 again"


def test_who_names_twins_is_told() -> None:
    assert twins_told([ONE, OTHER, AGAIN]).startswith("3 and 5 are the same run twice")
    assert twins_told([ONE, OTHER, SEED]) == ""
