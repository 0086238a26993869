"""What an experiment changes, in the width of a column."""

from app.presentation.arrangement import Arrangement
from app.presentation.changes import changes_text
from engine.experiment.spec import Stage
from tests.unit.recipe.made_up import blend, done


def test_the_fields_that_differ_are_told_with_their_new_values() -> None:
    parent = done("1", Stage.REGULARIZE, 0.2)
    child = done("2", Stage.REGULARIZE, 0.2, "head.dropout=0.5", "batch_size=8", parent="1")
    assert sorted(changes_text(child, parent).split(", ")) == ["batch_size 8", "dropout 0.5"]
    assert changes_text(parent, parent) == "", "a rerun changes nothing"
    assert changes_text(child, None) == ""
    assert changes_text(blend("3", 0.1, ("1", "2")), parent) == ""


def test_many_changes_are_counted() -> None:
    parent = done("1", Stage.REGULARIZE, 0.2)
    fields = ("head.dropout=0.5", "batch_size=8", "seed=7", "head.units=64", "phases.0.epochs=3")
    told = changes_text(done("2", Stage.REGULARIZE, 0.2, *fields), parent)
    assert told.endswith(" +2")
    assert told.count(",") == 2


def test_the_table_knows_what_was_derived_from_what() -> None:
    rows = Arrangement("id", False)
    parent = done("1", Stage.REGULARIZE, 0.2)
    child = done("2", Stage.REGULARIZE, 0.2, parent="1")
    rows.judge([parent])
    assert rows.origin_of(child) is parent
    assert not rows.is_changed(child), "a rerun"
    assert rows.is_changed(done("2", Stage.REGULARIZE, 0.2, "seed=3", parent="1"))
    assert not rows.is_changed(parent)
    again = done("3", Stage.REGULARIZE, 0.2, "seed=3", parent="2")
    seeded = done("2", Stage.REGULARIZE, 0.2, "seed=3", parent="1")
    rows.judge([parent, seeded, again])
    assert changes_text(again, rows.origin_of(again)) == "seed 3", "as the run that it repeats"
    rows.judge([child], [parent])
    assert rows.origin_of(child) is parent, "also where it was deleted"
    rows.judge([child])
    assert rows.origin_of(child) is None


def test_members_of_a_group_that_come_from_none_are_told_from_each_other() -> None:
    rows = Arrangement("id", False)
    sweep = [
        done(str(seed), Stage.BASELINE, 0.2, f"seed={seed}").model_copy(update={"group": "sweep 1"})
        for seed in (1, 2, 3)
    ]
    rows.judge([done("9", Stage.BASELINE, 0.2), *sweep])
    told = [changes_text(one, rows.origin_of(one)) for one in sweep]
    assert told == ["seed 1", "seed 2", "seed 3"]
    assert all(map(rows.is_changed, sweep))


def test_who_walks_the_recipe_is_not_told_from_its_own_descendants() -> None:
    rows = Arrangement("id", False)
    walk = {"group": "autopilot"}
    first = done("1", Stage.BASELINE, 0.5).model_copy(update=walk)
    later = done("2", Stage.OVERFIT, 0.2, "seed=3", parent="1").model_copy(update=walk)
    rows.judge([first, later])
    assert rows.origin_of(first) is None
    assert rows.origin_of(later) is first
