"""What stands on screens without anything to show flows to their width."""

from itertools import pairwise
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widgets import Static

from tests.functional.staging import opened, station, until


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_lines_end_only_where_the_next_word_has_no_room(
    bare: Path, size: tuple[int, int]
) -> None:
    async with opened(bare, size) as pilot:
        for key in "12345678":
            await pilot.press(key)
            await pilot.pause()
            for one in station(pilot).query("#empty").results(Static):
                if not one.display:
                    continue
                await until(pilot, lambda one=one: one.size.width > 0)  # type: ignore[misc] # the loop's
                width, height = one.size
                strips = one.render_lines(Region(3, 1, width, height))
                lines = [strip.text.rstrip() for strip in strips]
                for line, after in pairwise(lines):
                    word = after.strip().partition(" ")[0]
                    if line.strip() and word:
                        assert len(line) + 1 + len(word) > width, (key, line, after)
