"""A file that is replaced stays what it was to others: its place, its mode, its links."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import UserError
from engine.files import explained, write_atomically
from engine.jobs.launchers import LocalLauncher
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    there = tmp_path / "elsewhere" / "notebook.json"
    there.write_text("old")
    link = tmp_path / "experiments.json"
    link.symlink_to(Path("elsewhere") / "notebook.json")
    write_atomically(link, "new")
    assert link.is_symlink()
    assert there.read_text() == "new"
    assert [one.name for one in there.parent.iterdir()] == ["notebook.json"]


@pytest.mark.parametrize("given", [0o660, 0o600, 0o444])
def test_a_file_keeps_its_mode(tmp_path: Path, given: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(given)
    write_atomically(path, "new")
    assert (mode(path), path.read_text()) == (given, "new")


@pytest.mark.parametrize(("umask", "wanted"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_a_new_file_has_the_mode_that_the_user_wants(
    tmp_path: Path, umask: int, wanted: int
) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "file", "new")
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == wanted


def test_a_workspace_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    gone = Workspace(tmp_path / "gone")
    with pytest.raises(UserError, match="gone is not there any more"):
        Notebook(gone).note_data(".")
    assert list(tmp_path.iterdir()) == []


def test_nor_while_a_worker_starts_in_it(tmp_path: Path) -> None:
    worker = SimpleNamespace(pid=os.getpid(), exit_code=lambda: None, give=lambda _: None)
    launcher = LocalLauncher(tmp_path / "log")
    launcher._waiting["cpu"] = worker  # type: ignore[assignment] # all that is asked of one
    with pytest.raises(UserError, match="gone is not there any more"):
        launcher.launch(Workspace(tmp_path / "gone").task("1", "fold0"), "cpu")
    assert list(tmp_path.iterdir()) == []


def test_what_is_gone_while_it_is_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"a is not there any more"),
        explained(tmp_path / "a" / "b"),
    ):
        (tmp_path / "a" / "b").touch()
