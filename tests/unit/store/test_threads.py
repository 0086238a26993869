"""Several threads of one process share a notebook: nobody sees or saves what is half done."""

import json
import threading
from pathlib import Path

import pytest

from engine.jobs.workspace import Workspace
from engine.store import rows
from engine.store.notebook import Notebook
from engine.store.storage import CorruptNotebook
from tests.unit.store.test_notebook import record


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def notebook(workspace: Workspace) -> Notebook:
    made = Notebook(workspace)
    for _ in range(3):
        made.add(record)
    return made


def test_a_reader_in_the_middle_of_a_change_sees_and_spoils_nothing(
    workspace: Workspace, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that reads between two fields of a row that another thread is changing."""
    set_field = rows.Row.__setitem__
    seen: list[str] = []

    def look() -> None:
        seen.extend(one.name for one in notebook.records())

    def interrupted(row: rows.Row, name: str, value: object) -> None:
        set_field(row, name, value)
        if name == "name" and not seen:
            reader = threading.Thread(target=look)
            reader.start()
            reader.join()

    monkeypatch.setattr(rows.Row, "__setitem__", interrupted)
    notebook.change("3", lambda one: one.model_copy(update={"name": "changed"}))
    assert seen == ["tiny", "tiny", "tiny"], "as they were before"
    stored = json.loads(workspace.notebook.read_text())["experiments"]["3"]
    assert stored.keys() >= {"id", "name", "stage", "status", "spec", "tasks"}
    assert [one.name for one in Notebook(workspace).records()] == ["tiny", "tiny", "changed"]


def test_marks_made_at_once_are_all_kept(workspace: Workspace, notebook: Notebook) -> None:
    threads = [
        threading.Thread(target=lambda name=name: notebook.note_left_out([name])) for name in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notebook.left_out() == ("a", "b", "c")
    assert notebook.note_left_out(["b"], undo=True) == ("a", "c")


def test_damage_in_the_trash_is_damage(workspace: Workspace, notebook: Notebook) -> None:
    notebook.delete(["2"], lambda _: None)
    text = workspace.notebook.read_text()
    broken = text.replace('"trash": {\n  "2": {', '"trash": {\n  "2": {{')
    assert broken != text
    workspace.notebook.write_text(broken)
    with pytest.raises(CorruptNotebook):
        notebook.note_passed("overfit", True)
    assert workspace.notebook.read_text() == broken
