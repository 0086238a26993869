"""Commands that take several experiments, print JSON, or are given words they don't know."""

import json
from pathlib import Path

import pytest

from app.cli import run_command
from engine.experiment.record import Status
from tests.functional.staging import fill, record, stored
from tests.unit.competition.builders import flowers


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """One experiment that is done, and three that wait."""
    fill(flowers(tmp_path), [record(1), *(record(n, status=Status.QUEUED) for n in (2, 3, 4))])
    return tmp_path


def states(root: Path) -> str:
    return " ".join(str(one.status) for one in stored(root))


def test_several_are_stopped_at_once(queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["stop", "4", "2", "4", "--json", "-w", str(queue)]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["4", "2"]
    assert states(queue) == "done stopped queued stopped"


@pytest.mark.parametrize("wrong", ["1", "9"])
def test_none_is_stopped_where_one_can_not_be(
    queue: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    assert run_command(["stop", "2", wrong, "-w", str(queue)]) == 2
    said = capsys.readouterr().err
    assert "Experiment 1 " in said or "`9`" in said
    assert states(queue) == "done queued queued queued"


def test_a_gate_that_is_passed_is_told_as_json(
    queue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["pass", "baseline", "--json", "-w", str(queue)]) == 0
    assert json.loads(capsys.readouterr().out) == {"stage": "baseline", "passed": True}


@pytest.mark.parametrize(
    "words", [("ls", "--lang"), ("stop", "2", "--soon"), ("log", "1", "--json")]
)
def test_unknown_words_are_answered_with_the_usage_of_the_command(
    queue: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run_command([*words, "-w", str(queue)]) == 2
    said = capsys.readouterr().err
    assert f"Unrecognized arguments: {words[-1]}." in said
    assert f"Expected: `hydra-tui {words[0]} " in said
    assert f"see `hydra-tui {words[0]} --help`" in said


def test_a_score_may_have_a_comma_as_in_the_dialog(
    queue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["ledger", "2", "--score", "0,21", "-w", str(queue)]) == 2
    said = capsys.readouterr().err
    assert "--score" not in said, "it is the submission that there is not"
    assert run_command(["ledger", "2", "--score", "good", "-w", str(queue)]) == 2
    assert "`good` is no score." in capsys.readouterr().err


def test_a_folder_or_a_zip_is_answered_with_the_option_that_opens_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, zipped = tmp_path / "my runs", tmp_path / "digits.zip"
    place.mkdir()
    zipped.touch()
    assert run_command([str(place)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"`{place}` is a place on disk, no command.\n")
    assert f"`hydra-tui -w '{place}'`" in told
    assert run_command([str(zipped)]) == 2
    assert f"`hydra-tui --data {zipped}`" in capsys.readouterr().err
    assert run_command(["run", str(place)]) == 2
    assert "hydra-tui -w" not in capsys.readouterr().err, "there a stage is missing, not an option"


def test_by_a_bare_word_a_command_is_meant_though_a_folder_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run_command(["runs"]) == 2
    told = capsys.readouterr().err
    assert "write `run`" in told
    assert "place on disk" not in told
    for place in (".", "runs/", "./runs"):
        assert run_command([place]) == 2
        assert f"`hydra-tui -w {place}`" in capsys.readouterr().err


@pytest.mark.parametrize("start", ["", "./"])
def test_a_word_that_no_file_can_be_called_is_no_command(
    start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([start + "x" * 300]) == 2
    assert "invalid choice" in capsys.readouterr().err.lower()
