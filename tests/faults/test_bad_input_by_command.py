"""Bad input through the commands: three parts, status 2, nothing written and nothing lost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import run_command
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.support import end_processes
from tests.unit.competition.builders import flowers, pictures, table

ROOT = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but caches and locks, which may be deleted at any time."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".hydra" not in path.parts
    }


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert run_command(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.strip().splitlines()
    assert len(lines) >= 3
    assert lines[-2].startswith("Expected: ")
    assert lines[-1].startswith("To fix it: ")
    return said.err


def nothing(_folder: Path) -> None:
    pass


def one_class(folder: Path) -> None:
    flowers(folder)
    table(folder / "train_labels.csv", "name,tulip", *(f"{i},1" for i in range(1, 9)))


def two_rows(folder: Path) -> None:
    flowers(folder)
    table(folder / "train_labels.csv", "name,tulip", "1,0", "2,1")


def no_labels(folder: Path) -> None:
    pictures(folder / "train", ["1.png", "2.png"])


def duplicate_ids(folder: Path) -> None:
    flowers(folder)
    table(folder / "train_labels.csv", "name,tulip", "1,0", "1,1", *(f"{i},1" for i in range(2, 9)))


@pytest.mark.parametrize("members", [("1",), ("1", "1")])
def test_one_experiment_is_no_blend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], members: tuple[str, ...]
) -> None:
    said = refused(capsys, "ensemble", *members, "-w", str(tmp_path))
    assert "Experiment 1 alone is no blend" in said
    assert "hydra-tui ensemble 1 --calibrated" in said


@pytest.mark.slow
def test_weights_that_are_not_there_are_refused_before_anything_waits_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flowers(tmp_path)
    weights = f"weights={tmp_path / 'nope.h5'}"
    for words in (("run", "baseline"), ("tune", "baseline")):
        said = refused(
            capsys,
            *words,
            "-w",
            str(tmp_path),
            "--set",
            weights,
            "--set",
            "image_size=32",
            "--set",
            "backbone=resnet50",
        )
        assert f"no weights at {tmp_path / 'nope.h5'}" in said
    assert Service(tmp_path).records() == ()


@pytest.mark.parametrize(
    ("words", "build", "part"),
    [
        (["data"], nothing, "is empty"),
        (["run", "baseline"], nothing, "is empty"),
        (["data"], no_labels, "2 images"),
        (["data"], one_class, "one class"),
        (["run", "baseline"], two_rows, "Too few labelled images: 2"),
        (["data"], duplicate_ids, "`1`"),
    ],
)
def test_data_nothing_can_be_made_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str],
    build: Callable[[Path], None], part: str,
) -> None:  # fmt: skip
    build(tmp_path)
    before = contents(tmp_path)
    assert part in refused(capsys, *words, "-w", str(tmp_path))
    assert contents(tmp_path) == before
    end_processes(Workspace(tmp_path))


@pytest.mark.parametrize("words", [["ls"], ["run", "baseline"], ["doctor"]])
def test_a_missing_workspace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    said = refused(capsys, *words, "-w", str(tmp_path / "nowhere"))
    assert "is not a folder" in said
    assert f"mkdir -p {tmp_path / 'nowhere'}" in said
    assert list(tmp_path.iterdir()) == []


def test_data_that_is_not_there_is_not_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flowers(tmp_path / "data")
    wrong = ["--data", str(tmp_path / "dta")]
    said = refused(capsys, "data", "-w", str(tmp_path / "new"), *wrong)
    assert f"no competition at {tmp_path / 'dta'}" in said
    assert not (tmp_path / "new").exists()
    # Neither does it replace what was remembered before.
    assert run_command(["data", "-w", str(tmp_path / "new"), "--data", str(tmp_path / "data")]) == 0
    refused(capsys, "ls", "-w", str(tmp_path / "new"), *wrong)
    assert Service(tmp_path / "new").data == str(tmp_path / "data")


def test_a_file_in_the_workspaces_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flowers(tmp_path / "data")
    (tmp_path / "file").write_text("a file")
    data = ["--data", str(tmp_path / "data")]
    assert "is not a folder" in refused(capsys, "ls", "-w", str(tmp_path / "file"))
    assert "is in the way" in refused(capsys, "ls", "-w", str(tmp_path / "file" / "below"), *data)
    assert (tmp_path / "file").read_text() == "a file"


def test_odd_files_that_can_be_read_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte order mark, semicolons and Windows line ends."""
    flowers(tmp_path)
    rows = ["name;tulip", *(f"{i};{i % 2}" for i in range(1, 9))]
    (tmp_path / "train_labels.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    assert run_command(["data", "--json", "-w", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["labelled_images"] == 8


def test_what_can_be_left_out_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flowers(tmp_path)
    (tmp_path / "train" / "3.png").write_bytes(b"no picture")
    (tmp_path / "train" / "5.png").unlink()
    pictures(tmp_path / "train", ["99.png"], first_seed=99)
    assert run_command(["data", "--json", "-w", str(tmp_path)]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    files = {name for finding in findings for name in finding["files"]}
    for name in ("3", "5", "99"):
        assert any(name in file for file in files), name
    assert all(f["happened"] and f["expected"] and f["fix"] for f in findings)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'{"experiments": {"1"', "is damaged"),
        (b'{"meta": {"1": {"schema": 99}}}', "newer hydra-tui"),
    ],
)
@pytest.mark.parametrize("words", [["ls"], ["show", "1"], ["run", "baseline"], ["export", "1"]])
def test_a_notebook_that_can_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, part: str, words: list[str]
) -> None:
    flowers(tmp_path)
    (tmp_path / "experiments.json").write_bytes(content)
    before = contents(tmp_path)
    assert part in refused(capsys, *words, "-w", str(tmp_path))
    assert contents(tmp_path) == before


def on_a_read_only_disk(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program, for which that folder can't be written; permissions don't hold root up."""
    program = [sys.executable, "-m", "app", *words]
    if os.geteuid() == 0:
        mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77; shift; "$@"'
        program = ["unshare", "-m", "sh", "-c", mount, "sh", str(folder), *program]
    else:
        folder.chmod(0o555)
    try:
        ended = subprocess.run(
            program, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("no way to make a folder read-only for root here")
    finally:
        folder.chmod(0o755)
    if ended.returncode in (1, 77) and ("unshare" in ended.stderr or "mount" in ended.stderr):
        pytest.skip("no way to make a folder read-only for root here")
    return ended


def test_a_read_only_workspace_is_told_of_and_still_read(tmp_path: Path) -> None:
    flowers(tmp_path)
    before = contents(tmp_path)
    ended = on_a_read_only_disk(tmp_path, "run", "baseline", "-w", str(tmp_path))
    assert ended.returncode == 2
    assert "can't be written" in ended.stderr
    assert "choose another one with `-w DIR --data COMPETITION`" in ended.stderr
    assert "Traceback" not in ended.stderr
    listed = on_a_read_only_disk(tmp_path, "ls", "-w", str(tmp_path))
    assert (listed.returncode, listed.stderr) == (0, "")
    assert contents(tmp_path) == before


# The limit holds for every file: Python would cut off the compiled modules that it writes, too, and
# take them for whole ever after. Hence -B.
FULL = """
import resource, sys
from app.cli import run_command
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.exit(run_command(sys.argv[1:]))
"""


def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path: Path) -> None:
    flowers(tmp_path / "data")
    workspace = tmp_path / "workspace"
    words = ["-w", str(workspace), "--data", str(tmp_path / "data")]
    assert run_command(["data", *words]) == 0
    before = contents(workspace)
    ended = subprocess.run(
        [sys.executable, "-B", "-c", FULL, "run", "baseline", *words],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    end_processes(Workspace(workspace))
    assert ended.returncode == 2
    # Behind what there is to look at before the first training.
    *_, told = ended.stderr.partition("The disk is full: ")
    assert told
    assert "Traceback" not in ended.stderr
    assert contents(workspace) == before


def test_the_autopilot_refuses_what_nobody_could_train_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("-w", str(tmp_path))
    said = refused(capsys, "recipe", "--budget", "1m", *place)
    assert "Expected:" in said
    assert not (tmp_path / ".hydra" / "autopilot").exists()
    assert "`soon` is not a budget" in refused(capsys, "recipe", "--budget", "soon", *place)
    assert "No autopilot is under way" in refused(capsys, "recipe", "--stop", *place)


def test_what_is_wrong_is_said_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "readme.txt").write_text("")
    for words, part in (
        (("rnu", "baseline"), "write `run`; or see `hydra-tui --help`."),
        (("run", "basline"), "write `baseline`; or see `hydra-tui run --help`."),
        (("run", "baseline", "--fold", "x"), "Expected: `hydra-tui run [-h]"),
        (("undelete", "99"), "Expected: one that was deleted; none is."),
        (("data", "--data", str(tmp_path / "one")), "holds 1 file, but no images"),
        (("ls", "-w", str(tmp_path / "one" / "readme.txt")), "name a folder with `-w`"),
        (("ls", "-w", str(tmp_path / "new")), f"mkdir -p {tmp_path / 'new'}"),
    ):
        place = () if "-w" in words else ("-w", str(tmp_path))
        assert part in refused(capsys, *words, *place)


def test_an_undo_of_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = flowers(tmp_path)
    said = refused(capsys, "leave-out", "--undo", "-w", str(root))
    assert "leave-out IMAGE .. --undo" in said


@pytest.mark.slow
def test_the_demo_names_its_own_way_out_of_a_read_only_folder(tmp_path: Path) -> None:
    ended = on_a_read_only_disk(tmp_path, "demo", str(tmp_path / "digits"))
    assert ended.returncode == 2
    assert "choose another folder: `hydra-tui demo DIR`" in ended.stderr
    assert "--data" not in ended.stderr
