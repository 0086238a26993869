"""States can be read on every row, whichever theme is chosen."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widget import Widget

from app.presentation.text import GATE_WORDS
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from engine.experiment.record import Status
from tests.functional.staging import fill, opened, record, until

_ROW, _HIGHLIGHTED = 4.5, 3.0
_THEMES = ("tokyo-night", "textual-dark", "textual-light", "solarized-light", "atom-one-light")


def brightness(channels: Iterable[int]) -> float:
    """The relative luminance of WCAG."""
    parts = [one / 255 for one in channels]
    red, green, blue = (
        one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def shown(widget: Widget, words: set[str], cursor: str) -> Iterator[tuple[str, bool, float]]:
    """Each of the words that a widget shows, whether the cursor is there, and its contrast."""
    highlight = widget.get_component_rich_style(cursor).bgcolor
    for strip in widget.render_lines(Region(0, 0, *widget.outer_size)):
        for segment in strip:
            said, style = set(segment.text.split()) & words, segment.style
            if said:
                assert style is not None
                assert style.color is not None
                assert style.bgcolor is not None
                one, other = sorted(
                    brightness(colour.get_truecolor()) for colour in (style.color, style.bgcolor)
                )
                contrast = (other + 0.05) / (one + 0.05)
                yield said.pop(), style.bgcolor == highlight, contrast


@pytest.mark.parametrize("theme", _THEMES)
async def test_states_stand_out_from_rows_and_from_the_highlighted_one(
    filled: Path, own_settings: Path, theme: str
) -> None:
    own_settings.write_text(f'theme = "{theme}"\n')
    fill(filled, [record(4 + place, status=status) for place, status in enumerate(Status)])
    async with opened(filled, (120, 40)) as pilot:
        rail = pilot.app.screen.query_one(Rail)
        table = pilot.app.screen.query_one(ResultsTable)
        rail.focus()
        gates = set(GATE_WORDS.values())
        cursor = "option-list--option-highlighted"
        await until(pilot, lambda: "shut" in {one[0] for one in shown(rail, gates, cursor)})
        found = []
        for place in range(rail.option_count):
            rail.highlighted = place
            await pilot.pause()
            found += list(shown(rail, gates, cursor))
        states = list(shown(table, set(Status), "table--cursor"))
        assert {"failed", "stopped", "done", "queued"} <= {word for word, *_ in states}
        found += states
        assert {True, False} == {is_highlighted for _, is_highlighted, _ in found}
        unread = {one for one in found if one[2] < (_HIGHLIGHTED if one[1] else _ROW)}
        assert not unread
