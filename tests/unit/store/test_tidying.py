"""Tags, notes, deletions; by the service and by command."""

import json
from pathlib import Path

import pytest

from app.cli import run_command
from engine.errors import UserError
from engine.experiment.record import Status
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from engine.store.rows import parsed
from tests.functional.searched import search
from tests.functional.staging import fill, record, replace, start_running, three


@pytest.fixture
def root(tmp_path: Path) -> Path:
    fill(tmp_path, three())
    return tmp_path


def schema(root: Path) -> int:
    return int(parsed(Workspace(root).notebook.read_text())["meta"]["1"].get("schema", 1))


def test_tags_and_notes_are_kept_and_taken_back(root: Path) -> None:
    tidying = Service(root).tidying
    tidying.tag("2", ["Keep", "best", "keep"])
    assert tidying.note("2", " a  line\nmore ").note == "a line more"
    assert tidying.tag("2", remove=["best"]).tags == ("keep",)
    stored = Notebook(Workspace(root)).record("2")
    assert (stored.tags, stored.note) == (("keep",), "a line more")
    tidying.remark("2", (), "")
    row = json.loads(Workspace(root).notebook.read_text())["experiments"]["2"]
    assert not {"tags", "note"} & set(row), "what is empty is not written"


@pytest.mark.parametrize("tag", ["", "two words", "-not", "a,b"])
def test_what_is_no_word_is_no_tag(root: Path, tag: str) -> None:
    with pytest.raises(UserError, match="is no tag"):
        Service(root).tidying.tag("2", [tag])


def test_earlier_versions_open_a_notebook_until_it_has_tags(root: Path) -> None:
    assert schema(root) == 1
    Service(root).tidying.delete(["1"])
    assert schema(root) == 1
    Service(root).tidying.note("2", "x")
    assert schema(root) == 2
    assert len(Notebook(Workspace(root)).records()) == 2


def test_a_notebook_of_before_opens(root: Path) -> None:
    place = Workspace(root).notebook
    tables = json.loads(place.read_text())
    place.write_text(json.dumps(tables, indent=1))
    assert Notebook(Workspace(root)).record("3").tags == ()
    Service(root).tidying.pin("1")
    assert [one.pinned for one in Notebook(Workspace(root)).records()] == [True, False, False]


def test_what_is_deleted_is_readable_and_comes_back_in_its_place(root: Path) -> None:
    service = Service(root)
    before = Notebook(Workspace(root)).records()
    (Workspace(root).run("2") / "fold0").mkdir(parents=True)
    service.tidying.delete(["2", "1"])
    assert [one.id for one in service.records()] == ["3"]
    assert [one.id for one in service.tidying.deleted()] == ["2", "1"]
    assert service.record("2") == before[1], "what was made of it still finds it"
    assert Workspace(root).run("2").is_dir()
    with pytest.raises(UserError, match=r"was deleted.*undelete 2"):
        service.tidying.tag("2", ["x"])
    service.tidying.undelete(["2", "1"])
    assert Notebook(Workspace(root)).records() == before
    assert service.tidying.deleted() == ()


def test_ids_of_deleted_experiments_are_not_used_again(root: Path) -> None:
    Service(root).tidying.delete(["3"])
    fill(root, [record(9)])
    assert [one.id for one in Notebook(Workspace(root)).records()] == ["1", "2", "4"]


def test_all_are_deleted_or_none(root: Path) -> None:
    fill(root, [record(4, status=Status.QUEUED), record(5, status=Status.RUNNING)])
    start_running(root, "5")
    tidying = Service(root).tidying
    for ids, told in ((["1", "9"], "no experiment `9`"), (["1", "4"], "4 is queued"),
                      (["1", "5"], "5 is running")):  # fmt: skip
        with pytest.raises(UserError, match=told):
            tidying.delete(ids)
    with pytest.raises(UserError, match="1 was not deleted"):
        tidying.undelete(["1"])
    assert len(Notebook(Workspace(root)).records()) == 5


def test_the_commands(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> str:
        assert run_command(["-w", str(root), *words]) == 0
        return capsys.readouterr().out

    assert "[keep]" in run("tag", "2", "keep")
    assert "[keep]: look again" in run("note", "2", "look", "again")
    assert "tags" in run("show", "2")
    assert "has no tags" in run("tag", "2", "keep", "--remove")
    assert json.loads(run("note", "2", "--json"))["note"] == ""
    assert "Nothing was deleted" in run("undelete")
    assert "undelete 1 2" in run("delete", "1", "2")
    assert len(json.loads(run("ls", "--json"))) == 1
    assert "overfit wide_cnn" in run("undelete")
    assert "Back again" in run("undelete", "1", "2")
    assert [one["id"] for one in json.loads(run("delete", "3", "--json"))] == ["3"]
    assert run_command(["-w", str(root), "delete", "3"]) == 2
    capsys.readouterr()
    fill(root, [record(number, status=Status.QUEUED) for number in (4, 5, 6)])
    assert "before all that waits: 2 experiments: 5, 6." in run("next", "6", "5")
    assert "before all that waits: 6 baseline plain_cnn 16px." in run("next", "6")
    queue = sorted(Notebook(Workspace(root)).records()[-3:], key=lambda one: one.queued)
    assert [one.id for one in queue] == ["6", "5", "4"]
    assert [one["id"] for one in json.loads(run("next", "4", "--json"))] == ["4"]


def test_what_predicts_nothing_is_no_baseline(root: Path) -> None:
    fill(root, [search(4, Status.DONE)])
    service = Service(root)
    with pytest.raises(UserError, match="4 is a search, which predicts nothing"):
        service.tidying.pin("4")
    assert not any(one.pinned for one in service.records())
    replace(root, service.record("4").model_copy(update={"pinned": True}))
    assert not service.tidying.pin("4").pinned, "one of an earlier version is let go"


def test_there_is_one_baseline_whatever_was_deleted(root: Path) -> None:
    service = Service(root)
    service.tidying.pin("3")
    service.tidying.delete(["3"])
    with pytest.raises(UserError, match="was deleted"):
        service.tidying.pin("3")
    service.tidying.pin("2")
    service.tidying.undelete(["3"])
    assert [one.id for one in service.records() if one.pinned] == ["2"]
    service.tidying.delete(["2"])
    service.tidying.undelete(["2"])
    assert [one.id for one in service.records() if one.pinned] == ["2"], "nobody took its place"
