"""The config file: keys and theme, and what happens when it is wrong."""

from pathlib import Path

import pytest

from app.screens.live import LiveScreen
from app.settings import Settings
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.functional.staging import notices, opened, until


async def test_keys_and_theme_come_from_the_config_file(filled: Path, own_settings: Path) -> None:
    own_settings.write_text('theme = "nord"\n[keys]\n"view.live" = "f5"\n"run.pin" = "b"\n')
    async with opened(filled) as pilot:
        assert pilot.app.theme == "nord"
        await pilot.press("2")
        assert not isinstance(pilot.app.screen, LiveScreen), "the old key is free"
        await pilot.press("b")
        await until(pilot, lambda: Notebook(Workspace(filled)).record("3").pinned)
        await pilot.press("f5")
        assert isinstance(pilot.app.screen, LiveScreen)


async def test_several_keys_signs_and_none_at_all_are_taken(
    filled: Path, own_settings: Path
) -> None:
    own_settings.write_text('[keys]\n"view.live" = "f5, $"\n"run.pin" = ""\n')
    async with opened(filled) as pilot:
        assert "can't be used" not in notices(pilot)
        await pilot.press("dollar_sign")
        assert isinstance(pilot.app.screen, LiveScreen)
        await pilot.press("1", "p")
        await until(pilot, lambda: Notebook(Workspace(filled)).record("3").pinned)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"theme = ", "Invalid value"),
        (b'theme = "nrod"', "the nearest is `nord`"),
        (b'[keys]\n"run.agan" = "b"', "the nearest is `run.again`"),
        (b"colour = 1", "there is no setting `colour`"),
        (b'notify = "beep"', '`notify` says "beep", but may be message, bell or desktop'),
        (b"theme = 3", "`theme` says 3, but is to be a name in quotes"),
        (b'[keys]\n"run.again" = 5', "`keys.run.again` says 5, but a key is set as in"),
        (b'[keys]\nrun.again = "f5"', '"run.again" = "f5", with both in quotes'),
        (b'[keys]\n"run.edit" = "F5"', "`run.edit` is `F5`, which no key is called; the nearest"),
        (b'[keys]\n"run.edit" = "f5, ctrl-x"', "the nearest is `ctrl+x`"),
        (b'[keys]\n"spec.find" = "f5, a"', "`a` can't be the key of `spec.find`: it could not be"),
        (b'[keys]\n"spec.run" = "escape"', "`escape` can't be the key of `spec.run`: esc closes"),
        (b"\xff\xfe", "decode"),
    ],
)
async def test_a_wrong_config_file_is_told_and_the_defaults_hold(
    bare: Path, own_settings: Path, content: bytes, told: str
) -> None:
    own_settings.write_bytes(content)
    async with opened(bare) as pilot:
        assert pilot.app.theme == Settings().theme
        await until(pilot, lambda: told in notices(pilot))
        assert str(own_settings) in notices(pilot)
        await pilot.press("2")
        assert isinstance(pilot.app.screen, LiveScreen)
