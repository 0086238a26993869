"""Who has a task, and whether it lives: also after the clock was set, or in another container."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.jobs.liveness import claim, claim_of, end_worker, is_alive, last_beat

NAME = "socket.gethostname"


def beat(folder: Path, seconds_ago: float) -> None:
    path = folder / "heartbeat"
    path.touch()
    then = time.time() - seconds_ago
    os.utime(path, (then, then))


def test_a_clock_that_was_set_ends_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim(tmp_path, os.getpid())
    # What psutil tells on Linux moves with the clock.
    born = psutil.Process().create_time()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _self: born + 5.0)
    assert is_alive(tmp_path)


def test_a_process_that_has_ended_is_dead_also_before_its_parent_looks(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    claim(tmp_path, ended.pid)
    while psutil.Process(ended.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert not is_alive(tmp_path)
    ended.wait()
    assert not is_alive(tmp_path)


def test_another_process_of_the_same_number_is_not_taken_for_it(tmp_path: Path) -> None:
    claim(tmp_path, os.getpid())
    path = tmp_path / "process.json"
    path.write_text(path.read_text().replace('","host"', '0","host"'))
    assert claim_of(tmp_path) is not None
    assert not is_alive(tmp_path)


def test_one_of_another_machine_lives_while_its_heart_beats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container that is started again has a new name, and its old processes are gone."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(NAME, lambda: "4f1c0de")
        claim(tmp_path, os.getpid())
    assert not is_alive(tmp_path), "it never beat"
    beat(tmp_path, 5)
    assert is_alive(tmp_path)
    end_worker(tmp_path)
    assert last_beat(tmp_path) > 0, "and is none of ours to kill"
    beat(tmp_path, 200)
    assert not is_alive(tmp_path)
    beat(tmp_path, -30)
    assert is_alive(tmp_path), "clocks may differ"
    beat(tmp_path, -3600)
    assert not is_alive(tmp_path), "but that was no clock"


def test_a_claim_of_an_older_program_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "process.json").write_text('{"pid": 1, "created": 1.5, "host": "here"}')
    assert claim_of(tmp_path) is None
    assert not is_alive(tmp_path)
