"""A program in a terminal of its own, with an emulator to see what it shows."""

import os
import pty
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from types import TracebackType

import psutil
import pyte
from processes import end_family

# A burst of output is over when nothing has come for so long, seconds: Textual paints up to two of
# its frames, of 60 a second, later what follows a key.
_QUIET = 0.04


class Terminal:
    """Runs a program; ends it and all it started on the way out.

    What comes is only noted with its time: the emulator, which is slow, looks at it afterwards.

    Args:
        command: the program and its arguments.
        size: lines and columns.
        environ: variables beside the usual ones.
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (40, 120),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.began = time.monotonic()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(size[1]), LINES=str(size[0]))
            os.environ.update(environ or {})
            os.execvp(command[0], list(command))  # noqa: S606 (a pty needs no shell)
        # The kernel's own size counts for more than the variables.
        ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self._screen = pyte.Screen(size[1], size[0])
        self._stream = pyte.ByteStream(self._screen)
        self._written: list[tuple[float, bytes]] = []

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end_family(self.pid)
        os.close(self._terminal)

    def watch(self, seconds: float) -> None:
        """Note what comes for so long.

        Args:
            seconds: how long.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(min(left, 0.05))

    def painted(self, words: Sequence[str]) -> float:
        """When every one of some words stood on the screen for the first time.

        Args:
            words: as they are written, each in one line.

        Returns:
            Seconds since the start.

        Raises:
            TimeoutError: they never did.
        """
        while self._written:
            moment, block = self._written.pop(0)
            self._stream.feed(block)
            text = self.text
            if all(word in text for word in words):
                return moment - self.began
        raise TimeoutError(f"{words} was not painted; the screen says:\n{self.text}")

    @property
    def text(self) -> str:
        """The lines of the screen as far as it has been looked at."""
        return "\n".join(self._screen.display)

    def press(self, keys: bytes) -> float:
        """Press a key.

        Args:
            keys: what the key sends.

        Returns:
            Seconds until the last byte of what it had painted; of nothing, not a number.
        """
        while self._read(0):
            pass
        began = time.monotonic()
        os.write(self._terminal, keys)
        last = float("nan")
        wait = 1.0
        while self._read(wait):
            last, wait = self._written[-1][0] - began, _QUIET
        return last

    def see(self) -> str:
        """Have the emulator look at all that has come, and say what the screen shows."""
        for _, block in self._written:
            self._stream.feed(block)
        self._written.clear()
        return self.text

    def memory(self, programs: Sequence[str] = ()) -> float:
        """Resident memory, MiB.

        Args:
            programs: of which processes that it started, by a word of their command lines; by
                default of the program alone.
        """
        eldest = psutil.Process(self.pid)
        family = [eldest, *self._children(eldest, programs)]
        return sum(float(one.memory_info().rss) for one in family) / 2**20

    def load(self, seconds: float, programs: Sequence[str] = ()) -> float:
        """Processor time used while it is left alone, per cent of one core.

        Args:
            seconds: how long to look.
            programs: as `memory` takes them.
        """
        eldest = psutil.Process(self.pid)
        family = [eldest, *self._children(eldest, programs)]
        before = sum(sum(one.cpu_times()[:2]) for one in family)
        self.watch(seconds)
        after = sum(sum(one.cpu_times()[:2]) for one in family)
        return 100 * (after - before) / seconds

    @staticmethod
    def _children(eldest: psutil.Process, programs: Sequence[str]) -> list[psutil.Process]:
        return [
            child
            for child in eldest.children(recursive=True)
            if any(word in " ".join(child.cmdline()) for word in programs)
        ]

    def _read(self, wait: float) -> bool:
        if not select.select([self._terminal], [], [], wait)[0]:
            return False
        self._written.append((time.monotonic(), os.read(self._terminal, 65536)))
        return True
