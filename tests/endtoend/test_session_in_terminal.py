"""The program in a real terminal, as somebody at the keyboard has it."""

import csv
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pyte
import pytest

from engine.competition.demo import TEST_IMAGES, write_digits
from engine.experiment.record import Status
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.support import end_processes, wait_until

COLUMNS, LINES = 120, 40
ALTERNATE_ON, ALTERNATE_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_ON = b"\x1b[?25h"


class Terminal:
    """A pseudo-terminal, what it was sent, and how that looks."""

    def __init__(self, root: Path) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.modes = termios.tcgetattr(slave)
        self._slave = slave
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.sent = b""
        environment = os.environ | {"TERM": "xterm-256color", "LINES": "", "COLUMNS": ""}
        environment["HYDRA_TUI_CONFIG"] = str(root.parent / "none.toml")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "-w", str(root)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):
            while block := os.read(self._master, 65536):
                with self._lock:
                    self.sent += block
                    self._stream.feed(block)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        with self._lock:
            return "\n".join(self._screen.display)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, words: str, seconds: float = 60) -> None:
        """Wait for words on the screen."""
        try:
            wait_until(lambda: words in self.text, seconds)
        except AssertionError:
            pytest.fail(f"{words!r} never showed:\n{self.text}")

    def leave(self) -> int:
        """Press q, and give the exit status."""
        self.press("q")
        return self.process.wait(20)

    def is_restored(self) -> bool:
        """Whether the shell gets back the terminal it had."""
        back = self.sent.rfind(ALTERNATE_OFF)
        return (
            back > self.sent.rfind(ALTERNATE_ON)
            and CURSOR_ON in self.sent[self.sent.find(ALTERNATE_ON) :]
            and termios.tcgetattr(self._slave) == self.modes
        )

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def digits(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "digits"
    write_digits(root)
    yield root
    end_processes(Workspace(root))


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def braille(text: str) -> int:
    """How many characters are pieces of a curve."""
    return sum(0x2800 < ord(character) <= 0x28FF for character in text)


def test_from_the_first_key_to_the_submission_and_through_a_closed_terminal(
    digits: Path, terminals: list[Terminal]
) -> None:
    notebook = Notebook(Workspace(digits))
    terminal = Terminal(digits)
    terminals.append(terminal)
    for step in ("1 of 3", "2 of 3", "3 of 3"):
        terminal.until(step)
        terminal.press("\r")
    terminal.until("1,437 images, clean")
    terminal.until("No experiments yet")
    assert braille(terminal.text) == 0
    terminal.press("\r")
    terminal.until("Run baseline")
    terminal.press("\r")
    terminal.until("▶ 1 ")
    assert terminal.leave() == 0
    assert wait_until(terminal.is_restored)
    assert not notebook.record("1").status.is_finished, "it was left at work"

    again = Terminal(digits)
    terminals.append(again)
    wait_until(lambda: braille(again.text) > 10, 60)
    wait_until(lambda: notebook.record("1").status.is_finished, 90)
    assert notebook.record("1").status is Status.DONE, notebook.record("1").error
    again.until("✓ done")
    again.press("5")
    again.until("Confusion of 1")
    again.press("1")
    again.press("E")
    again.until("Submission written", 30)
    [written] = (digits / "submissions").iterdir()
    with written.open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["id", *map(str, range(10))]
    assert len(rows) == TEST_IMAGES + 1
    assert all(abs(sum(map(float, row[1:])) - 1) < 1e-3 for row in rows[1:])
    assert again.leave() == 0
    assert wait_until(again.is_restored)
