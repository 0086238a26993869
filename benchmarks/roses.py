"""The competition that engine benchmarks run on, and fits by the engine in this very process."""

import argparse
import sys
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from engine.errors import UserError
from engine.events.types import EpochEnded, Event
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Scores
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.training.data import FoldData, load_fold
from engine.training.fit import fit_fold
from engine.training.stopping import StopSignal

PLACE = Path(__file__).parents[2] / "shared" / "data" / "rose-or-tulip"


def data_folder(description: str) -> Path:
    """The competition's folder, named on the command line or beside the repository.

    Args:
        description: of the benchmark, for `--help`.
    """
    return checked_folder(data_parser(description).parse_args().data)


def data_parser(description: str) -> argparse.ArgumentParser:
    """The command line of a benchmark on a competition; `data` is its folder.

    Args:
        description: of the benchmark, for `--help`.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", nargs="?", type=Path, default=PLACE, help="default: %(default)s")
    return parser


def checked_folder(folder: Path) -> Path:
    """The folder's whole path; ends the process where no competition lies in it.

    Args:
        folder: as the command line names it.
    """
    if not (folder / "train_labels.csv").is_file():
        error = UserError(
            f"There is no rose-or-tulip competition in {folder}.",
            "a folder with train_labels.csv, sample_submission.csv, train/ and test/.",
            f"name it: {Path(sys.argv[0]).name} FOLDER.",
        )
        sys.exit(f"{error.happened}\nExpected: {error.expected}\nTo do: {error.fix}")
    return folder.resolve()


def spec_of(*overrides: str) -> ExperimentSpec:
    """A spec by what differs from the plainest one."""
    return apply_overrides(ExperimentSpec(stage=Stage.OVERFIT), overrides)


@dataclass
class Run:
    """One fit by the engine, from the order to the predictions.

    Args:
        scores: what it ended with.
        seconds: the whole of it.
        ended: when each epoch was over, seconds of the performance counter.
        losses: each epoch's training loss.
    """

    scores: Scores = field(default_factory=Scores)
    seconds: float = 0.0
    ended: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def epoch_seconds(self, first: int, behind: int) -> list[float]:
        """What epochs of one phase took, validation, events and checkpoints included.

        Args:
            first: the phase's first epoch; left out, since TensorFlow traces the network in it.
            behind: the epoch behind the phase's last.
        """
        ended = self.ended[first:behind]
        return [after - before for before, after in pairwise(ended)]


def fit(data: Path, root: Path, spec: ExperimentSpec, name: str = "1") -> Run:
    """Fit the first fold, predict and score, as a worker does.

    Args:
        data: the competition's folder.
        root: the workspace; its caches are used and filled.
        spec: the experiment.
        name: of the experiment; each has its own folder.
    """
    run, began = Run(), time.perf_counter()

    def tell(event: Event) -> None:
        if isinstance(event, EpochEnded):
            run.ended.append(time.perf_counter())
            run.losses.append(float(event.figures["loss"] or 0))

    order = _order(data, root, spec, name)
    folder = Workspace(root).task(order.experiment, order.task)
    folder.mkdir(parents=True)
    run.scores = fit_fold(order, folder, tell, StopSignal())
    run.seconds = time.perf_counter() - began
    return run


def fold_of(data: Path, root: Path, spec: ExperimentSpec) -> FoldData:
    """The first fold, decoded: what the named alternative is given.

    Args:
        data: the competition's folder.
        root: a workspace.
        spec: its image size counts.
    """
    return load_fold(_order(data, root, spec, "1"), lambda _event: None, StopSignal())


def _order(data: Path, root: Path, spec: ExperimentSpec, name: str) -> TaskOrder:
    return TaskOrder(
        experiment=name,
        task="fold0",
        fold=0,
        spec=spec,
        parent=None,
        workspace=str(root),
        data=str(data),
    )
