"""What a fit leaves: views averaged, out-of-fold predictions, arithmetic, environment."""

import csv
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.competition.folds import frozen_folds
from engine.events.types import Note
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.models.build import build_model
from engine.training.augmentation import Augmentation
from engine.training.compiling import set_up_device
from engine.training.data import load_fold
from engine.training.fit import fit_fold
from engine.training.out_of_fold import write_out_of_fold
from engine.training.prediction import predict
from engine.training.reporter import environment
from engine.training.scores import macro_f1, quadratic_kappa
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit, order, stored

pytestmark = pytest.mark.usefixtures("untraced")


def test_predictions_are_means_over_the_views(place: Workspace, tmp_path: Path) -> None:
    spec = tiny_spec("augmentation.rotation=90", "views=3")
    fit(place, spec, tmp_path)
    told = Told()
    data = load_fold(order(place, spec), told, told.stop)
    built = build_model(spec, data.competition.kind, len(data.competition.classes))
    built.model.load_weights(tmp_path / "model.weights.h5")
    rows = np.arange(len(data.test.array))
    views = [
        predict(
            built.model,
            data.test.array,
            rows,
            lambda _done, _all: None,
            64,
            Augmentation(spec.augmentation, spec.seed + view) if view else None,
        )
        for view in range(3)
    ]
    assert not np.allclose(views[0], views[1], atol=1e-4)
    np.testing.assert_allclose(stored(tmp_path)["test"], np.mean(views, axis=0), atol=1e-5)


@pytest.mark.slow
def test_views_have_no_holes(place: Workspace, tmp_path: Path) -> None:
    spec = tiny_spec("augmentation.vertical_flip=true", "augmentation.cutout=1", "views=2")
    fit(place, spec, tmp_path)
    told = Told()
    data = load_fold(order(place, spec), told, told.stop)
    built = build_model(spec, data.competition.kind, len(data.competition.classes))
    built.model.load_weights(tmp_path / "model.weights.h5")
    images = np.asarray(data.test.array)
    plain, flipped = (np.asarray(built.model(view)) for view in (images, images[:, ::-1]))
    # The second view is the flipped one, and of every image.
    np.testing.assert_allclose(stored(tmp_path)["test"], (plain + flipped) / 2, atol=1e-4)


def test_out_of_fold_predictions_follow_the_folds(place: Workspace) -> None:
    spec, run = tiny_spec("folds=2"), place.runs / "9"
    run.mkdir(parents=True)
    told = Told()
    tables = []
    for fold in (0, 1):
        folder = run / f"fold{fold}"
        folder.mkdir()
        task = order(place, spec).model_copy(
            update={"experiment": "9", "task": f"fold{fold}", "fold": fold}
        )
        fit_fold(task, folder, told, told.stop)
        with (run / "out_of_fold.csv").open() as stream:
            tables.append(list(csv.DictReader(stream)))
    with place.folds.open() as stream:
        frozen = list(csv.DictReader(stream))
    output = list(tables[1][0])[2:]
    for done, table in enumerate(tables):
        assert [(row["id"], row["fold"]) for row in table] == [
            (row["id"], row["fold"]) for row in frozen
        ]
        for row in table:
            assert all(bool(row[name]) == (int(row["fold"]) <= done) for name in output)
    first = [float(row[output[0]]) for row in tables[1] if row["fold"] == "0"]
    with np.load(run / "fold0" / PREDICTIONS) as arrays:
        np.testing.assert_allclose(first, arrays["validation"][:, 0], rtol=1e-5)


def test_predictions_of_a_competition_that_shrank_are_left_out(
    place: Workspace, tmp_path: Path
) -> None:
    competition = load_competition(place.root / "../data", place)
    folds = frozen_folds(competition, place.folds, 5, 0)
    folder = place.task("11", "fold0")
    folder.mkdir(parents=True)
    np.savez(
        folder / PREDICTIONS,
        train_rows=np.array([0]),
        validation_rows=np.array([len(competition.ids)]),
        validation=np.zeros((1, competition.targets.shape[1]), np.float32),
        test=np.zeros((1, competition.targets.shape[1]), np.float32),
    )
    path = write_out_of_fold(place, "11", competition, folds)
    assert all(line.endswith(",") for line in path.read_text().splitlines()[1:])


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_float32_outputs(
    place: Workspace, tmp_path: Path, precision: str
) -> None:
    told = Told()
    try:
        scores = fit(place, tiny_spec(f"precision={precision}", "phases.0.ema=0.5"), tmp_path, told)
        assert keras.config.dtype_policy().name == precision
    finally:
        set_up_device(tiny_spec())
    assert keras.config.dtype_policy().name == "float32"
    assert any(precision in note.text for note in told.events if isinstance(note, Note))
    assert scores.val_log_loss is not None
    assert scores.val_log_loss < 1.0
    assert stored(tmp_path)["test"].dtype == np.float32


def test_f1_and_kappa_are_scikit_learns() -> None:
    random = np.random.default_rng(0)
    targets = np.eye(4)[random.integers(0, 4, 100)]
    predictions = random.dirichlet(np.ones(4), 100)
    truth, answers = targets.argmax(1), predictions.argmax(1)
    assert macro_f1(targets, predictions, TargetKind.MULTICLASS) == pytest.approx(
        metrics.f1_score(truth, answers, average="macro")
    )
    expected = np.rint(predictions @ np.arange(4)).astype(int)
    assert (expected != answers).any()
    assert quadratic_kappa(targets, predictions, TargetKind.MULTICLASS) == pytest.approx(
        metrics.cohen_kappa_score(truth, expected, weights="quadratic")
    )
    labels = (random.random((50, 3)) > 0.5).astype(float)
    guesses = random.random((50, 3))
    assert macro_f1(labels, guesses, TargetKind.MULTILABEL) == pytest.approx(
        metrics.f1_score(labels, guesses >= 0.5, average="macro")
    )
    assert quadratic_kappa(labels, guesses, TargetKind.MULTILABEL) is None
    ones = np.ones((5, 1))
    assert quadratic_kappa(ones, ones, TargetKind.BINARY) is None


def test_the_record_notes_how_many_fits_had_a_gpu_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "slots" not in environment(tmp_path, 2), "they share the processor"
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: ["a GPU"])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda _gpu: {"device_name": "Tesla T4"}
    )
    assert "slots" not in environment(tmp_path, 1)
    assert environment(tmp_path, 2)["slots"] == "2"


def test_the_record_notes_the_users_own_revision(tmp_path: Path) -> None:
    assert "git" not in environment(tmp_path, 1)

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words],  # noqa: S607 (whichever git there is)
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "-q")
    (tmp_path / "notes.txt").write_text("1")
    git("add", ".")
    git("commit", "-qm", "first")
    revision = git("rev-parse", "--short", "HEAD")
    assert environment(tmp_path, 1)["git"] == revision
    (tmp_path / "notes.txt").write_text("2")
    assert environment(tmp_path, 1)["git"] == f"{revision}-dirty"
