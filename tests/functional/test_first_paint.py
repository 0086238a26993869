"""What the cockpit's start leaves out, and takes up again."""

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.css import stylesheet

from app.startup import collect_garbage, keep_garbage
from app.widgets.results_table import ResultsTable
from tests.functional.staging import opened, station, until


async def test_garbage_is_collected_again_after_the_first_paint(filled: Path) -> None:
    keep_garbage()
    try:
        async with opened(filled) as pilot:
            await until(pilot, gc.isenabled)
    finally:
        collect_garbage()


async def test_the_home_screen_is_the_first_and_shows_the_notebook(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every screen that is made reads its styles, and is drawn.
    made: list[str] = []
    show = App._init_mode

    def noting(app: App[None], mode: str) -> object:
        if mode not in made:
            made.append(mode)
        return show(app, mode)

    monkeypatch.setattr(App, "_init_mode", noting)
    async with opened(filled) as pilot:
        assert made == ["recipe"]
        assert station(pilot).query_one(ResultsTable).row_count == 3


async def test_styles_are_parsed_once(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[object] = []
    parse = stylesheet.parse  # type: ignore[attr-defined]  # as that module sees it

    def noting(scope: str, css: str, read_from: object, **options: Any) -> Any:
        parsed.append((read_from, options["tie_breaker"]))
        return parse(scope, css, read_from, **options)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(stylesheet, "parse", noting)
    async with opened(filled) as pilot:
        before = len(parsed)
        for key in ("3", "1", "3", "question_mark", "escape", "question_mark"):
            await pilot.press(key)
            await pilot.pause()
    assert len(parsed) > before, "the table has its own, and so have dialogs"
    assert len(parsed) == len(set(parsed))


def test_the_first_screen_imports_no_table_that_it_does_not_show() -> None:
    look = "import sys, app.cockpit, app.screens.recipe; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "textual.widgets._static" in done.stdout
    assert "textual.widgets._data_table" not in done.stdout
