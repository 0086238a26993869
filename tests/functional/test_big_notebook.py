"""A notebook so big that the first paint does not wait for all of it."""

import asyncio
from pathlib import Path

import pytest

from app.cockpit import Cockpit
from app.widgets.next_move import NextMove
from app.widgets.results_table import ResultsTable
from engine import watching
from engine.errors import UserError
from engine.experiment.spec import Stage
from engine.recipe.stages import GateState
from engine.service import Service
from engine.store.notebook import Notebook
from tests.functional.staging import (
    fill,
    notices,
    record,
    station,
    stored,
    three,
    until,
)


@pytest.fixture
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five experiments, of which a glance takes two; only the oldest was exported."""
    monkeypatch.setattr(watching, "AT_A_GLANCE", 2)
    fill(tmp_path, (record(0, submission="submissions/1.csv"), *three(), record(4, loss=0.9)))
    return tmp_path


def test_a_glance_takes_the_newest_and_judges_nothing_by_them(big: Path) -> None:
    service = Service(big)
    Notebook(service.workspace).note_left_out(["1"])
    glance = service.glance()
    assert [one.id for one in glance.records] == ["4", "5"]
    assert glance.left_out == ("1",), "a copy that is made now is trained without it"
    assert glance.unread == 3
    assert {rung.state for rung in glance.ladder} == {GateState.WAITING}
    assert {rung.reading for rung in glance.ladder[1:]} == {"being read"}
    assert glance.moves == ()
    whole = service.snapshot()
    assert (len(whole.records), whole.unread) == (5, 0)
    assert whole.ladder[-1].state is GateState.OPEN
    # What was validated for the glance is not validated again.
    assert whole.records[3:] == glance.records
    assert all(old is now for old, now in zip(glance.records, whole.records[3:], strict=True))


def test_a_glance_at_a_small_notebook_is_a_look(filled: Path) -> None:
    service = Service(filled)
    glance = service.glance()
    assert (len(glance.records), glance.unread) == (3, 0)
    assert service.snapshot() is glance


def test_a_glance_at_a_damaged_notebook_says_what_is_wrong(big: Path) -> None:
    (big / "experiments.json").write_text("{")
    glance = Service(big).glance()
    assert isinstance(glance.problem, UserError)
    assert glance.unread == 0


def test_an_old_experiment_that_is_damaged_is_found_by_the_first_look(big: Path) -> None:
    notebook = big / "experiments.json"
    notebook.write_text(notebook.read_text().replace('"stage": "overfit"', '"stage": "?"'))
    service = Service(big)
    assert service.glance().unread == 3
    assert "experiment 3" in str(service.snapshot().problem)


async def test_the_first_paint_has_the_newest_and_says_that_older_ones_are_read(
    big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The older ones are read when the test says so, rather than some milliseconds later.
    go_on = asyncio.Event()
    watch = Cockpit._watch

    def wait(app: Cockpit) -> None:
        async def begin() -> None:
            await go_on.wait()
            watch(app)

        app.run_worker(begin())

    monkeypatch.setattr(Cockpit, "_watch", wait)
    app = Cockpit(Service(big))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = station(pilot)
        table = screen.query_one(ResultsTable)
        await until(pilot, lambda: table.row_count == 2)
        assert str(table.border_subtitle) == "2 of 5 · reading the older ones"
        assert "older experiments are being read" in str(screen.query_one(NextMove).content)
        # Nothing is judged by a part: neither what to submit, nor what to blend or compare.
        for key in ("", "b", "c", "n"):
            app.clear_notifications()
            await pilot.press(key) if key else screen.begin(Stage.SUBMIT)
            await until(pilot, lambda: "The older experiments are being read" in notices(pilot))
            assert app.current_mode == "recipe"
            assert len(app.screen_stack) == 1
        go_on.set()
        await until(pilot, lambda: table.row_count == 5)
        assert str(table.border_subtitle).startswith("5 · sorted by ID")
        assert app.desk.selected == "5"
    assert not any(one.submission for one in stored(big)[1:])


def test_the_newest_of_a_notebook(big: Path) -> None:
    assert [one.id for one in Notebook(Service(big).workspace).newest(9)[0]] == list("12345")
