"""Runs exactly one task, then ends: `python -m engine.jobs.worker [TASK_FOLDER]`.

Without a folder it imports everything first, tries the machinery once, and waits for the folder
on its standard input: a warm worker.
"""

import logging
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from engine.importing import importing

with importing():
    import numpy as np

    from engine.errors import UserError
    from engine.events.types import TaskFailed, TaskFinished, TaskStarted, TaskStopped
    from engine.events.writer import EventWriter
    from engine.jobs.liveness import Heartbeat, claim
    from engine.jobs.tasks import EVENTS, LOG, TaskOrder
    from engine.training.compiling import grow_memory
    from engine.training.failures import failure_of
    from engine.training.fit import fit_fold, resumable_epoch
    from engine.training.reporter import environment, missing_gpu
    from engine.training.stopping import RestartRequested, StopRequested, StopSignal
    from engine.training.warmup import warm_up
    from engine.tuning.search import run_search

# Keras says so of every fit over a pipeline that shuffles by itself, in the user's log.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
# TensorFlow's advice to who writes its functions: one worker trains many networks.
logging.getLogger("tensorflow").addFilter(lambda record: "retracing" not in record.getMessage())


def run_task(folder: Path) -> bool:
    """Run the task whose order lies in `folder`; everything it says goes into that folder.

    Args:
        folder: the task's folder.

    Returns:
        Whether the task was done, rather than stopped or failed.

    Raises:
        RestartRequested: this process is to give its memory back, and another to go on.
    """
    stop = StopSignal()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    claim(folder, os.getpid())
    heartbeat = Heartbeat(folder, stop.set)
    began = time.monotonic()
    with EventWriter(folder / EVENTS) as events:
        try:
            order = TaskOrder.read(folder)
            events.write(
                TaskStarted(
                    environment=environment(Path(order.workspace), order.slots),
                    resumed_epoch=resumable_epoch(folder),
                )
            )
            if (missing := missing_gpu()) is not None:
                events.write(missing)
            run = fit_fold if order.search is None else run_search
            scores = run(order, folder, events.write, stop)
            events.write(TaskFinished(scores=scores, seconds=time.monotonic() - began))
            return True
        except StopRequested:
            events.write(TaskStopped(seconds=time.monotonic() - began))
        except RestartRequested:
            raise
        except Exception as error:  # the boundary: whatever it is, the notebook must hear of it
            # What a user can mend is told by the event; a traceback would say that we can't.
            if not isinstance(error, UserError):
                # The log lies on the same disk as everything else, and that may be what is full.
                with suppress(OSError):
                    traceback.print_exc()
            events.write(TaskFailed(error=failure_of(error), seconds=time.monotonic() - began))
        finally:
            heartbeat.end()
    return False


def speak_into(log: Path) -> None:
    """Let all that this process says go into a file.

    Args:
        log: which; its folder is there.
    """
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(handle, sys.stdout.fileno())
    os.dup2(handle, sys.stderr.fileno())
    os.close(handle)


def _interrupted_while_waiting(_number: int, _frame: FrameType | None) -> None:
    # A waiting worker has nothing to lose.
    os._exit(0)


def serve(receive: Callable[[], str], *, is_early: bool) -> int:
    """Wait for a task and run it.

    Args:
        receive: waits for the task's folder; empty when there will be none.
        is_early: whether there is time to try the machinery once before.

    Returns:
        The process' exit status.
    """
    signal.signal(signal.SIGTERM, _interrupted_while_waiting)
    if is_early:
        warm_up()
    sys.stdout.write("waiting for a task\n")
    sys.stdout.flush()
    folder = receive().strip()
    return _work(Path(folder)) if folder else 0


def _work(folder: Path) -> int:
    grow_memory()
    speak_into(folder / LOG)
    np.seterr(all="ignore")
    try:
        return 0 if run_task(folder) else 1
    except RestartRequested:
        # The same process in the eyes of its supervisor, which need not know: same pid, same
        # claim. The task's files say where it was.
        command = [sys.executable, "-P", "-m", "engine.jobs.worker", str(folder)]
        os.execv(sys.executable, command)  # noqa: S606 (the same program with its own argument)


def main() -> int:
    """Run the task named on the command line, or the one that arrives on standard input."""
    if len(sys.argv) > 1:
        return _work(Path(sys.argv[1]))
    return serve(sys.stdin.readline, is_early=True)


if __name__ == "__main__":
    sys.exit(main())
