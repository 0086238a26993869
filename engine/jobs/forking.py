"""Workers forked from a process that has imported everything, so that each is there in a moment.

TensorFlow takes seconds of processor time to import. What has only been imported can be forked;
what has computed something, or holds a GPU, can't: so this is for the CPU, and for Linux, where
nothing else of the system minds.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

CAN_FORK = sys.platform == "linux"
_WORKER = "engine.jobs.worker"
_MOMENT_SECONDS = 0.05


class ForkedWorker:
    """A worker that waits for its task.

    The first one waits until the server has imported everything.

    Args:
        log: where it writes what it has to say before it has a task.
        environment: the server's, which its workers inherit.

    Raises:
        OSError, EOFError: the server does not come up.
    """

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_WORKER])
        receiver, self._sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(receiver, str(log)))
        try:
            with _environment(environment):
                self._process.start()
        finally:
            receiver.close()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return self._process.pid

    def give(self, folder: Path) -> None:
        """Let it run the task in a folder, and then end.

        Raises:
            BrokenPipeError: it is gone.
        """
        self._sender.send(str(folder))
        self._sender.close()

    def exit_code(self) -> int | None:
        """None while it lives; negative for the signal that ended it."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """End it at once, and wait until it is gone."""
        self._process.kill()
        self._process.join()
        self._sender.close()


def _work(receiver: Connection, log: str) -> None:
    """What a forked worker does: as one that was started by hand, with a pipe for its input."""
    from engine.jobs.worker import serve, speak_into

    # No terminal is to end it, nor its supervisor's end.
    os.setsid()
    speak_into(Path(log))

    def receive() -> str:
        try:
            return str(receiver.recv())
        except EOFError:
            return ""

    # A task that it was forked for is there by now.
    sys.exit(serve(receive, is_early=not receiver.poll(_MOMENT_SECONDS)))


@contextmanager
def _environment(changed: Mapping[str, str]) -> Iterator[None]:
    """The server takes the environment of the moment in which it is started."""
    before = dict(os.environ)
    os.environ.update(changed)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
