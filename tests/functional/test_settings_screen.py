"""Settings by keys, the tour, screenshots, and how one is told of an end."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from textual.widgets import DataTable, Static

from app import keymap
from app.cockpit import Cockpit
from app.notices import Notice
from app.remembered import has_toured, recall_columns
from app.screens.live import LiveScreen
from app.screens.settings import SettingsScreen
from app.screens.tour import STEPS, TourScreen
from app.stations import STATIONS
from app.telling import desktop_notification
from tests.functional.staging import cockpit, named_keys, notices, opened, station, until


def rows(screen: Any) -> dict[str, str]:
    """What each setting is."""
    table = screen.query_one(DataTable)
    return {
        str(key.value): str(table.get_row(key)[1]) for key in table.rows
    }  # fmt: skip


@pytest.mark.exercises(
    "app.settings", "settings.next", "settings.before", "settings.reset", "settings.close"
)
async def test_a_setting_is_turned_kept_and_reset(bare: Path, own_settings: Path) -> None:
    own_settings.write_text("# mine\n")
    async with opened(bare) as pilot:
        await pilot.press("comma")
        screen = pilot.app.screen
        assert isinstance(screen, SettingsScreen)
        before = pilot.app.theme
        await pilot.press("right")
        await until(pilot, lambda: pilot.app.theme != before)
        assert rows(screen)["theme"] == f"{pilot.app.theme} *"
        await pilot.press("left")
        await until(pilot, lambda: pilot.app.theme == before)
        await pilot.press("down", "down", "right", "right")
        await until(pilot, lambda: cockpit(pilot).preferences.characters == "ascii")
        kept = own_settings.read_text()
        assert kept.startswith("# mine")
        assert tomllib.loads(kept)["characters"] == "ascii"
        assert cockpit(pilot)._ascii.enabled
        keys = {one.description: one for one in named_keys(pilot)}
        assert keys["default"].display == "bksp", "`<` would be another key"
        await pilot.press("backspace")
        await until(pilot, lambda: cockpit(pilot).preferences.characters == "auto")
        assert "characters" not in tomllib.loads(own_settings.read_text())
        await until(pilot, lambda: "⌫" in {one.display for one in named_keys(pilot)})
        await pilot.press("escape")
        assert station(pilot)


async def test_a_key_is_changed_by_pressing_the_new_one(bare: Path, own_settings: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.press("comma")
        screen = pilot.app.screen
        table = screen.query_one(DataTable)
        table.move_cursor(row=table.get_row_index("keys.view.live"))
        await pilot.press("enter")
        assert "Press the new key" in str(screen.query_one("#told", Static).content)
        await pilot.press("q")
        await until(pilot, lambda: rows(screen)["keys.view.live"] == "q *")
        assert "q is also the key of app.quit" in notices(pilot)
        await pilot.press("enter", "question_mark")
        await until(pilot, lambda: rows(screen)["keys.view.live"] == "? *")
        assert "? is also the key of app.help." in notices(pilot), "no dialog's: it can't be met"
        await pilot.press("enter", "f5")
        await until(pilot, lambda: rows(screen)["keys.view.live"] == "f5 *")
        await pilot.press("enter", "escape")
        assert rows(screen)["keys.view.live"] == "f5 *"
        await pilot.press("escape", "f5")
        assert isinstance(pilot.app.screen, LiveScreen)


@pytest.mark.slow
async def test_a_key_that_would_lock_somebody_in_is_refused_or_esc_stays(
    bare: Path, own_settings: Path
) -> None:
    async with opened(bare) as pilot:
        await pilot.press("comma")
        screen = pilot.app.screen
        table = screen.query_one(DataTable)

        async def give(name: str, key: str) -> None:
            table.move_cursor(row=table.get_row_index(f"keys.{name}"))
            await pilot.press("enter", key)

        async def refused(name: str) -> None:
            await give(name, "a")
            await until(pilot, lambda: f"`a` can't be the key of `{name}`" in notices(pilot))

        for name in ("spec.find", "spec.step", "line.take"):
            await refused(name)
        assert "To fix it: choose another" in notices(pilot)
        assert not own_settings.exists()
        assert rows(screen)["keys.spec.find"] == "^f"
        await give("run.stop", "R")
        await until(pilot, lambda: rows(screen)["keys.run.stop"] == "R *")
        assert rows(screen)["keys.run.again"] == "-", "whose key it was"
        await give("settings.close", "f6")
        await until(pilot, lambda: rows(screen)["keys.settings.close"] == "f6 *")
        await pilot.press("f6")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.press("comma", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))


async def test_a_file_that_is_no_toml_is_left_as_it_is(bare: Path, own_settings: Path) -> None:
    own_settings.write_text("theme = ")
    async with opened(bare) as pilot:
        await pilot.press("comma", "right")
        await until(pilot, lambda: notices(pilot).count("can't be used") > 1)
        assert own_settings.read_text() == "theme = "


def test_the_tour_names_every_screen() -> None:
    assert [f"[b]{number}[/b]" in STEPS[1][1] for number in range(1, len(STATIONS) + 1)] == [
        True
    ] * len(STATIONS)


@pytest.mark.exercises("app.tour", "tour.next", "tour.before")
async def test_the_tour_has_three_steps(bare: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.press("f1")
        screen = pilot.app.screen
        assert isinstance(screen, TourScreen)
        await pilot.press("enter", "enter", "left", "enter")
        assert str(screen.query_one(".dialog").border_title).startswith("3 of 3")
        await pilot.press("enter")
        assert station(pilot)


async def test_a_newcomer_is_shown_the_tour_once(bare: Path, own_settings: Path) -> None:
    state = own_settings.parent / "state.json"
    state.write_text('{"columns": ["id", "val"]}')
    async with opened(bare) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, TourScreen))
        await until(pilot, lambda: has_toured())
    assert recall_columns() == ("id", "val"), "what else is remembered stays"
    async with opened(bare) as pilot:
        assert station(pilot)


@pytest.mark.exercises("tour.close")
async def test_the_tour_can_be_left(bare: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.press("f1", "escape")
        assert station(pilot)


@pytest.mark.exercises("app.screenshot")
async def test_a_screenshot_is_saved_in_the_workspace(bare: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.press("f12")
        await until(pilot, lambda: "Screenshot saved" in notices(pilot))
        (saved,) = (bare / "screenshots").iterdir()
        assert saved.suffix == ".svg"


async def test_a_header_s_name_can_be_clicked(bare: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.click("#headline", offset=(12, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, LiveScreen))


def test_the_end_of_a_job_rings_or_reaches_the_desktop(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.service import Service

    app = Cockpit(Service(bare))
    told: list[str] = []
    monkeypatch.setattr(app, "notify", lambda text, **_: told.append(text))
    monkeypatch.setattr(app, "bell", lambda: told.append("bell"))
    app.tell(Notice("1 is done", "val 0.1", "information"))
    app.preferences = app.preferences.model_copy(update={"notify": "bell"})
    app.tell(Notice("1 is done", "val 0.1", "information"))
    assert told == ["val 0.1", "val 0.1", "bell"]


def test_a_desktop_notification_holds_no_other_escape() -> None:
    assert desktop_notification("1 is\x1b done") == "\x1b]9;1 is done\x07"
    assert desktop_notification("a", in_tmux=True) == "\x1bPtmux;\x1b\x1b]9;a\x07\x1b\\"


async def test_what_has_no_room_ends_in_a_mark_and_stands_below_in_full(bare: Path) -> None:
    async with opened(bare, (120, 40)) as pilot:
        await pilot.press("comma")
        table: DataTable[Any] = pilot.app.screen.query_one(DataTable)
        full = "What tells of an ended job beside the message here: bell, or desktop (OSC 9)"

        def told() -> str:
            return str(table.get_row("notify")[2])

        assert told().endswith("…")
        assert full.startswith(told()[:-1])
        await pilot.press("down", "down", "down")
        dialog = pilot.app.screen.query_one(".dialog")
        await until(pilot, lambda: str(dialog.border_subtitle) == full)
        for width in (200, 80, 120):
            await pilot.resize_terminal(width, 40)
            await until(pilot, lambda width=width: (told() == full) == (width == 200))  # type: ignore[misc] # the loop's
            await until(pilot, lambda: 0 < table.virtual_size.width <= table.size.width)
        assert table.cursor_row == 3


async def test_opening_the_settings_reads_each_owner_of_keys_a_few_times_only(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[type] = []
    bindings_of = keymap._bindings_of

    def noting(owner: type) -> Any:
        read.append(owner)
        return bindings_of(owner)

    monkeypatch.setattr(keymap, "_bindings_of", noting)
    async with opened(bare) as pilot:
        await pilot.press("comma")
        await until(pilot, lambda: len(rows(pilot.app.screen)) > 100)
        assert max(map(read.count, read)) < 10, "not once for every key"


async def test_the_help_fits_a_terminal_of_another_width(bare: Path) -> None:
    async with opened(bare, (120, 40)) as pilot:
        await pilot.press("question_mark")
        keys = await until(pilot, lambda: pilot.app.screen.query("#keys"))
        assert isinstance(keys.first(Static).content, Text), "laid out once, where a table is often"
        for width, most in ((60, 49), (120, 68)):
            await pilot.resize_terminal(width, 40)

            def longest() -> int:
                return max(map(len, str(keys.first(Static).content).splitlines()))

            await until(pilot, lambda most=most: most - 6 <= longest() <= most)  # type: ignore[misc] # the loop's
