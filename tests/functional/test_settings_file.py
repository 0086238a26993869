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


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"theme = ", "Invalid value"),
        (b'theme = "nrod"', "the nearest is `nord`"),
        (b'[keys]\n"run.agan" = "b"', "the nearest is `run.again`"),
        (b"colour = 1", "validation error"),
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
