"""Copies with different labels: told, and no longer told once one of them is left out."""

from pathlib import Path

from textual.widgets import Static

from app.widgets.picture import Picture
from app.widgets.rail import Rail
from tests.functional.staging import notices, opened, station, until
from tests.unit.competition.builders import picture


async def test_leaving_a_copy_out_opens_the_gate_and_takes_the_finding_away(bare: Path) -> None:
    for name in ("1", "2"):
        picture(bare / "train" / f"{name}.png", 1)
    async with opened(bare, size=(120, 40)) as pilot:
        rail = station(pilot).query_one(Rail)
        assert "2 to look at" in rail.render_line(1).text
        await pilot.press("4")
        findings = station(pilot).query_one("#findings-text", Static)
        assert "copies with different" in shown(findings)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.focused, Picture))
        await pilot.press("m")
        await until(pilot, lambda: "left out: 1." in notices(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "copies with different" not in shown(findings))
        await pilot.press("1")
        assert "1 to look at" in rail.render_line(1).text


def shown(text: Static) -> str:
    """What can be read, whatever it is made of."""
    return "\n".join(text.render_line(y).text for y in range(text.size.height))
