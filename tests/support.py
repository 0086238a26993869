"""What tests with real processes share: waiting, small workspaces, and clearing up."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, TypeVar

import psutil

from engine.errors import UserError
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.jobs.liveness import claim_of
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook

T = TypeVar("T")


def refused(*_: object) -> NoReturn:
    """Stands in for what finds the disk full."""
    raise UserError("The disk is full.", "some free space.", "free some space.")


def wait_until(condition: Callable[[], T | None], seconds: float = 60.0) -> T:
    """The first true answer of `condition`; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain")
        time.sleep(0.02)


def tiny_spec(*overrides: str) -> ExperimentSpec:
    """A spec whose fit takes less than a second."""
    spec = ExperimentSpec(
        stage=Stage.BASELINE, image_size=8, batch_size=8, head=HeadSpec(layers=0), folds=1
    )
    return apply_overrides(spec, ["phases.0.epochs=1", *overrides])


def note_experiment(root: Path, status: Status) -> None:
    """Put an experiment of one task into a workspace's notebook, though nothing has run."""
    now = datetime.now(UTC)
    Notebook(Workspace(root)).add(
        lambda number: ExperimentRecord(
            id=number,
            name="one",
            stage=Stage.BASELINE,
            status=status,
            spec=ExperimentSpec(stage=Stage.BASELINE),
            created=now,
            queued=now,
            tasks=(TaskRecord(name="fold0", fold=0, status=status),),
        )
    )


def processes_of(workspace: Workspace) -> list[psutil.Process]:
    """The living supervisor and workers of a workspace, by the claims they have laid."""
    folders = [workspace.supervisor, *workspace.runs.glob("*/*")]
    found = []
    for claim in filter(None, map(claim_of, filter(Path.is_dir, folders))):
        # Tests lay claims in their own name too.
        if claim.is_alive() and claim.pid not in (os.getpid(), os.getppid()):
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(claim.pid))
    return found


def end_processes(workspace: Workspace) -> None:
    """End whatever the tests left running; waiting workers leave when their supervisor does."""
    for process in processes_of(workspace):
        with suppress(psutil.NoSuchProcess):
            # Also the one that waits, so that nothing outlives the test.
            family = [process, *process.children(recursive=True)]
            for member in family:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(family, timeout=10)
