"""The cockpit beside `wandb leet`, both in a terminal on this machine, in one run.

First paint, key to paint, memory and processor time, with 200, 2,000 and 10,000 finished
experiments; leet looks at one small finished run. Then both watch what is written live: the
cockpit three runs with 20 events a second each, leet one run with 60 values a second.

Run: uv run python benchmarks/cockpit.py
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cockpit_data import write_notebook
from report import Figure, report
from rivals.environment import NotInstalledError, wandb_command
from terminal import Terminal

from engine.events.types import EVENT, BatchEnded, EpochEnded, Event, PhaseStarted, TaskStarted
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, PhaseSpec, Stage
from engine.jobs.liveness import claim
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from engine.watching import AT_A_GLANCE

COUNTS = (200, 2_000, 10_000)
KEYS = 60
UP, DOWN = b"\x1b[A", b"\x1b[B"
IDLE_SECONDS, LIVE_SECONDS = 10.0, 10.0
LIVE_RUNS, EVENTS_A_SECOND = 3, 20
ROUNDS = 3
# What leet runs in: its own process beside the Python that starts it.
LEET = ("wandb-core",)
A_RUN = """
import math, sys, time, wandb
run = wandb.init(project="benchmark", dir=sys.argv[1])
began, step = time.monotonic(), 0
while step < 200 or time.monotonic() - began < float(sys.argv[2]):
    run.log({"loss": 1 / (step + 1), "val_loss": 1.2 / (step + 1), "accuracy": 1 - 1 / (step + 2)})
    step += 1
    if float(sys.argv[2]):
        time.sleep(1 / 60)
run.finish()
"""


@dataclass(frozen=True)
class Felt:
    """What a person feels of a program.

    Args:
        paint: from its start to the first full paint, seconds.
        whole: from its start until all is read, seconds.
        median: from a key to the end of what it painted, milliseconds.
        slowest: likewise, of 99 in 100 keys.
        memory: resident, MiB.
        idle: processor time while nothing happens, per cent of a core.
    """

    paint: float
    whole: float
    median: float
    slowest: float
    memory: float
    idle: float


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        cockpits = {}
        for count in COUNTS:
            workspace = root / str(count)
            workspace.mkdir()
            write_notebook(workspace, count)
            cockpits[count] = _cockpit(workspace, count)
        live = _live_cockpit(root / str(COUNTS[0]))
        try:
            leet: Felt | None = _leet(root / "wandb")
            live_leet = _live_leet(root / "wandb-live")
        except NotInstalledError as error:
            print(f"wandb is not measured: {error}", file=sys.stderr)
            leet, live_leet = None, float("nan")
    figures, ratios, least = [], {}, {}
    for count, felt in cockpits.items():
        most = count == COUNTS[-1]
        figures += _figures(f"cockpit, {count:,} experiments", felt, most)
    figures.append(
        Figure(
            f"cockpit, {LIVE_RUNS} live runs, {EVENTS_A_SECOND} events/s each", live, "% of a core"
        )
    )
    if leet is not None:
        figures += _figures("leet, one run", leet, False)
        figures.append(Figure("leet, one live run, 60 values/s", live_leet, "% of a core"))
        few = cockpits[COUNTS[0]]
        for name in ("paint", "median", "slowest", "memory", "idle"):
            title = f"leet / cockpit with {COUNTS[0]}: {name}"
            ratios[title] = getattr(leet, name) / max(getattr(few, name), 0.01)
            least[title] = 1.0
    report("cockpit", figures, ratios, least)


def _figures(whose: str, felt: Felt, has_aims: bool) -> list[Figure]:
    return [
        Figure(f"{whose}: first paint", felt.paint, "s", 1.2 if has_aims else None),
        Figure(f"{whose}: all of it read", felt.whole, "s"),
        Figure(f"{whose}: key to paint, median", felt.median, "ms", 33 if has_aims else None),
        Figure(f"{whose}: key to paint, 99 in 100", felt.slowest, "ms"),
        Figure(f"{whose}: memory", felt.memory, "MiB"),
        Figure(f"{whose}: idle", felt.idle, "% of a core", 1.0 if has_aims else None),
    ]


def _cockpit(workspace: Path, count: int) -> Felt:
    command = [sys.executable, "-m", "app", "-w", str(workspace)]
    # The first paint of a big notebook has its newest experiments, and says so.
    read = f"{count} · sorted"
    first = read if count <= AT_A_GLANCE else f"{AT_A_GLANCE} of {count}"
    words = (first, "palette", "● val")
    # The newest is on top and selected: the next is below it, and the chart says so.
    return _felt(command, words, read, b"\t", f"· {count - 1} ", ())


def _leet(folder: Path) -> Felt:
    _log(folder, 0)
    wandb = str(wandb_command())
    words = ("val_loss", "Metrics", "help")
    command = [wandb, "leet", str(folder / "wandb" / "latest-run")]
    return _felt(command, words, "val_loss", b"\t\t", "", LEET)


def _log(folder: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Write an offline run; wait for its end where it has one."""
    folder.mkdir()
    python = wandb_command().parent / "python"
    environ = os.environ | {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    process = subprocess.Popen([python, "-c", A_RUN, str(folder), str(seconds)], env=environ)
    if not seconds:
        process.wait()
    return process


def _felt(
    command: list[str],
    words: tuple[str, ...],
    read: str,
    begin: bytes,
    moved: str,
    programs: tuple[str, ...],
) -> Felt:
    """Start a program some times, press its keys, leave it alone.

    Args:
        command: the program and its arguments.
        words: what stands on the screen when it is painted.
        read: what stands there once all is read.
        begin: the keys that lead to where the cursor moves.
        moved: what stands on the screen once the cursor has moved down.
        programs: which processes that it starts count with it.
    """
    paints, wholes, keys, memories, idles = [], [], [], [], []
    for number in range(ROUNDS):
        with Terminal(command) as terminal:
            terminal.watch(4)
            paints.append(terminal.painted(words))
            wholes.append(paints[-1] if read in terminal.text else terminal.painted((read,)))
            if number:
                continue
            for key in begin:
                terminal.press(bytes([key]))
            terminal.press(DOWN)
            # What else is painted at first, as how far the look at the data is, is no answer.
            terminal.watch(1)
            if moved not in terminal.see():
                raise RuntimeError(f"{command} moved something else:\n{terminal.text}")
            # Both ways, so that there is always something to move to.
            keys = [terminal.press(DOWN if i % 4 < 2 else UP) for i in range(KEYS)]
            memories.append(terminal.memory(programs))
            terminal.watch(3)
            idles.append(terminal.load(IDLE_SECONDS, programs))
    felt = sorted(1000 * key for key in keys if key == key)
    if not felt:
        raise RuntimeError(f"{command} answered no key")
    return Felt(
        paint=statistics.median(paints),
        whole=statistics.median(wholes),
        median=statistics.median(felt),
        slowest=felt[min(len(felt) - 1, round(0.99 * (len(felt) - 1)))],
        memory=statistics.median(memories),
        idle=statistics.median(idles),
    )


def _live_cockpit(workspace: Path) -> float:
    with (
        _spoken_for(workspace),
        Terminal([sys.executable, "-m", "app", "-w", str(workspace)]) as it,
    ):
        it.watch(6)
        if f"{LIVE_RUNS} running" not in it.see():
            raise RuntimeError(f"the live runs are not shown:\n{it.text}")
        return it.load(LIVE_SECONDS)


def _live_leet(folder: Path) -> float:
    process = _log(folder, 40)
    try:
        time.sleep(6)
        wandb = str(wandb_command())
        with Terminal([wandb, "leet", str(folder / "wandb" / "latest-run")]) as terminal:
            terminal.watch(6)
            return terminal.load(LIVE_SECONDS, LEET)
    finally:
        process.kill()


@contextmanager
def _spoken_for(workspace: Path) -> Iterator[None]:
    """Three runs that a process of their own speaks for, as their workers would."""
    place, notebook = Workspace(workspace), Notebook(Workspace(workspace))
    spec = ExperimentSpec(stage=Stage.OVERFIT, phases=(PhaseSpec(epochs=500),))
    now = datetime.now(UTC)

    def running(number: str) -> ExperimentRecord:
        task = TaskRecord(name="fold0", fold=0, status=Status.RUNNING)
        return ExperimentRecord(
            id=number, name="overfit", stage=spec.stage, status=Status.RUNNING, spec=spec,
            created=now, queued=now, started=now, tasks=(task,),
        )  # fmt: skip

    folders = []
    for _ in range(LIVE_RUNS):
        folders.append(place.task(notebook.add(running).id, "fold0"))
    speaker = multiprocessing.get_context("spawn").Process(target=_speak, args=(folders,))
    speaker.start()
    try:
        yield
    finally:
        speaker.kill()
        speaker.join()


def _speak(folders: list[Path]) -> None:
    for folder in folders:
        folder.mkdir(parents=True)
        claim(folder, os.getpid())
    started: list[Callable[[int], Event]] = [
        lambda _: TaskStarted(environment={"device": "CPU"}),
        lambda _: PhaseStarted(
            phase=0, train="all", epochs=500, batches=EVENTS_A_SECOND, trainable=900, total=1000
        ),
    ]
    number = 0
    while True:
        for folder in folders:
            if number < len(started):
                event = started[number](number)
            else:
                epoch, batch = divmod(number, EVENTS_A_SECOND)
                figures: dict[str, float | None] = {
                    "log_loss": 1 / (epoch + 1),
                    "val_log_loss": 1.2 / (epoch + 1),
                    "val_accuracy": 1 - 1 / (epoch + 2),
                }
                event = (
                    EpochEnded(epoch=epoch, figures=figures, seconds=1.0)
                    if batch == EVENTS_A_SECOND - 1
                    else BatchEnded(epoch=epoch, batch=batch, batches=EVENTS_A_SECOND, loss=0.5)
                )
            fields = EVENT.dump_python(event, mode="json") | {"seq": number, "time": time.time()}
            with (folder / EVENTS).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(fields) + "\n")
        number += 1
        time.sleep(1 / EVENTS_A_SECOND)


if __name__ == "__main__":
    main()
