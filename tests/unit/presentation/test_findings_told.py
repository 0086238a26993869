"""What is odd in the data, and about which files."""

from io import StringIO

import pytest
from rich.console import Console

from app.presentation.findings import finding_lines
from app.presentation.panes import findings_pane
from engine.competition.findings import Finding


def finding(files: int, count: int) -> Finding:
    return Finding(
        severity="warning",
        happened="Copies.",
        expected="none.",
        fix="leave them.",
        files=tuple(f"{one} = {one + 1}" for one in range(files)),
        count=count,
    )


@pytest.mark.parametrize(
    ("files", "count", "has_more"), [(1, 2, False), (8, 16, False), (9, 9, True), (20, 99, True)]
)
def test_dots_stand_only_for_what_is_left_out(files: int, count: int, has_more: bool) -> None:
    told = [finding(files, count)]
    screen = Console(file=StringIO(), width=200)
    screen.print(findings_pane(told))
    assert isinstance(screen.file, StringIO)
    for text in (screen.file.getvalue(), "\n".join(finding_lines(told))):
        assert (" .." in text) is has_more
