"""Planted flips are found, and little else."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.analysis.answers import Array, decided
from engine.analysis.mislabelled import likely_mislabelled
from engine.analysis.reports import Suspect
from engine.blending.logits import from_logits
from engine.competition.findings import TargetKind

ROWS, FLIPS = 1000, 15
IDS = tuple(f"{row}.png" for row in range(ROWS))
NAMES = ("ash", "beech", "cedar", "date")


def drawn(kind: TargetKind) -> tuple[Array, Array, NDArray[np.intp]]:
    """True targets and predictions of well separated classes, and the rows to flip."""
    random = np.random.default_rng(4)
    targets: Array
    if kind is TargetKind.MULTICLASS:
        targets = np.eye(4)[random.integers(0, 4, ROWS)]
    else:
        targets = random.integers(0, 2, (ROWS, 1 if kind is TargetKind.BINARY else 3)) * 1.0
    # Ten, or seven, times as far from another class as predictions scatter.
    centred = 10 * targets if kind is TargetKind.MULTICLASS else 14 * (targets - 0.5)
    predictions = from_logits(centred + random.normal(size=targets.shape), kind)
    return targets, predictions, np.sort(random.choice(ROWS, FLIPS, replace=False))


@pytest.mark.parametrize("kind", list(TargetKind))
def test_all_planted_flips_are_found(kind: TargetKind) -> None:
    targets, predictions, flipped = drawn(kind)
    names = NAMES[:2] if kind is TargetKind.BINARY else NAMES[: targets.shape[1]]
    wrong = targets.copy()
    if kind is TargetKind.MULTICLASS:
        wrong[flipped] = np.roll(targets[flipped], 1, axis=1)
    else:
        wrong[flipped, -1] = 1 - targets[flipped, -1]
    found = likely_mislabelled(IDS, wrong, predictions.astype(np.float32), kind, names)
    assert {IDS[row] for row in flipped} <= {suspect.id for suspect in found}
    assert len(found) <= FLIPS + 3
    qualities = [suspect.quality for suspect in found]
    assert qualities == sorted(qualities)
    assert max(qualities[:FLIPS]) < 0.1
    (first,) = [suspect for suspect in found if suspect.id == IDS[flipped[0]]]
    has = decided(targets, kind)[flipped[0]]
    assert first.suggested == tuple(name for name, yes in zip(names, has, strict=True) if yes)
    assert first.given != first.suggested
    assert Suspect.model_validate_json(first.model_dump_json()) == first


@pytest.mark.parametrize("kind", list(TargetKind))
def test_right_labels_raise_few_alarms(kind: TargetKind) -> None:
    targets, predictions, _ = drawn(kind)
    names = NAMES[:2] if kind is TargetKind.BINARY else NAMES[: targets.shape[1]]
    assert len(likely_mislabelled(IDS, targets, predictions, kind, names)) <= 3


def test_flips_among_classes_that_overlap_are_found_by_their_loss() -> None:
    """Digits, some of which look alike: what is plainest must not be missed."""
    images, digits = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    flipped = random.choice(len(digits), FLIPS, replace=False)
    given = digits.copy()
    given[flipped] = (given[flipped] + random.integers(1, 10, FLIPS)) % 10
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    learner = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    predictions = cross_val_predict(learner, images, given, cv=folds, method="predict_proba")
    names, ids = tuple("0123456789"), [str(row) for row in range(len(digits))]

    found = likely_mislabelled(ids, np.eye(10)[given], predictions, TargetKind.MULTICLASS, names)
    rows = [int(suspect.id) for suspect in found]
    assert len(set(rows) & set(flipped)) >= FLIPS - 2
    assert len(set(rows) - set(flipped)) <= 3
    worst = np.argsort(predictions[np.arange(len(given)), given])
    assert rows[:10] == list(worst[:10])


def test_a_weak_network_accuses_few_labels() -> None:
    """Its errors are its own: all labels are right."""
    random = np.random.default_rng(2)
    classes = random.integers(0, 4, ROWS)
    predictions = from_logits(
        1.2 * np.eye(4)[classes] + random.normal(size=(ROWS, 4)), TargetKind.MULTICLASS
    )
    assert (predictions.argmax(axis=1) != classes).mean() > 0.3
    found = likely_mislabelled(IDS, np.eye(4)[classes], predictions, TargetKind.MULTICLASS, NAMES)
    assert len(found) < ROWS / 20


def test_a_class_or_label_that_is_missing_is_no_fault() -> None:
    targets, predictions, _ = drawn(TargetKind.MULTICLASS)
    rows = np.flatnonzero(targets[:, 2] == 0)
    ids = [IDS[row] for row in rows]
    found = likely_mislabelled(ids, targets[rows], predictions[rows], TargetKind.MULTICLASS, NAMES)
    assert len(found) <= 3
    targets, predictions, _ = drawn(TargetKind.MULTILABEL)
    targets[:, 1] = 1
    found = likely_mislabelled(IDS, targets, predictions, TargetKind.MULTILABEL, NAMES[:3])
    assert all("beech" in suspect.suggested for suspect in found)


@pytest.mark.slow
def test_cleanlab_is_imported_when_it_is_needed() -> None:
    script = "import sys, engine.analysis.mislabelled; print('cleanlab' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_reports_need_no_numerical_library() -> None:
    script = "import sys, engine.analysis.reports, engine.blending.methods; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "sklearn", "pandas"} & set(ran.stdout.split())
