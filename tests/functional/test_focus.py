"""Which pane keys go to, and what is said of them."""

from pathlib import Path

import pytest
from textual.widgets import Static

from app.screens.ablation import AblationScreen
from app.screens.confirm import ConfirmScreen
from app.screens.message import MessageScreen
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from tests.functional.staging import cockpit, named_keys, notices, opened, stored, until
from tests.functional.test_typing import typed


@pytest.mark.slow
@pytest.mark.parametrize("key", ["left_square_bracket", "right_square_bracket"])
async def test_the_focus_of_a_hidden_pane_goes_to_the_table_and_back(
    filled: Path, key: str
) -> None:
    async with opened(filled, (160, 40)) as pilot:
        pane = "Rail" if key.startswith("left") else "#details"
        pilot.app.screen.query_one(pane).focus()
        await pilot.pause()
        had = pilot.app.focused
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.focused, ResultsTable))
        before = cockpit(pilot).desk.selected
        await pilot.press("down")
        await until(pilot, lambda: cockpit(pilot).desk.selected != before)
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.focused is had)
        await pilot.press(key, "tab", "shift+tab", key)
        await pilot.pause()
        assert pilot.app.focused is not None


@pytest.mark.slow
async def test_a_table_that_details_take_the_place_of_has_its_keys_back(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        table = pilot.app.screen.query_one(ResultsTable)
        table.focus()
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.query_one("#details"))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: pilot.app.focused is table)
        await pilot.resize_terminal(40, 10)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: pilot.app.focused is table)


async def test_what_enter_does_is_told_of_the_pane_that_has_the_focus(filled: Path) -> None:
    def told() -> list[str]:
        return [one.description for one in named_keys(pilot) if one.key == "enter"]

    async with opened(filled, (120, 40)) as pilot:
        rail, table = (pilot.app.screen.query_one(kind) for kind in (Rail, ResultsTable))
        rail.focus()
        await until(pilot, lambda: told() == ["run stage"])
        assert str(rail.border_subtitle).startswith("enter: ")
        table.focus()
        await until(pilot, lambda: told() == ["open"])
        assert not rail.border_subtitle


async def test_ctrl_c_names_the_key_that_leaves(filled: Path, own_settings: Path) -> None:
    own_settings.write_text('[keys]\n"app.quit" = "f10"\n')
    async with opened(filled) as pilot:
        await pilot.press("ctrl+c")
        assert "f10 leaves; jobs go on." in notices(pilot)


async def test_a_run_that_waits_is_queued_again_only_after_a_question(filled: Path) -> None:
    async with opened(filled) as pilot:
        typed(pilot, "R", "R", "R")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "4 is queued with the very same spec" in str(
            pilot.app.screen.query_one(Static).render()
        )
        await pilot.press("n")
        assert len(stored(filled)) == 4
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.by_id.get("4"))
        await pilot.press("R", "y")
        await until(pilot, lambda: len(stored(filled)) == 5)


async def test_pinning_is_told(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: "Pinned 3 as the baseline to compare with" in notices(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "3 is no longer pinned" in notices(pilot))


async def test_dialogs_name_only_keys_that_do_something(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert "esc, then press R, or run" in str(pilot.app.screen.query_one(Static).render())
        await pilot.press("escape")
        cockpit(pilot).desk.selected = "1"
        await pilot.press("a")
        screen = await until(
            pilot, lambda: one if isinstance(one := pilot.app.screen, AblationScreen) else None
        )
        told = screen.query_one("#ablation", Static)
        await until(pilot, lambda: "There is no ablation" in str(told.render()))
        assert "esc, then press p on the experiment to pin" in str(told.render())
        lines = [told.render_line(y).text.rstrip() for y in range(told.size.height)]
        assert not any(line.endswith("…") for line in lines)
