"""The program is replaced while it runs somebody's queue."""

import shutil
from pathlib import Path

import pytest

import engine
from engine.experiment.record import Status
from engine.jobs import program
from engine.jobs.liveness import claim_of
from engine.jobs.program import Program
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.jobs.conftest import settled
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers


@pytest.mark.slow
def test_what_is_queued_goes_on_by_the_new_program(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "installed" / "engine"
    # With what is compiled of it.
    shutil.copytree(Path(engine.__file__).parent, copy)
    monkeypatch.setenv("PYTHONPATH", str(copy.parent))
    data = flowers(tmp_path / "competition", rows=40, test=6)
    service = Service(workspace.root, str(data))
    assert settled(service, service.submit(tiny_spec()).id).status is Status.DONE
    before = claim_of(workspace.supervisor)
    assert before is not None
    for name in ("tasks", "supervisor"):
        file = copy / "jobs" / f"{name}.py"
        file.write_text(file.read_text("utf-8").replace("slot_of", "slot_that_was_given"), "utf-8")
    assert settled(service, service.submit(tiny_spec()).id).status is Status.DONE
    log = (workspace.supervisor / "log.txt").read_text("utf-8")
    assert log.count("going on as the new one") == 1
    assert claim_of(workspace.supervisor) == before, "nobody could take it for gone meanwhile"
    service.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of one file."""
    (tmp_path / "here.py").write_text("x = 1\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_a_program_is_replaced_when_one_of_its_files_is(folder: Path) -> None:
    one = Program("here", folder)
    (folder / "notes.txt").write_text("x", "utf-8")
    assert not one.is_replaced()
    (folder / "here.py").write_text("x = 12\n", "utf-8")
    assert one.is_replaced()


def test_half_a_program_is_not_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(program.os, "execv", lambda _file, words: begun.append(words))  # type: ignore[attr-defined]  # os, as that module sees it
    one = Program("here", folder)
    (folder / "here.py").write_text("import gone\n", "utf-8")
    assert one.is_replaced()
    one.renew(lambda: None)
    monkeypatch.setattr(program, "_SETTLED_SECONDS", 0.0)
    one.renew(lambda: None)
    assert begun == []
    (folder / "here.py").write_text("x = 3\n", "utf-8")
    left: list[str] = []
    one.renew(lambda: left.append("left"))
    assert left == ["left"]
    assert begun[0][2:4] == ["-m", "here"]
