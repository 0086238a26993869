"""Runs exactly one task, then ends: `python -m engine.jobs.worker [TASK_FOLDER]`.

Without a folder it imports everything first, tries the machinery once, and waits for the folder
on its standard input: a warm worker.
"""

import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType

import numpy as np
import tensorflow as tf

from engine.errors import UserError
from engine.events.types import TaskFailed, TaskFinished, TaskStarted, TaskStopped
from engine.events.writer import EventWriter
from engine.experiment.record import ErrorReport
from engine.jobs.liveness import Heartbeat, claim
from engine.jobs.tasks import EVENTS, LOG, TaskOrder
from engine.training.compiling import grow_memory
from engine.training.fit import fit_fold, resumable_epoch
from engine.training.reporter import environment
from engine.training.stopping import StopRequested, StopSignal
from engine.training.warmup import warm_up


def run_task(folder: Path) -> bool:
    """Run the task whose order lies in `folder`; everything it says goes into that folder.

    Args:
        folder: the task's folder.

    Returns:
        Whether the task was done, rather than stopped or failed.
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
                    environment=environment(Path(order.workspace)),
                    resumed_epoch=resumable_epoch(folder),
                )
            )
            scores = fit_fold(order, folder, events.write, stop)
            events.write(TaskFinished(scores=scores, seconds=time.monotonic() - began))
            return True
        except StopRequested:
            events.write(TaskStopped(seconds=time.monotonic() - began))
        except Exception as error:  # the boundary: whatever it is, the notebook must hear of it
            # The log lies on the same disk as everything else, and that may be what is full.
            with suppress(OSError):
                traceback.print_exc()
            events.write(TaskFailed(error=_report(error), seconds=time.monotonic() - began))
        finally:
            heartbeat.end()
    return False


def _report(error: Exception) -> ErrorReport:
    if isinstance(error, UserError):
        return ErrorReport(happened=error.happened, expected=error.expected, fix=error.fix)
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return ErrorReport(
            happened="The device ran out of memory.",
            expected="a batch of images and its gradients that fit.",
            fix="halve batch_size, or lower image_size or head.units.",
        )
    first = str(error).strip().partition("\n")[0]
    return ErrorReport(
        happened=f"{type(error).__name__}: {first}" if first else type(error).__name__,
        expected="no such error: this is a fault of hydra-tui, not yours.",
        fix="see the log for the traceback.",
    )


def _speak_into(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(handle, sys.stdout.fileno())
    os.dup2(handle, sys.stderr.fileno())
    os.close(handle)


def _interrupted_while_waiting(_number: int, _frame: FrameType | None) -> None:
    # A waiting worker has nothing to lose.
    os._exit(0)


def main() -> int:
    """Run the task named on the command line, or the one that arrives on standard input."""
    grow_memory()
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
    else:
        signal.signal(signal.SIGTERM, _interrupted_while_waiting)
        warm_up()
        sys.stdout.write("waiting for a task\n")
        sys.stdout.flush()
        line = sys.stdin.readline().strip()
        if not line:
            return 0
        folder = Path(line)
    _speak_into(folder / LOG)
    np.seterr(all="ignore")
    return 0 if run_task(folder) else 1


if __name__ == "__main__":
    sys.exit(main())
