"""The whole recipe against AutoKeras and a plain fine-tuning script, in the same wall-clock time.

The labelled rows of a competition with one 0/1 column are split once: three quarters are given,
as a Kaggle folder whose test images are the last quarter, whose labels nobody sees. The three run
one after the other, each in processes of its own, and answer for the withheld images; AutoKeras
and the plain script by the best epoch that they had reached when the time was up.

Run: uv run python benchmarks/recipe.py [FOLDER] [--budget 5m]
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from report import Figure, report
from rivals.environment import NotInstalledError, autokeras_python
from roses import checked_folder, data_parser
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

from app.presentation.text import seconds_of
from engine.competition.competition import Competition, load_competition
from engine.competition.decoding import decode
from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.jobs.workspace import Workspace

SIDE = 224
WITHHELD = 0.25
RIVALS = Path(__file__).parent / "rivals"
OURS, AUTOKERAS, PLAIN = "hydra-tui recipe", "AutoKeras", "plain Keras fine-tuning"


@dataclass(frozen=True)
class Split:
    """Which rows are given, and which withheld.

    Args:
        competition: all labelled rows.
        given: positions, shuffled.
        withheld: positions, shuffled.
    """

    competition: Competition
    given: NDArray[np.intp]
    withheld: NDArray[np.intp]

    def truth(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Labels, 0 or 1, shape (rows,)."""
        return np.asarray(self.competition.targets[rows, 0], np.int64)


@dataclass(frozen=True)
class Answer:
    """What one of the three made of its time.

    Args:
        seconds: from its start to its end.
        predictions: probabilities of the withheld rows; None where there are none.
        note: why there are none, or what else must be known.
    """

    seconds: float
    predictions: NDArray[np.floating] | None
    note: str = ""


def main() -> None:
    parser = data_parser((__doc__ or "").partition("\n")[0])
    parser.add_argument("--budget", default="5m", metavar="TIME", help="of each (default: 5m)")
    parsed = parser.parse_args()
    data = checked_folder(parsed.data)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        try:
            budget = seconds_of(parsed.budget)
            split = split_rows(data, place / "look")
        except UserError as error:
            sys.exit(f"{error.happened}\nExpected: {error.expected}\nTo do: {error.fix}")
        write_folder(split, place / "given")
        write_arrays(split, place)
        ours = run_ours(split, place, budget)
        # Nobody is to lose by the seconds that the recipe takes to begin and to end.
        allowed = max(budget, ours.seconds)
        answers = {
            OURS: ours,
            AUTOKERAS: run_autokeras(place, allowed),
            PLAIN: run_rival(sys.executable, "plain_keras", place, allowed),
        }
    tell(split, budget, answers)


def split_rows(data: Path, root: Path) -> Split:
    """Split the labelled rows, stratified and by a fixed seed.

    Args:
        data: the competition's folder.
        root: a workspace to look at it from.

    Raises:
        UserError: it has not one 0/1 column.
    """
    root.mkdir()
    competition = load_competition(data, Workspace(root))
    if competition.kind is not TargetKind.BINARY or competition.submission is None:
        raise UserError(
            f"{data} is no competition for this benchmark.",
            "one 0/1 column, and test images.",
            "name another folder.",
        )
    rows = np.arange(len(competition.ids))
    labels = competition.targets[:, 0]
    given, withheld = train_test_split(rows, test_size=WITHHELD, stratify=labels, random_state=0)
    return Split(competition, given, withheld)


def write_folder(split: Split, folder: Path) -> None:
    """The given rows as Kaggle would hand them out; images are symbolic links."""
    ids, paths = split.competition.ids, split.competition.paths
    for part, rows in (("train", split.given), ("test", split.withheld)):
        (folder / part).mkdir(parents=True)
        for row in rows:
            (folder / part / f"{ids[row]}{paths[row].suffix}").symlink_to(paths[row].resolve())
    truth = split.truth(split.given)
    labels = [(ids[row], value) for row, value in zip(split.given, truth, strict=True)]
    sample = [(ids[row], 0.5) for row in split.withheld]
    for name, lines in (("train_labels.csv", labels), ("sample_submission.csv", sample)):
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("name", "label"), *lines])


def write_arrays(split: Split, folder: Path) -> None:
    """The same rows decoded, for those who don't read folders; it costs them no time."""
    for name, rows in (("train", split.given), ("withheld", split.withheld)):
        np.save(
            folder / f"{name}.npy",
            np.stack([decode(split.competition.paths[row], SIDE) for row in rows]),
        )
    np.save(folder / "targets.npy", split.truth(split.given))


def run_ours(split: Split, place: Path, budget: float) -> Answer:
    """The autopilot, from the folder to its CSV."""
    (place / "workspace").mkdir()
    began = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "app", "recipe", "--budget", f"{budget:.0f}s", "--json",
         "-w", str(place / "workspace"), "--data", str(place / "given")],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=RIVALS.parents[1],
    )  # fmt: skip
    seconds = time.perf_counter() - began
    submission = json.loads(ran.stdout)["submission"] if ran.stdout else None
    if submission is None:
        return Answer(seconds, None, f"{OURS} left no submission, status {ran.returncode}")
    with (place / "workspace" / submission).open(encoding="utf-8", newline="") as stream:
        told = {row["name"]: float(row["label"]) for row in csv.DictReader(stream)}
    ids = split.competition.ids
    return Answer(seconds, np.array([told[ids[row]] for row in split.withheld]))


def run_autokeras(place: Path, budget: float) -> Answer:
    """AutoKeras' search; installing it takes none of its time."""
    try:
        python = autokeras_python()
    except (NotInstalledError, OSError, subprocess.SubprocessError) as error:
        return Answer(0.0, None, f"{AUTOKERAS} could not be installed: {error}")
    answer = run_rival(str(python), "autokeras", place, budget)
    states = [
        json.loads(trial.read_text(encoding="utf-8"))["status"]
        for trial in sorted(place.glob("search/*/trial_*/trial.json"))
    ]
    told = (
        f"{AUTOKERAS}: {states.count('COMPLETED')} trials through, {states.count('FAILED')} failed"
    )
    return Answer(answer.seconds, answer.predictions, f"{told}. {answer.note}".strip())


def run_rival(python: str, name: str, place: Path, budget: float) -> Answer:
    """A script that keeps the predictions of its best epoch, until its time is up.

    Args:
        python: the interpreter.
        name: of the script's file, and of the one it writes.
        place: where the arrays lie.
        budget: seconds.
    """
    log, answers = place / f"{name}.log", place / f"{name}.npy"
    began = time.perf_counter()
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [python, str(RIVALS / f"{name}_rival.py"), str(place)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
        try:
            status = process.wait(timeout=budget)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = 0
    seconds = time.perf_counter() - began
    note = ""
    if status:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        note = f"{name} ended with {status}: {said[-1] if said else 'no word'}"
    if not answers.exists():
        return Answer(seconds, None, note or f"{name} had no epoch behind it when time was up")
    return Answer(seconds, np.load(answers), note)


def tell(split: Split, budget: float, answers: dict[str, Answer]) -> None:
    """Score the answers on the withheld rows, and end with the verdict."""
    truth = split.truth(split.withheld)
    figures = [
        Figure("given to each", budget, "s"),
        Figure("rows given", len(split.given), ""),
        Figure("rows withheld", len(truth), ""),
    ]
    losses = {}
    for name, answer in answers.items():
        figures.append(Figure(f"{name}: time taken", answer.seconds, "s"))
        if answer.predictions is None:
            continue
        losses[name] = float(log_loss(truth, answer.predictions, labels=[0, 1]))
        right = float(accuracy_score(truth, answer.predictions >= 0.5))
        figures += [
            Figure(f"{name}: log-loss", losses[name], "nats"),
            Figure(f"{name}: AUC", float(roc_auc_score(truth, answer.predictions)), ""),
            Figure(f"{name}: accuracy", right, ""),
        ]
    ours = losses.pop(OURS, float("inf"))
    ratios = {f"log-loss, {name} / ours": loss / ours for name, loss in losses.items()}
    notes = [answer.note for answer in answers.values() if answer.note]
    report("recipe", figures, ratios, dict.fromkeys(ratios, 1.0), notes)


if __name__ == "__main__":
    main()
