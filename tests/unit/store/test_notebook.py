"""The notebook survives crashes, crowds, full disks and strangers' hands."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.files import write_atomically
from engine.jobs.tasks import plan_tasks
from engine.jobs.workspace import Workspace
from engine.store import storage
from engine.store.notebook import Notebook
from engine.store.storage import CorruptNotebook
from tests.support import tiny_spec

ROOT = Path(__file__).parents[3]


def record(identifier: str) -> ExperimentRecord:
    now, spec = datetime.now(UTC), tiny_spec()
    return ExperimentRecord(
        id=identifier,
        name="tiny",
        stage=spec.stage,
        spec=spec,
        created=now,
        queued=now,
        tasks=plan_tasks(spec),
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def notebook(workspace: Workspace) -> Notebook:
    made = Notebook(workspace)
    made.add(record)
    return made


def spoil(workspace: Workspace, **rows: Any) -> bytes:
    """Put something into the first experiment's row."""
    tables = json.loads(workspace.notebook.read_text())
    tables["experiments"]["1"] |= rows
    workspace.notebook.write_text(json.dumps(tables))
    return workspace.notebook.read_bytes()


def test_what_was_added_is_there_for_everybody(workspace: Workspace, notebook: Notebook) -> None:
    added = notebook.add(record)
    assert added.id == "2"
    assert [r.id for r in Notebook(workspace).records()] == ["1", "2"]
    assert Notebook(workspace).record("2") == added
    with pytest.raises(UserError, match=r"There is no experiment `7`\. one of 1, 2\."):
        notebook.record("7")
    for _ in range(9):
        notebook.add(record)
    with pytest.raises(UserError, match=r"one of 11, of which the newest are 2, 3, .*, 11\."):
        notebook.record("99")


def test_the_file_is_tinydbs(workspace: Workspace, notebook: Notebook) -> None:
    from tinydb import TinyDB

    with TinyDB(workspace.notebook) as database:
        assert [row["id"] for row in database.table("experiments")] == ["1"]


def test_an_edit_that_fails_changes_nothing(workspace: Workspace, notebook: Notebook) -> None:
    before = workspace.notebook.read_bytes()

    def edit(found: ExperimentRecord) -> ExperimentRecord:
        raise UserError("no", "no", "no")

    with pytest.raises(UserError):
        notebook.change("1", edit)
    assert workspace.notebook.read_bytes() == before
    assert [r.id for r in notebook.records()] == ["1"]
    assert notebook.add(record).id == "2"


def test_ids_are_never_used_again(workspace: Workspace, notebook: Notebook) -> None:
    """Neither that of a run whose notebook was lost: its folder is still there."""
    (workspace.runs / "7").mkdir(parents=True)
    assert notebook.add(record).id == "8"
    workspace.notebook.unlink()
    assert notebook.add(record).id == "8"


def test_reading_what_has_not_changed_is_cheap(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = notebook.records()

    def refuse(*_: Any) -> Any:
        raise AssertionError("the file was parsed again")

    monkeypatch.setattr(storage, "read_tables", refuse)
    assert notebook.records() is first


def test_only_what_changed_is_validated_again(workspace: Workspace, notebook: Notebook) -> None:
    first = notebook.records()[0]
    Notebook(workspace).add(record)
    assert notebook.records()[0] is first
    assert len(notebook.records()) == 2


def test_the_trash_is_not_validated_at_every_change(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.add(record)
    notebook.delete(["1"], lambda _: None)
    notebook.note_passed("overfit", True)
    validated = []

    def noting(text: str) -> ExperimentRecord:
        validated.append(text)
        return ExperimentRecord.model_validate(json.loads(text))

    monkeypatch.setattr(ExperimentRecord, "model_validate_json", noting)
    notebook.note_passed("overfit", False)
    assert [one.id for one in notebook.deleted()] == ["1"]
    assert not validated


WRITER = """
import sys
from pathlib import Path
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.unit.store.test_notebook import record
notebook = Notebook(Workspace(Path(sys.argv[1])))
for _ in range(int(sys.argv[2])):
    notebook.add(record)
    notebook.change("1", lambda r: r.model_copy(update={"seconds": r.seconds + 1}))
    print("added", flush=True)
"""


def writer(workspace: Workspace, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(workspace.root), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_crowd_of_writers_loses_nothing(workspace: Workspace, notebook: Notebook) -> None:
    crowd = [writer(workspace, 8) for _ in range(4)]
    for process in crowd:
        process.communicate(timeout=60)
        assert process.returncode == 0
    found = notebook.records()
    assert [r.id for r in found] == [str(n) for n in range(1, 34)]
    assert found[0].seconds == 32.0


def test_killed_in_the_middle_of_writing_the_file_is_whole(
    workspace: Workspace, notebook: Notebook
) -> None:
    said = 0
    for delay in (0.0, 0.003, 0.006, 0.009):
        process = writer(workspace, 10_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        said += 1 + len(process.stdout.read().splitlines())
        process.wait()
        process.stdout.close()
        # What was said to be added is there; at most one more was written but not yet said.
        assert 1 + said <= len(Notebook(workspace).records())
        json.loads(workspace.notebook.read_text())
    assert notebook.add(record).id == str(len(notebook.records()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"experiments": {"1": {"id"',
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"experiments": [1]}',
        b'{"experiments": {"one": {}}}',
        b'{"meta": {"1": {"schema": "two"}}}',
        b'{"meta": {"1": {"next_id": null}}}',
    ],
)
def test_a_damaged_notebook_is_refused_and_left_untouched(
    workspace: Workspace, notebook: Notebook, content: bytes
) -> None:
    workspace.notebook.write_bytes(content)
    for attempt in (notebook.records, lambda: notebook.add(record), notebook.data):
        with pytest.raises(CorruptNotebook) as caught:
            attempt()
        assert "is damaged" in caught.value.happened
        assert "left untouched" in caught.value.happened
        assert caught.value.last_good is not None
        assert f"cp {caught.value.last_good}" in caught.value.fix
    assert workspace.notebook.read_bytes() == content


@pytest.mark.parametrize(
    ("rows", "fault"),
    [({"status": "flying"}, "bad `status`"), ({"id": "x"}, "the id `x`")],
)
def test_a_bad_row_is_damage_too(
    workspace: Workspace, notebook: Notebook, rows: dict[str, Any], fault: str
) -> None:
    spoilt = spoil(workspace, **rows)
    with pytest.raises(CorruptNotebook, match=fault) as caught:
        notebook.records()
    assert caught.value.last_good is not None
    assert notebook.restore_last_good()
    assert [r.id for r in notebook.records()] == ["1"]
    assert spoilt in [path.read_bytes() for path in workspace.root.glob("*.corrupt-*.json")]


def test_the_last_good_copy_is_restored_and_the_damaged_file_kept(
    workspace: Workspace, notebook: Notebook
) -> None:
    good = workspace.notebook.read_bytes()
    for damage in (b"first", b"second"):
        workspace.notebook.write_bytes(damage)
        aside = Path(notebook.restore_last_good())
        assert aside.read_bytes() == damage
        assert workspace.notebook.read_bytes() == good
    assert len(list(workspace.root.glob("*.corrupt-*.json"))) == 2
    assert notebook.records()[0].status is Status.QUEUED


def test_without_a_good_copy_nothing_is_restored(workspace: Workspace, notebook: Notebook) -> None:
    (workspace.hydra / "experiments.last-good.json").unlink()
    workspace.notebook.write_bytes(b"damaged")
    with pytest.raises(CorruptNotebook) as caught:
        notebook.records()
    assert caught.value.last_good is None
    assert "by hand" in caught.value.fix
    with pytest.raises(UserError, match="no good copy"):
        notebook.restore_last_good()
    assert workspace.notebook.read_bytes() == b"damaged"


def test_there_is_never_a_moment_without_a_notebook(
    workspace: Workspace, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that comes while the copy is being restored must not see an empty notebook."""
    seen: list[int] = []
    write = write_atomically

    def looked_at(path: Path, text: str | Sequence[str]) -> None:
        assert workspace.notebook.exists()
        write(path, text)
        seen.append(len(Notebook(workspace).records()))

    workspace.notebook.write_bytes(b"damaged")
    monkeypatch.setattr(storage, "write_atomically", looked_at)
    notebook.restore_last_good()
    assert seen == [1]


def test_a_newer_notebook_is_refused_and_left_untouched(
    workspace: Workspace, notebook: Notebook
) -> None:
    newer = b'{"meta": {"1": {"schema": 99}}, "experiments": {"1": {"unheard": "of"}}}'
    workspace.notebook.write_bytes(newer)
    for attempt in (
        notebook.records,
        lambda: notebook.add(record),
        lambda: notebook.note_data("."),
    ):
        with pytest.raises(UserError, match=r"newer hydra-tui \(format 99\)"):
            attempt()
    assert workspace.notebook.read_bytes() == newer


def test_fields_that_nobody_knows_are_of_a_newer_version(
    workspace: Workspace, notebook: Notebook
) -> None:
    """It is not told to go back to an earlier copy, which lacks what the newer one wrote."""
    scores = notebook.records()[0].scores.model_dump() | {"val_brier": 0.1}
    newer = spoil(workspace, scores=scores, mood="good")
    for attempt in (notebook.records, lambda: notebook.add(record)):
        with pytest.raises(UserError, match=r"newer hydra-tui \(experiment 1 has") as caught:
            attempt()
        assert not isinstance(caught.value, CorruptNotebook)
    assert workspace.notebook.read_bytes() == newer
    spoil(workspace, status="flying")
    with pytest.raises(CorruptNotebook, match="bad `status`"):
        notebook.records()


def test_a_folder_in_the_notebooks_place_is_explained(workspace: Workspace) -> None:
    workspace.notebook.mkdir()
    with pytest.raises(UserError, match="can't be read"):
        Notebook(workspace).records()


def test_a_file_in_the_way_of_the_locks_is_explained(workspace: Workspace) -> None:
    workspace.hydra.write_text("a file")
    with pytest.raises(UserError, match="is in the way"):
        Notebook(workspace).add(record)
    assert not workspace.notebook.exists()


# The limit holds for every file, also for compiled modules that Python would write: hence -B.
FULL = """
import resource, sys
from pathlib import Path
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.unit.store.test_notebook import record
notebook = Notebook(Workspace(Path(sys.argv[1])))
room = notebook._workspace.notebook.stat().st_size + 100
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    notebook.add(record)
except UserError as error:
    print(error.happened)
print(len(notebook.records()))
"""


def test_a_full_disk_leaves_the_old_notebook_and_no_litter(
    workspace: Workspace, notebook: Notebook
) -> None:
    before = workspace.notebook.read_bytes()
    ended = subprocess.run(
        [sys.executable, "-B", "-c", FULL, str(workspace.root)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    said = ended.stdout.splitlines()
    assert said[0].startswith("The disk is full")
    assert said[1] == "1"
    assert workspace.notebook.read_bytes() == before
    assert {path.name for path in workspace.root.iterdir()} == {".hydra", "experiments.json"}


def test_a_lock_that_is_held_for_too_long_is_named(
    workspace: Workspace, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_LOCK_SECONDS", 0.1)
    other = Notebook(workspace)
    with other.exclusive(), pytest.raises(UserError, match=r"has held .*notebook\.lock"):
        notebook.add(record)
    assert notebook.add(record).id == "2"


def test_what_another_has_written_without_a_lock_is_not_overwritten(
    workspace: Workspace, notebook: Notebook
) -> None:
    """`.hydra`, where the lock lies, may be deleted at any time, also at the worst."""

    def slow(identifier: str) -> ExperimentRecord:
        shutil.rmtree(workspace.hydra)
        Notebook(workspace).add(record)
        return record(identifier)

    with pytest.raises(UserError, match="changed by another process"):
        notebook.add(slow)
    assert [one.id for one in notebook.records()] == ["1", "2"]
    assert notebook.add(record).id == "3"


def test_a_dead_holders_lock_is_free(workspace: Workspace, notebook: Notebook) -> None:
    process = writer(workspace, 10_000)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    assert notebook.add(record).id


def test_where_the_data_lies_is_remembered(workspace: Workspace, notebook: Notebook) -> None:
    assert notebook.data() is None
    notebook.note_data("../data")
    before = workspace.notebook.stat().st_mtime_ns
    notebook.note_data("../data")
    assert workspace.notebook.stat().st_mtime_ns == before
    assert Notebook(workspace).data() == "../data"
    assert [r.id for r in notebook.records()] == ["1"]


def test_a_submission_that_is_none_is_damage(workspace: Workspace, notebook: Notebook) -> None:
    tables = json.loads(workspace.notebook.read_text())
    tables["submissions"] = {"1": {"mood": "good"}}
    workspace.notebook.write_text(json.dumps(tables))
    with pytest.raises(CorruptNotebook, match="a submission has a bad `"):
        Notebook(workspace).ledger()
