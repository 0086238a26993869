"""Asks the helper process; starts it when first needed, and again when it has died."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from engine.errors import UserError

Progress = Callable[[str, int, int], None]


class Helper:
    """A child process that answers one question at a time; safe to share between threads.

    Args:
        module: what the process runs, by `engine.helper.serving`.
    """

    def __init__(self, module: str = "engine.helper.server") -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

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
            if answer is None:
                self._process = None
        if answer is not None:
            if "error" in answer:
                raise UserError(*answer["error"])
            return answer["result"]
        raise UserError(
            f"The helper process ended while it worked on `{call}` (exit {process.wait()}).",
            "an answer.",
            "try again; exit -9 means that the system was short of memory.",
        )

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
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
