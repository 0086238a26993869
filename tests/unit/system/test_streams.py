"""What is printed, whatever standard output leads to; as the real program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.staging import fill, record

ROOT = Path(__file__).parents[3]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    fill(tmp_path, [record(1)])
    return tmp_path


def listed(root: Path, redirection: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`hydra-tui ls`, with its output led somewhere by a shell."""
    return subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m app ls -w "$1" {redirection}', sys.executable, str(root)],
        capture_output=True,
        text=True,
        encoding="latin-1",
        check=False,
        cwd=ROOT,
        env=dict(os.environ) | environment,
    )


def test_a_terminal_without_a_character_gets_another(filled: Path) -> None:
    ran = listed(filled, "", PYTHONIOENCODING="latin-1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "? done" in ran.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has one")
def test_a_full_disk_is_told_of(filled: Path) -> None:
    ran = listed(filled, ">/dev/full")
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "The answer can't be written: No space left on device.",
        "Expected: a standard output that takes it.",
        "To fix it: free some space there, or send it elsewhere.",
    ]


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_leads_nowhere(filled: Path, redirection: str) -> None:
    before = (filled / "experiments.json").read_bytes()
    ran = listed(filled, redirection)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (filled / "experiments.json").read_bytes() == before
