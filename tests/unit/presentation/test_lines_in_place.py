"""What a command rewrites in place stays one line, however narrow the terminal is."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len

from app.cli import run_command
from app.command_line import recipe
from app.command_line.inplace import CLEAR, rewrite
from app.command_line.opening import DONE, INTERRUPTED
from engine.pilot.flight import Flight, Pilot, note_flight
from engine.service import Service


@pytest.mark.parametrize("line", ["7 running · fold0 · epoch 8/10 " * 9, "图像" * 99])
def test_a_long_line_is_cut_to_the_terminal(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    written = StringIO()
    rewrite(line, written)
    shown = written.getvalue().removeprefix(CLEAR)
    assert cell_len(shown) == 79, "the last column would have some terminals wrap"
    assert line.startswith(shown.rstrip())


def test_a_short_line_is_written_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    written = StringIO()
    rewrite("short", written)
    assert written.getvalue() == f"{CLEAR}short"


def test_whoever_joins_an_autopilot_is_told_of_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(_: Service) -> Flight:
        raise KeyboardInterrupt

    service = Service(tmp_path)
    flight = Flight(status="running", began=datetime.now(UTC), budget=40, used=14)
    note_flight(service.workspace, flight)
    monkeypatch.setattr(Pilot, "is_flying", property(lambda _: True))
    monkeypatch.setattr(recipe, "_landed", leave)
    assert run_command(["-w", str(tmp_path), "recipe", "--budget", "8h"]) == INTERRUPTED
    told = capsys.readouterr().err
    assert "14.0 s of its 40.0 s are used" in told
    assert "goes on by itself" in told
    assert run_command(["-w", str(tmp_path), "recipe", "--detach"]) == DONE
    assert "recipe --stop" in capsys.readouterr().out
