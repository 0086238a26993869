"""What is typed faster than the screen keeps up with is taken in as it was typed."""

from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import TextArea

from app.screens.line import LineScreen
from app.screens.remarks import RemarksScreen
from app.screens.spec import SpecScreen
from app.screens.tune import TuneScreen
from app.widgets.spec_field import SpecField
from engine.experiment.search import SearchSpec
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.functional.form import Field
from tests.functional.staging import opened, until


def typed(pilot: Pilot[None], *keys: str) -> None:
    """All at once, as from a slow line or by a fast hand."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize("keys", ["10<5", "9-15", "<<<15"])
async def test_a_field_of_the_form(filled: Path, keys: str) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query(SpecField))
        Field(pilot.app.screen, "seed").focus()
        await pilot.pause()
        edits = {"<": "backspace", "-": "ctrl+u"}
        # Whoever is not answered at once may press enter again.
        typed(pilot, "ctrl+u", *(edits.get(key, key) for key in keys), "enter", "enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SpecScreen))
        notebook = Notebook(Workspace(filled))
        made = await until(pilot, lambda: found[0] if (found := notebook.records()[3:]) else None)
        assert made.fit is not None
        assert made.fit.seed == 15
        await pilot.pause(0.2)
        assert len(notebook.records()) == 4, "it is queued once"


@pytest.mark.slow
async def test_the_spec_as_text(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("e", "ctrl+t")
        text = await until(pilot, lambda: pilot.app.screen.query_one(TextArea))
        await until(pilot, lambda: text.has_focus)
        typed(pilot, *"# ab", "backspace", *"c", "enter", "x", "left", "y")
        await until(pilot, lambda: text.text.startswith("# ac\nyx"))


async def test_a_budget(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[float] = []
    monkeypatch.setattr(
        "engine.pilot.flight.Pilot.start", lambda _self, budget: started.append(budget)
    )
    async with opened(filled) as pilot:
        await pilot.press("A")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        typed(pilot, "ctrl+u", *"45", "backspace", *"0s", "enter", "enter")
        await until(pilot, lambda: started == [40.0])
        await pilot.pause(0.2)
        assert started == [40.0]


async def test_tags(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, RemarksScreen))
        typed(pilot, *"keeq", "backspace", "p", "enter", "enter")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: any(one.tags == ("keep",) for one in notebook.records()))


async def test_the_trials_of_a_search(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("T")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, TuneScreen) else None
        )
        next(one for one in screen.query(SpecField) if one.name == "trials").focus()
        await pilot.pause()
        typed(pilot, *"20", "backspace", "backspace", "2", "enter")
        notebook = Notebook(Workspace(filled))
        made = await until(pilot, lambda: found[0] if (found := notebook.records()[3:]) else None)
        assert isinstance(made.spec, SearchSpec)
        assert made.spec.trials == 2
