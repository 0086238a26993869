"""From the start of the process to the first full paint, with 200 and 10,000 experiments.

Run: uv run python benchmarks/cockpit_start.py
"""

import ast
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pyte
from cockpit_data import write_notebook
from processes import end_family
from report import Figure, report

ROUNDS = 5
EXPERIMENTS, MANY = 200, 10_000
AIM_SECONDS = 0.8
MANY_SECONDS = 1.2
IMPORT_SECONDS = 0.45
SIZE = (40, 120)
WATCH_SECONDS = 6.0
HEAVY = ("tensorflow", "keras", "numpy", "pandas", "sklearn")
# What Textual itself needs for a table and a footer with nothing of ours behind them.
BARE = """
from textual.app import App
from textual.widgets import DataTable, Footer

class Bare(App):
    def compose(self):
        yield DataTable()
        yield Footer()

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("id", "loss")
        table.add_rows([(str(number), "0.1") for number in range(200)])

Bare().run()
"""
LOOK = f"import sys, app.cockpit; print([m for m in {HEAVY!r} if m in sys.modules])"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place, "few"), Path(place, "many")
        for root, count in ((few, EXPERIMENTS), (many, MANY)):
            root.mkdir()
            write_notebook(root, count)
        # As from the second start on: Python keeps our modules compiled, like the libraries'.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([sys.executable, "-c", LOOK], capture_output=True, check=True)
        # By turns, so that a machine that is busy for a while is so for both.
        rounds = [
            (
                _first_paint(*_cockpit(few, EXPERIMENTS)),
                _first_paint(*_cockpit(many, MANY)),
                _first_paint(["-c", BARE], ("loss", "palette")),
                _seconds("import textual.app"),
            )
            for _ in range(ROUNDS)
        ]
    heavy = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    ours, ours_of_many, bare, textual = (
        statistics.median(times) for times in zip(*rounds, strict=True)
    )
    imported_libraries = len(ast.literal_eval(heavy.stdout))
    # The aim is 0.8 s on a machine that imports Textual in 0.45 s, and scales with that.
    aim = AIM_SECONDS * textual / IMPORT_SECONDS
    report(
        "cockpit_start",
        [
            Figure(f"first full paint, {EXPERIMENTS} experiments", ours, "s", round(aim, 3)),
            Figure(f"first full paint, {MANY} experiments", ours_of_many, "s", MANY_SECONDS),
            Figure("a bare Textual app with a table: first full paint", bare, "s"),
            Figure('python -c "import textual.app"', textual, "s"),
            Figure("numerical libraries imported", imported_libraries, "", 0),
        ],
        {"first paint / import of Textual": ours / textual, "first paint / bare app": ours / bare},
    )


def _cockpit(root: Path, count: int) -> tuple[list[str], tuple[str, ...]]:
    """The cockpit's command line, and what stands on its full paint."""
    return ["-m", "app", "-w", str(root)], (f"{count} · sorted", "palette", "━ train")


def _first_paint(arguments: list[str], painted: tuple[str, ...]) -> float:
    """Seconds until every one of the texts stands on the screen.

    What the cockpit writes is only noted with its time while it starts: the emulator, which is
    slow, looks for the full paint afterwards.
    """
    began = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(SIZE[1]), LINES=str(SIZE[0]))
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 (a pty needs no shell)
    # The kernel's own size counts for more than the variables.
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    written: list[tuple[float, bytes]] = []
    try:
        while time.monotonic() - began < WATCH_SECONDS:
            if select.select([terminal], [], [], 0.05)[0]:
                written.append((time.monotonic() - began, os.read(terminal, 65536)))
    finally:
        end_family(child)
        os.close(terminal)
    screen = pyte.Screen(SIZE[1], SIZE[0])
    stream = pyte.ByteStream(screen)
    for seconds, block in written:
        stream.feed(block)
        text = "\n".join(screen.display)
        if all(word in text for word in painted):
            return seconds
    raise TimeoutError(f"{painted} was not painted")


def _seconds(code: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
