"""Five folds of a small fit, in workers that are forked against workers that import everything.

Run: uv run python benchmarks/five_folds.py
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

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.recipe.proposals import propose_specs
from engine.service import Service
from engine.setup import write_demo

ROUNDS = 3
PATIENCE_SECONDS = 180.0
SUPERVISOR = "import engine.jobs.launchers as launchers; launchers.CAN_FORK = {}; " + (
    "from engine.jobs.supervisor import main; main()"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        forked, imported = (_median(Path(place) / str(way), can_fork=way) for way in (True, False))
    report(
        "five_folds",
        [
            Figure("forked workers: five folds of a baseline on digits", forked, "s"),
            Figure("workers that import everything: the same", imported, "s"),
        ],
        {"workers that import everything / forked workers": imported / forked},
    )


def _median(folder: Path, *, can_fork: bool) -> float:
    """Seconds from the submission to the last score, behind a first run that starts it all."""
    write_demo(folder)
    service = Service(folder)
    summary = service.summary()
    command = [sys.executable, "-c", SUPERVISOR.format(can_fork), str(folder)]
    supervisor = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"}
    )
    try:
        while not service.workspace.supervisor.joinpath("process.json").exists():
            time.sleep(0.05)
        spec, _ = propose_specs(Stage.BASELINE, summary, ())[0]
        spec = apply_overrides(spec, ["folds=5", "phases.0.epochs=2"])
        seconds = []
        for _ in range(1 + ROUNDS):
            began = time.monotonic()
            one = service.submit(spec).id
            while not service.record(one).status.is_finished:
                if time.monotonic() - began > PATIENCE_SECONDS:
                    raise TimeoutError("the benchmark waited in vain")
                time.sleep(0.05)
            seconds.append(time.monotonic() - began)
            assert service.record(one).status is Status.DONE
    finally:
        service.close()
        end_family(supervisor.pid)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
