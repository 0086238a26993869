"""Predictions outlive changes of the data: they follow the names, or say that they can't."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blending.methods import Method
from engine.competition.competition import Competition, load_competition
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.blend import blend_experiments
from engine.predictions.comparing import compare_experiments
from engine.predictions.stored import load_fold, outputs_of
from engine.predictions.subject import SUBJECT, Subject
from engine.submission.export import export_submission
from engine.training.arrays import write_arrays
from tests.unit.competition.builders import flowers, picture, pictures, table, workspace

SAMPLE = "sample_submission.csv"
BOTH = EnsembleSpec(members=("1", "2"))


@dataclass
class Place:
    """A competition and a workspace beside it."""

    data: Path
    workspace: Workspace

    @property
    def competition(self) -> Competition:
        return load_competition(self.data, self.workspace)

    def predict(
        self, experiment: str, test: NDArray[np.floating], sure: float = 0.9, blank: int = 0
    ) -> None:
        """Have predicted the first four images of the competition as it is, as right as told."""
        competition = self.competition
        folder = self.workspace.task(experiment, "fold0")
        folder.mkdir(parents=True)
        truth = competition.targets[:4].astype(np.float32)
        others = max(truth.shape[1] - 1, 1)
        stored: dict[str, NDArray[np.generic]] = {
            "train_rows": np.arange(4, len(competition.ids)),
            "validation_rows": np.arange(4),
            "validation": truth * sure + (1 - truth) * (1 - sure) / others,
            "test": np.asarray(test, np.float32),
            SUBJECT: Subject.of(competition, range(blank)).array,
        }
        write_arrays(folder / PREDICTIONS, stored)

    def export(self, experiment: str) -> list[str]:
        path = self.workspace.root / "answer.csv"
        export_submission(self.data, self.workspace, experiment, (0,), path)
        return path.read_text("utf-8").splitlines()


@pytest.fixture
def garden(tmp_path: Path) -> Place:
    return Place(flowers(tmp_path / "garden"), workspace(tmp_path))


@pytest.fixture
def zoo(tmp_path: Path) -> Place:
    """Three classes, and as yet no sample that says in which order they are wanted."""
    folder = tmp_path / "zoo"
    pictures(folder / "train", [f"{i}.png" for i in range(9)])
    pictures(folder / "test", [f"t{i}.png" for i in range(2)], first_seed=500)
    names = ("cat", "dog", "eel")
    table(folder / "train.csv", "id,kind", *(f"{i}.png,{names[i % 3]}" for i in range(9)))
    return Place(folder, workspace(tmp_path))


def test_answers_follow_a_sample_that_came_later(zoo: Place) -> None:
    assert zoo.competition.classes == ("cat", "dog", "eel")
    zoo.predict("1", np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]))
    table(zoo.data / SAMPLE, "id,eel,dog,cat", "t1.png,0,0,0", "t0.png,0,0,0")
    lines = [line.split(",") for line in zoo.export("1")]
    assert lines[0] == ["id", "eel", "dog", "cat"]
    assert [lines[1][0], *map(float, lines[1][1:])] == ["t1.png", 0.6, 0.3, 0.1]
    assert [lines[2][0], *map(float, lines[2][1:])] == ["t0.png", 0.1, 0.2, 0.7]
    competition = zoo.competition
    found = load_fold(zoo.workspace, "1", 0, competition)
    right = competition.targets[found.rows].argmax(axis=1)
    assert (found.validation.argmax(axis=1) == right).all()
    # The network itself has its outputs where they were.
    assert outputs_of(zoo.workspace, "1", 0, competition) == ("cat", "dog", "eel")
    assert outputs_of(zoo.workspace, "7", 0, competition) == ("eel", "dog", "cat")


def test_the_positive_class_may_change_its_place(zoo: Place) -> None:
    names = ("cat", "dog")
    table(zoo.data / "train.csv", "id,kind", *(f"{i}.png,{names[i % 2]}" for i in range(9)))
    assert zoo.competition.classes == ("cat", "dog")
    zoo.predict("1", np.array([[0.9], [0.2]]))
    table(zoo.data / SAMPLE, "id,cat", "t0.png,0.5", "t1.png,0.5")
    assert zoo.competition.classes == ("dog", "cat")
    answers = [float(line.split(",")[1]) for line in zoo.export("1")[1:]]
    assert answers == pytest.approx([0.1, 0.8])


def test_predictions_of_other_classes_are_refused(zoo: Place) -> None:
    zoo.predict("1", np.full((2, 3), 1 / 3))
    table(zoo.data / "train.csv", "id,kind", *(f"{i}.png,{'ab'[i % 2]}" for i in range(9)))
    with pytest.raises(UserError, match="predicted cat, dog, eel; the competition has a, b"):
        load_fold(zoo.workspace, "1", 0, zoo.competition)


def test_predictions_of_another_kind_are_refused(zoo: Place) -> None:
    """One row with two labels makes classes labels, by the same names."""

    def tick(second: int) -> None:
        rows = (
            f"{row}.png,{row % 3 == 0:d},{row % 3 == 1:d},{row % 3 == 2:d}" for row in range(1, 9)
        )
        table(zoo.data / "train.csv", "id,cat,dog,eel", f"0.png,1,{second},0", *rows)

    for first, then in ((0, 1), (1, 0)):
        tick(first)
        was = zoo.competition.kind
        zoo.predict(str(first), np.full((2, 3), 1 / 3))
        load_fold(zoo.workspace, str(first), 0, zoo.competition)
        tick(then)
        assert zoo.competition.classes == ("cat", "dog", "eel")
        with pytest.raises(UserError, match=f"predicted {was} targets; .* {zoo.competition.kind}"):
            load_fold(zoo.workspace, str(first), 0, zoo.competition)


def label(garden: Place, numbers: Iterable[int]) -> None:
    """Write another label file."""
    lines = (f"{number},{number % 2}" for number in numbers)
    table(garden.data / "train_labels.csv", "name,tulip", *lines)


def test_rows_that_were_taken_away_are_left_out_of_comparisons(garden: Place) -> None:
    for name, sure in (("1", 0.6), ("2", 0.9)):
        garden.predict(name, np.full((4, 1), 0.5), sure)
    (before,) = compare_experiments(
        garden.data, garden.workspace, "1", [("1", (0,)), ("2", (0,))]
    ).compared
    table(
        garden.data / "train_labels.csv", "name,tulip", *(f"{i},{i % 2}" for i in range(8, 1, -1))
    )
    (after,) = compare_experiments(
        garden.data, garden.workspace, "1", [("1", (0,)), ("2", (0,))]
    ).compared
    assert before.log_loss is not None
    assert after.log_loss is not None
    assert after.log_loss.gain == pytest.approx(before.log_loss.gain), "not of other images"
    assert (before.rows, after.rows) == (4, 3)
    found = load_fold(garden.workspace, "2", 0, garden.competition)
    assert [garden.competition.ids[row] for row in found.rows] == ["4", "3", "2"]
    assert len(found.train_rows) == 4
    label(garden, range(5, 9))
    with pytest.raises(UserError, match="None of the images that experiment 2 was judged by"):
        load_fold(garden.workspace, "2", 0, garden.competition)


def test_test_images_that_came_later_are_not_answered(garden: Place) -> None:
    garden.predict("1", np.full((4, 1), 0.7))
    assert len(garden.export("1")) == 5
    picture(garden.data / "test/5.png", 77)
    table(garden.data / SAMPLE, "name,tulip", *(f"{i},0.5" for i in range(5, 0, -1)))
    with pytest.raises(UserError, match="has not seen 1 of the 5 test images, such as `5`"):
        garden.export("1")
    garden.predict("2", np.full((5, 1), 0.7))
    pair = [("1", (0,)), ("2", (0,))]
    with pytest.raises(UserError, match="Experiment 1 has not predicted all test images"):
        blend_experiments(
            garden.data, garden.workspace, pair, EnsembleSpec(members=("1", "2")), None
        )
    assert compare_experiments(garden.data, garden.workspace, "1", pair).compared[0].log_loss


def test_what_was_predicted_from_black_is_not_submitted(garden: Place) -> None:
    """The test images were not there, or one could not be read, when the experiment ran."""
    garden.predict("1", np.full((4, 1), 0.7), blank=2)
    with pytest.raises(UserError, match="has not seen 2 of the 4 test images, such as `1`"):
        garden.export("1")
    keep = garden.workspace.run("9")
    keep.mkdir(parents=True)
    garden.predict("2", np.full((4, 1), 0.7))
    members = [("1", (0,)), ("2", (0,))]
    blend_experiments(garden.data, garden.workspace, members, BOTH, keep)
    with pytest.raises(UserError, match="Experiment 9 has not seen 2 of the 4 test images"):
        garden.export("9")


def test_what_was_predicted_before_it_went_missing_is_submitted(garden: Place) -> None:
    garden.predict("1", np.array([[0.1], [0.2], [0.3], [0.4]]))
    garden.predict("2", np.full((4, 1), 0.7), blank=1)
    before = garden.export("1")
    image = sorted((garden.data / "test").iterdir())[0]
    image.unlink()
    assert garden.export("1") == before
    with pytest.raises(UserError, match=r"can't be answered: the file is missing"):
        garden.export("2")


def test_what_an_older_program_left_is_taken_as_it_is(garden: Place) -> None:
    garden.predict("1", np.full((4, 1), 0.7))
    path = garden.workspace.task("1", "fold0") / PREDICTIONS
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files if name != SUBJECT}
    write_arrays(path, arrays)
    assert len(garden.export("1")) == 5
    # Whether it could be read then is not known.
    image = sorted((garden.data / "test").iterdir())[0]
    content = image.read_bytes()
    image.write_bytes(b"no image")
    with pytest.raises(UserError, match="can't be answered"):
        garden.export("1")
    image.write_bytes(content)
    label(garden, range(1, 5))
    with pytest.raises(UserError, match="Experiment 1 was run on more images"):
        load_fold(garden.workspace, "1", 0, garden.competition)


def test_ranks_are_blended_where_only_the_order_counts(garden: Place) -> None:
    garden.predict("1", np.array([[0.1], [0.2], [0.3], [0.4]]))
    garden.predict("2", np.array([[0.6], [0.9], [0.8], [0.7]]), sure=0.6)
    pair, ranks = [("1", (0,)), ("2", (0,))], BOTH.model_copy(update={"method": Method.RANK})
    with pytest.raises(UserError, match="scored by log_loss"):
        blend_experiments(garden.data, garden.workspace, pair, ranks, None)
    (garden.workspace.root / "hydra.toml").write_text('[competition]\nmetric = "auc"\n')
    keep = garden.workspace.run("9")
    keep.mkdir(parents=True)
    told = blend_experiments(garden.data, garden.workspace, pair, ranks, keep)
    assert told["tasks"][0]["scores"]["val_metric"] == 1.0
    answers = [float(line.split(",")[1]) for line in garden.export("9")[1:]]
    assert answers == pytest.approx([0.0, 2 / 3, 2 / 3, 2 / 3])


def test_ranks_of_several_classes_can_be_submitted(zoo: Place) -> None:
    table(zoo.data / SAMPLE, "id,cat,dog,eel", "t0.png,0,0,0", "t1.png,0,0,0")
    zoo.predict("1", np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]))
    zoo.predict("2", np.array([[0.5, 0.3, 0.2], [0.4, 0.2, 0.4]]), sure=0.6)
    (zoo.workspace.root / "hydra.toml").write_text('[competition]\nmetric = "auc"\n')
    pair, ranks = [("1", (0,)), ("2", (0,))], BOTH.model_copy(update={"method": Method.RANK})
    keep = zoo.workspace.run("9")
    keep.mkdir(parents=True)
    blend_experiments(zoo.data, zoo.workspace, pair, ranks, keep)
    answers = [list(map(float, line.split(",")[1:])) for line in zoo.export("9")[1:]]
    assert answers == [pytest.approx([2 / 3, 1 / 3, 0]), pytest.approx([0, 1 / 3, 2 / 3])]
