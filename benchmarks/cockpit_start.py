"""From the start of the process to the first full paint, with 200 and 10,000 experiments.

Run: uv run python benchmarks/cockpit_start.py
"""

import ast
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cockpit_data import write_notebook
from report import Figure, report
from terminal import Terminal

ROUNDS = 5
EXPERIMENTS = 200
AIM_SECONDS = 0.8
IMPORT_SECONDS = 0.45
SIZE = (40, 120)
WATCH_SECONDS = 2.5
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
        root = Path(place)
        write_notebook(root, EXPERIMENTS)
        # As from the second start on: Python keeps our modules compiled, like the libraries'.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([sys.executable, "-c", LOOK], capture_output=True, check=True)
        cockpit = [str(Path(sys.executable).with_name("hydra-tui")), "-w", str(root)]
        painted = (f"{EXPERIMENTS} · sorted", "palette", "● val")
        # By turns, so that a machine that is busy for a while is so for both.
        rounds = [
            (
                _first_paint(cockpit, painted),
                _first_paint(["-c", BARE], ("loss", "palette")),
                _seconds("import textual.app"),
            )
            for _ in range(ROUNDS)
        ]
    heavy = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    ours, bare, textual = (statistics.median(times) for times in zip(*rounds, strict=True))
    imported_libraries = len(ast.literal_eval(heavy.stdout))
    # The aim is 0.8 s on a machine that imports Textual in 0.45 s, and scales with that.
    aim = AIM_SECONDS * textual / IMPORT_SECONDS
    report(
        "cockpit_start",
        [
            Figure(f"first full paint, {EXPERIMENTS} experiments", ours, "s", round(aim, 3)),
            Figure("a bare Textual app with a table: first full paint", bare, "s"),
            Figure('python -c "import textual.app"', textual, "s"),
            Figure("numerical libraries imported", imported_libraries, "", 0),
        ],
        {"first paint / import of Textual": ours / textual, "first paint / bare app": ours / bare},
    )


def _first_paint(arguments: list[str], painted: tuple[str, ...]) -> float:
    """Seconds until every one of the texts stands on the screen."""
    with Terminal([sys.executable, *arguments], SIZE) as terminal:
        terminal.watch(WATCH_SECONDS)
        return terminal.painted(painted)


def _seconds(code: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
