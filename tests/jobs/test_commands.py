"""The commands, as a script sees them: words in, one document and a status out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import run_command
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.jobs.conftest import settled
from tests.support import end_processes, tiny_spec
from tests.unit.competition.builders import flowers, table

ROOT = Path(__file__).parents[2]
TINY = ["--set", "image_size=8", "--set", "phases.0.epochs=1"]


def hydra(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The real program."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


class Here:
    """The same in this process, which costs no second a command."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._root = root
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        status = run_command([*words, "-w", str(self._root)])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def json(self, *words: str) -> Any:
        status, out, _ = self(*words, "--json")
        assert status == 0
        return json.loads(out)


@pytest.fixture
def here(arena: Service, finished: ExperimentRecord, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(arena.workspace.root, capsys)


def three_parts(said: str) -> None:
    lines = said.strip().splitlines()
    assert "Traceback" not in said
    assert lines[-2].startswith("Expected: ")
    assert lines[-1].startswith("To fix it: ")


def test_run_to_the_end_prints_one_document(arena: Service, finished: ExperimentRecord) -> None:
    """From another folder: the data's place is remembered, and seen from the workspace."""
    root = arena.workspace.root
    ended = hydra("run", "baseline", *TINY, "--json", "-w", str(root), cwd=root.parent)
    assert ended.returncode == 0, ended.stderr
    record = json.loads(ended.stdout)
    keys = "id name stage status spec scores parent started finished seconds error"
    assert set(keys.split()) <= set(record)
    assert (record["status"], record["stage"], record["error"]) == ("done", "baseline", None)
    assert record["spec"]["image_size"] == 8
    figures = {"train_log_loss", "val_log_loss", "val_accuracy", "val_auc", "val_metric"}
    assert figures <= set(record["scores"])
    assert f"✓ {record['id']} baseline plain_cnn 8px done" in ended.stderr
    assert "epoch 1/1" in ended.stderr


def test_work_that_fails_is_a_one(here: Here, arena: Service) -> None:
    status, out, err = here(
        "run", "baseline", *TINY, "--set", "phases.0.train=last_convolutions:99"
    )
    assert status == 1
    assert "failed" in out
    assert "the last 99 can't be trained" in err
    three_parts(err)


@pytest.mark.slow
def test_several_that_were_followed_stand_beside_each_other(here: Here) -> None:
    status, out, err = here("run", "baseline", *TINY, "--set", "head.units=8,16")
    assert status == 0, err
    head, *lines = out.splitlines()
    assert head.split()[:3] == ["ID", "STATUS", "NAME"]
    assert len(lines) == 2
    assert all("✓ done" in line for line in lines)


def test_detached_then_listed_followed_and_stopped(here: Here, arena: Service) -> None:
    record = here.json("run", "baseline", *TINY, "--set", "phases.0.epochs=1000", "--detach")
    assert record["status"] == "queued"
    assert here.json("ls")[-1]["id"] == record["id"]
    assert [one["id"] for one in here.json("stop", record["id"])] == [record["id"]]
    ended = settled(arena, record["id"])
    assert ended.status is Status.STOPPED
    status, out, _ = here("log", record["id"], "-f")
    assert status == 0
    status, out, err = here("stop", record["id"], "--json")
    assert status == 2
    assert json.loads(out)["error"]["happened"] in err


def test_before_the_first_training_it_says_what_to_look_at(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folds are frozen then: whatever would change the rows comes too late."""
    data = flowers(workspace.root / "data", rows=12)
    rows = (f"{i},{i % 2}" for i in range(1, 14))
    table(data / "train_labels.csv", "name,tulip", *rows)
    words = ["--data", str(data), "-w", str(workspace.root), "run", "baseline", *TINY, "--detach"]
    said = []
    for _ in range(2):
        assert run_command(words) == 0
        said.append(capsys.readouterr().err)
    assert "Look at the data first: " in said[0]
    happened = "Labels without an image: 1 of 13 (first: `13`, line 14 of train_labels.csv)."
    assert f"Look at the data first: {happened}" in said[0]
    assert "To fix it: complete the image folder" in said[0]
    assert "Look at the data" not in said[1]


def test_rerun_makes_another_of_the_same_spec(
    here: Here, arena: Service, finished: ExperimentRecord
) -> None:
    status, out, _ = here("rerun", finished.id, "--detach")
    assert status == 0
    identifier = out.split()[0]
    assert f"hydra-tui log {identifier} -f" in out
    record = settled(arena, identifier)
    assert (record.spec, record.parent) == (finished.spec, finished.id)
    # The same spec on the same data.
    assert record.scores.val_log_loss == finished.scores.val_log_loss
    assert record.scores.parent_gain == 0.0


def test_ls_and_show(here: Here, finished: ExperimentRecord) -> None:
    status, out, _ = here("ls")
    assert status == 0
    assert out.splitlines()[0].split()[:3] == ["ID", "STATUS", "NAME"]
    assert f"✓ {finished.status}" in out
    assert finished.id in [one["id"] for one in here.json("ls")]
    shown = here.json("show", finished.id)
    assert shown.pop("progress") is None, "nothing of it runs"
    assert {"condition", "evidence"} >= {name for one in shown.pop("diagnosis") for name in one}
    assert ExperimentRecord.model_validate(shown).scores == finished.scores
    _, out, _ = here("show", finished.id)
    assert f"{finished.scores.val_log_loss:.4f}" in out
    assert "head.units" in out


@pytest.mark.slow
def test_what_was_deleted_can_be_compared_all_the_same(
    here: Here, arena: Service, finished: ExperimentRecord
) -> None:
    gone = settled(arena, arena.submit(tiny_spec("seed=1")).id)
    arena.tidying.delete([gone.id])
    for words in ((), ("--table", "csv"), ("--reference", gone.id)):
        status, out, _ = here("compare", finished.id, gone.id, *words)
        assert status == 0
        assert gone.name in out


def test_the_log_tells_the_run(here: Here, finished: ExperimentRecord) -> None:
    status, out, _ = here("log", finished.id)
    assert status == 0
    for line in ("started on CPU", "phase 1: training all for 1 epochs", "epoch 1 ", "finished in"):
        assert line in out


@pytest.mark.slow
def test_export_where_asked_and_by_default(
    here: Here, arena: Service, finished: ExperimentRecord, tmp_path: Path
) -> None:
    answer = here.json("export", finished.id, "-o", str(tmp_path / "a.csv"))
    assert (answer["rows"], answer["path"]) == (6, str(tmp_path / "a.csv"))
    status, out, _ = here("export", finished.id)
    assert status == 0
    name = f"{finished.id}-baseline-plain_cnn-8px.csv"
    assert (arena.workspace.submissions / name).read_text() == (tmp_path / "a.csv").read_text()
    assert f"submissions/{name}: 6 rows, columns name, tulip" in out


def test_data_tells_what_was_recognised(here: Here) -> None:
    summary = here.json("data")
    assert (summary["target"], summary["labelled_images"], summary["folds"]) == ("binary", 40, 5)
    status, out, _ = here("data")
    assert status == 0
    assert "40 labelled, 6 to predict" in out


@pytest.mark.parametrize(
    "words",
    [
        ("show", "99"),
        ("rerun", "99"),
        ("resume", "99"),
        ("stop", "99"),
        ("export", "99"),
        ("run", "baseline", "--set", "head.unit=5"),
        ("run", "baseline", "--set", "image_size=1"),
        ("run", "baseline", "--folds", "6"),
        ("run", "baseline", "--folds", "many"),
        ("run", "widen"),
        ("ledger", "--upload", "flowers"),
        ("ledger", "--score", "0.5"),
        ("pseudo", "1", "--threshold", "95"),
        ("pseudo", "1", "--share", "1"),
        ("show",),
        ("ls", "--bogus"),
        ("fly",),
    ],
    ids=" ".join,
)
def test_a_wrong_request_is_a_two_in_three_parts(here: Here, words: tuple[str, ...]) -> None:
    before = here.json("ls")
    status, out, err = here(*words, "--json")
    assert status == 2
    error = json.loads(out)["error"]
    assert all(error[part] for part in ("happened", "expected", "fix"))
    assert error["happened"] in err
    three_parts(err)
    assert here.json("ls") == before


def test_the_workspace_stands_before_or_after_the_command(
    arena: Service, finished: ExperimentRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(arena.workspace.root)
    said = []
    for words in (["-w", root, "ls"], ["ls", "-w", root], ["ls", "--workspace", root]):
        assert run_command(words) == 0
        said.append(capsys.readouterr().out)
    assert finished.name in said[0]
    assert said == [said[0]] * 3


def test_without_a_terminal_the_cockpit_is_refused(tmp_path: Path) -> None:
    ended = hydra("-w", str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith("The cockpit needs a terminal")
    three_parts(ended.stderr)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_notebook_says_how_to_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["ls", "-w", str(tmp_path)]) == 0
    assert "hydra-tui run baseline" in capsys.readouterr().out
    assert run_command(["ls", "--json", "-w", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_ends_quietly(arena: Service, finished: ExperimentRecord) -> None:
    line = '"$0" -m app -w "$1" show "$2" | true'
    ended = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable, str(arena.workspace.root), finished.id],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""


def test_the_built_in_competition_is_written_when_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data", "--json", "-w", str(tmp_path / "new"), "--data", "builtin:digits"]
    assert run_command(words) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["labelled_images"], len(summary["class_counts"])) == (1437, 10)
    service = Service(tmp_path / "new")
    assert service.data == "builtin:digits"
    try:
        changes = ["phases.0.epochs=1", "image_size=8", "rows=0.1"]
        ((spec, _),) = service.propose(Stage.BASELINE, changes)
        record = settled(service, service.submit(spec).id)
    finally:
        service.close()
        end_processes(Workspace(tmp_path / "new"))
    assert record.status is Status.DONE, record.error
    assert record.scores.val_rows == pytest.approx(287, abs=1)
