"""Asks the helper process; starts it when first needed, and again when it has died."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Any

from engine.errors import UserError

Progress = Callable[[str, int, int], None]

# A process with TensorFlow takes seconds to start, and half a gigabyte: whoever asks one question
# asks more, and then none for long.
IDLE_SECONDS = 120.0


class Helper:
    """A child process that answers one question at a time; safe to share between threads.

    Args:
        module: what the process runs, by `engine.helper.serving`.
        idle_seconds: after so long without a question it is ended, to give its memory back; None
            keeps it.
    """

    def __init__(
        self, module: str = "engine.helper.server", idle_seconds: float | None = None
    ) -> None:
        self._module = module
        self._idle_seconds = idle_seconds
        self._process: subprocess.Popen[str] | None = None
        # What it says that is no answer.
        self._said: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._ending: threading.Timer | None = None

    def start(self) -> None:
        """Have the process import its libraries before it is asked."""
        with self._lock:
            self._started()

    def ask(self, call: str, progress: Progress | None = None, **arguments: Any) -> Any:
        """Ask one question and wait for the answer.

        Args:
            call: one of the calls that the module serves.
            progress: told what is being done, steps done and steps in all.
            arguments: plain values.

        Returns:
            The answer, plain values.

        Raises:
            UserError: what the call raised, or the helper died.
        """
        with self._lock:
            process = self._started()
            try:
                answer = _exchange(process, {"call": call, "arguments": arguments}, progress)
            except BaseException:
                # Whoever gave up waiting leaves an answer behind that the next one would get.
                process.kill()
                self._process = None
                raise
            why = ""
            if answer is None:
                self._process, code = None, process.wait()
                why = f"exit {code}{self._last_words() if code > 0 else ''}"
            self._end_later()
        if answer is not None:
            if "error" in answer:
                raise UserError(*answer["error"])
            return answer["result"]
        raise UserError(
            f"The helper process ended while it worked on `{call}` ({why}).",
            "an answer.",
            "try again; exit -9 means that the system was short of memory.",
        )

    def close(self) -> None:
        """End the process, if there is one."""
        if self._ending is not None:
            self._ending.cancel()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
        self._forget()

    def _end_later(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        if self._idle_seconds is not None:
            self._ending = threading.Timer(self._idle_seconds, self._end_if_idle)
            self._ending.daemon = True
            self._ending.start()

    def _end_if_idle(self) -> None:
        # Where it is being asked again, the answer sets another time.
        if self._lock.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._lock.release()

    def _last_words(self) -> str:
        """Why a process ended that could not even be asked: it may not have been importable."""
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        return f": {lines[-2]}" if len(lines) > 1 else ""

    def _forget(self) -> None:
        """Close what the process before has said."""
        if self._said is not None:
            self._said.close()
            self._said = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._forget()
            with suppress(OSError):
                # Where there is no room for it, it does without.
                self._said = TemporaryFile()  # noqa: SIM115 (it stays open)
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said or subprocess.DEVNULL,
                text=True,
                # Whatever a GPU has is for training: TensorFlow would take all of it.
                env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
                # Ctrl-C in the terminal is the cockpit's to answer.
                start_new_session=True,
            )
        return self._process


def _exchange(
    process: subprocess.Popen[str], question: dict[str, Any], progress: Progress | None
) -> dict[str, Any] | None:
    """Put a question and wait for what is said of it; None when the process ended instead."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        return None
    for line in process.stdout:
        if not line.endswith("\n"):
            return None
        answer: dict[str, Any] = json.loads(line)
        if "progress" not in answer:
            return answer
        if progress is not None:
            progress(*answer["progress"])
    return None
