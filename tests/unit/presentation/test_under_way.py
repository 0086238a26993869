"""How far what runs has got: in the headline, in `ls` and in `show`."""

import argparse
import json
from pathlib import Path

import pytest

from app.command_line.looking import ls, show
from app.presentation.under_way import under_way_text
from engine.experiment.record import Status
from engine.progress import LiveTask
from tests.functional.staging import fill, record, start_running
from tests.unit.competition.builders import flowers


def live(experiment: str, whole: float, left: float | None, fold: int = 0) -> LiveTask:
    told = (experiment, f"fold{fold}", "training all", 0, 0, 1, 4, "epoch", None, left, ())
    return LiveTask(*told, whole=whole)


@pytest.mark.parametrize(
    ("running", "queued", "told"),
    [
        ([live("5", 0.43, 725.0)], 59, "5: 43% · 12:05 left, 59 queued"),
        ([live("5", 0.0, None)], 0, "5: 0%"),
        # Two folds at a time.
        ([live("5", 0.43, 60.0), live("5", 0.43, 60.0, 1)], 0, "5: 43% · 1:00 left"),
        ([live("5", 0.4, None), live("6", 0.1, 9.0)], 1, "5: 40%, 6: 10% · 9.0 s left, 1 queued"),
        ([live(name, 0.4, 9.0) for name in "567"], 2, "3 running, 2 queued"),
    ],
)
def test_the_note_of_what_runs(running: list[LiveTask], queued: int, told: str) -> None:
    assert under_way_text(running, queued) == told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = flowers(tmp_path / "garden")
    fill(root, [record(1), record(2, status=Status.RUNNING)])
    start_running(root, "2")
    return root


def asked(root: Path, **more: object) -> argparse.Namespace:
    return argparse.Namespace(workspace=str(root), data=None, **more)


def test_ls_and_show_tell_how_far_it_has_got(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ls(asked(root, json=False))
    done, running = capsys.readouterr().out.splitlines()[1:3]
    assert "✓ done" in done
    assert "▶ 35%" in running
    show(asked(root, json=False, experiment="2"))
    (told,) = [line for line in capsys.readouterr().out.splitlines() if "progress" in line]
    assert "35% · fold0 · epoch 3/6 · training all · 5/20 · loss 0.5000 · 2.0 s left" in told
    show(asked(root, json=False, experiment="1"))
    assert "progress" not in capsys.readouterr().out


def test_scripts_are_told_how_far_it_has_got(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ls(asked(root, json=True))
    done, running = json.loads(capsys.readouterr().out)
    assert done["progress"] is None
    told = running["progress"]
    assert told.pop("share") == pytest.approx(0.35, abs=0.01)
    assert told == {
        "seconds_left": 2.0,
        "doing": "training all",
        "epoch": 3,
        "epochs": 6,
        "folds": 1,
        "folds_done": 0,
    }
    show(asked(root, json=True, experiment="2"))
    assert json.loads(capsys.readouterr().out)["progress"]["epoch"] == 3
