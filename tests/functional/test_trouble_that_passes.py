"""Trouble that a person mends: its reason is shown while it lasts, and nothing is lost by it."""

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from tests.functional.staging import (
    cockpit,
    opened,
    station,
    until,
)


def facts(pilot: Pilot[None]) -> str:
    """What the data screen says, of names and values the values."""
    content: Any = station(pilot).query_one("#facts-text", Static).content
    return content if isinstance(content, str) else "\n".join(map(str, content.columns[1].cells))


async def test_why_the_data_can_not_be_used_is_told_where_it_was_shown(bare: Path) -> None:
    settings = bare / "hydra.toml"
    before = settings.read_text() if settings.exists() else ""
    async with opened(bare, (120, 40)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "8 labelled" in facts(pilot))
        settings.write_text(f'{before}\n[competition]\nid_column = "nonsense"\n')
        await pilot.press("r")
        await until(pilot, lambda: cockpit(pilot).desk.data_problem)
        await until(pilot, lambda: "nonsense" in facts(pilot))
        assert "press r to look again" in facts(pilot)
        assert station(pilot).has_class("-unknown")
        settings.write_text(before)
        await pilot.press("r")
        await until(pilot, lambda: "8 labelled" in facts(pilot))
        assert not station(pilot).has_class("-unknown")
