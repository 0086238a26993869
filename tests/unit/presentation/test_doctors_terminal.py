"""The doctor's word on the terminal, asked in a real one."""

import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl

from app.terminal import examine_terminal

CODE = "from app.terminal import examine_terminal as e; print(e().model_dump_json(), flush=True)"


def in_terminal(columns: int, lines: int, **variables: str) -> str:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    subprocess.run(
        [sys.executable, "-c", CODE], stdout=theirs, stdin=theirs, env=kept | variables, check=True
    )
    os.close(theirs)
    said = os.read(ours, 4096).decode()
    os.close(ours)
    return said


def test_a_pipe_is_no_fault() -> None:
    found = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    ).stdout
    assert '"is_well":true' in found
    assert "pipe" in found


def test_tells_size_and_colours_of_a_good_terminal() -> None:
    found = in_terminal(120, 40, TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
    assert "xterm-256color" in found
    assert "120x40, 16 million colours" in found
    assert '"is_well":true' in found


def test_a_small_terminal_is_a_fault_with_its_remedy() -> None:
    found = in_terminal(60, 20, TERM="xterm", LANG="C.UTF-8")
    assert '"is_well":false' in found
    assert "at least 80x24" in found


def test_no_color_is_told() -> None:
    assert "no colours" in in_terminal(80, 24, TERM="xterm", COLORTERM="truecolor", NO_COLOR="1")


def test_is_callable_in_process() -> None:
    assert examine_terminal().name == "terminal"
