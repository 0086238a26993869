"""From the start of the process to the first full paint, with 200 experiments in the notebook.

Run: uv run python benchmarks/cockpit_start.py
"""

import ast
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from report import Figure, report
from terminal import Terminal

from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.workspace import Workspace
from engine.queue import name_of
from engine.store.notebook import Notebook

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
        _fill(root)
        # As from the second start on: Python keeps our modules compiled, like the libraries'.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([sys.executable, "-c", LOOK], capture_output=True, check=True)
        # By turns, so that a machine that is busy for a while is so for both.
        cockpit = ["-m", "app", "-w", str(root)]
        painted = (f"{EXPERIMENTS} · sorted", "palette", "● val")
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


def _fill(root: Path) -> None:
    notebook, now = Notebook(Workspace(root)), datetime.now(UTC)
    spec = ExperimentSpec(stage=Stage.BASELINE)

    def record(number: str) -> ExperimentRecord:
        curve = tuple(2.0 / (epoch + 1) for epoch in range(30))
        task = TaskRecord(
            name="fold0",
            fold=0,
            status=Status.DONE,
            history={"log_loss": curve, "val_log_loss": curve, "val_accuracy": curve},
        )
        scores = Scores(train_log_loss=0.01, val_log_loss=0.2, val_accuracy=0.9, val_rows=200)
        return ExperimentRecord(
            id=number,
            name=name_of(spec),
            stage=spec.stage,
            status=Status.DONE,
            spec=spec,
            scores=scores,
            created=now,
            queued=now,
            tasks=(task,),
        )

    for _ in range(EXPERIMENTS):
        notebook.add(record)


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
