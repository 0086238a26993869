"""Every question to the helper process gets its own answer, or an error."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.errors import UserError
from engine.helper.client import Helper
from tests.support import wait_until
from tests.unit.competition.builders import flowers


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    made = Helper()
    yield made
    made.close()


def summary(helper: Helper, root: Path, data: str = "data", **options: object) -> object:
    answer = helper.ask("summary", options.get("progress"), workspace=str(root), data=data)  # type: ignore[arg-type]  # a test's own callback
    return answer["labelled_images"]


@pytest.mark.slow
def test_who_gives_up_waiting_leaves_no_answer_to_the_next(helper: Helper, tmp_path: Path) -> None:
    flowers(tmp_path / "data", rows=12)
    flowers(tmp_path / "other", rows=8)

    def given_up(_what: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summary(helper, tmp_path, progress=given_up)
    assert summary(helper, tmp_path, data="other") == 8


def test_a_refusal_does_not_end_it(helper: Helper, tmp_path: Path) -> None:
    flowers(tmp_path / "data")
    with pytest.raises(UserError, match="does not exist"):
        summary(helper, tmp_path, data="nowhere")
    process = helper._process
    assert summary(helper, tmp_path) == 8
    assert helper._process is process


@pytest.mark.slow
def test_one_that_was_killed_says_so_and_is_started_again(helper: Helper, tmp_path: Path) -> None:
    flowers(tmp_path / "data")
    assert summary(helper, tmp_path) == 8

    process = helper._process
    assert process is not None
    # Stopped, so that it can't answer before it is killed.
    process.send_signal(signal.SIGSTOP)
    killer = threading.Timer(0.2, process.kill)
    killer.start()
    with pytest.raises(UserError, match=r"ended while it worked on `summary` \(exit -9\)"):
        summary(helper, tmp_path)
    killer.join()
    assert summary(helper, tmp_path) == 8


@pytest.mark.slow
def test_one_that_nobody_asks_is_ended_and_started_again(tmp_path: Path) -> None:
    flowers(tmp_path / "data")
    helper = Helper(idle_seconds=0.3)
    helper.start()
    process = helper._process
    assert process is not None
    try:
        assert summary(helper, tmp_path) == 8
        process.wait(10)
        assert summary(helper, tmp_path) == 8
    finally:
        helper.close()


def test_it_leaves_the_gpu_to_training() -> None:
    helper = Helper()
    helper.start()
    try:
        process = helper._process
        assert process is not None
        started = psutil.Process(process.pid)
        # For a moment it still is what it was forked from.
        assert wait_until(lambda: started.environ().get("CUDA_VISIBLE_DEVICES")) == "-1"
    finally:
        helper.close()


def test_a_fault_of_ours_is_called_that(helper: Helper) -> None:
    with pytest.raises(UserError, match="fault of hydra-tui"):
        helper.ask("summary", nonsense=1)


def test_one_that_can_not_begin_says_why(tmp_path: Path) -> None:
    helper = Helper("engine.helper.nowhere")
    with pytest.raises(UserError, match=r"\(exit 1: .*No module named engine\.helper\.nowhere\)"):
        summary(helper, tmp_path)
