"""Who needs no warm worker any more sends the supervisor away, unless there is work."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.experiment.record import Status
from engine.jobs.liveness import claim, claim_of
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.support import note_experiment


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the supervisor's claim and does nothing else."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    claim(Workspace(tmp_path).supervisor, process.pid)
    yield process
    process.kill()
    process.wait()


def test_goes_when_all_is_done(tmp_path: Path, supervisor: subprocess.Popen[bytes]) -> None:
    note_experiment(tmp_path, Status.DONE)
    Service(tmp_path).dismiss()
    assert supervisor.wait(10) < 0
    assert claim_of(Workspace(tmp_path).supervisor) is None


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_stays_while_there_is_work(
    tmp_path: Path, supervisor: subprocess.Popen[bytes], status: Status
) -> None:
    note_experiment(tmp_path, status)
    Service(tmp_path).dismiss()
    assert supervisor.poll() is None
    assert claim_of(Workspace(tmp_path).supervisor) is not None


def test_is_no_error_where_there_is_none(tmp_path: Path) -> None:
    Service(tmp_path).dismiss()
