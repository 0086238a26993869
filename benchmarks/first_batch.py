"""From `hydra-tui run` to the first batch: a warm worker against a cold Keras script.

Run: uv run python benchmarks/first_batch.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from processes import end_family
from report import Figure, report

from engine.events.reader import read_events
from engine.events.types import BatchEnded
from engine.jobs.liveness import claim_of
from engine.service import Service
from engine.setup import write_demo

ROUNDS = 3
AIM_SECONDS = 1.5
PATIENCE_SECONDS = 120.0
ENVIRONMENT = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

# The same fit as the baseline stage on digits, as a notebook's first cell would have it.
COLD_SCRIPT = """
import csv, sys, time
import numpy as np, tensorflow as tf, keras
from PIL import Image
folder = sys.argv[1]
rows = list(csv.DictReader(open(f"{folder}/train_labels.csv")))[:575]
read = lambda name: Image.open(f"{folder}/train/{name}.png").convert("RGB").resize((16, 16))
x = np.stack([np.asarray(read(row["id"])) for row in rows]).astype("float32")
y = keras.utils.to_categorical([int(row["digit"]) for row in rows], 10)
layers = keras.layers
model = keras.Sequential([
    keras.Input((16, 16, 3)), layers.Rescaling(1 / 255),
    layers.Conv2D(16, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(32, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
    layers.GlobalAveragePooling2D(), layers.Dense(64, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
class First(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        print("FIRST", time.time(), flush=True)
        sys.exit(0)
model.fit(x, y, batch_size=32, epochs=12, verbose=0, callbacks=[First()])
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "digits"
        write_demo(folder)
        service = Service(folder)
        service.summary()
        try:
            warm = [_warm_round(service, number) for number in range(ROUNDS)]
        finally:
            service.close()
            claim = claim_of(service.workspace.supervisor)
            if claim is not None:
                end_family(claim.pid)
        cold = [_cold_round(folder) for _ in range(ROUNDS)]
    ours, theirs = statistics.median(warm), statistics.median(cold)
    report(
        "first_batch",
        [
            Figure("hydra-tui run, warm worker: command to first batch", ours, "s", AIM_SECONDS),
            Figure("cold Keras script: start to first batch", theirs, "s"),
        ],
        {"cold script / warm worker": theirs / ours},
    )


def _warm_round(service: Service, number: int) -> float:
    service.attend()
    _wait_for_warm_worker(service, number + 1)
    began = time.time()
    command = ["-m", "app", "-w", str(service.workspace.root), "run", "baseline", "--detach"]
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    experiment = service.records()[-1]
    events = service.workspace.task(experiment.id, experiment.tasks[0].name) / "events.jsonl"
    first = _wait_for(
        lambda: next((e for e in read_events(events) if isinstance(e, BatchEnded)), 0)
    )
    _wait_for(lambda: service.record(experiment.id).status.is_finished)
    return float(first.time) - began


def _wait_for_warm_worker(service: Service, count: int) -> None:
    log = service.workspace.supervisor / "workers.log"
    _wait_for(lambda: log.exists() and log.read_text().count("waiting for a task") >= count)


def _cold_round(folder: Path) -> float:
    began = time.time()
    told = subprocess.run(
        [sys.executable, "-c", COLD_SCRIPT, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    return float(told.stdout.split("FIRST ")[1].split()[0]) - began


def _wait_for(look):  # type: ignore[no-untyped-def] # whatever `look` finds
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark waited in vain")
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    main()
