"""Images of one patient err alike: as many of them tell less than as many patients."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.competition.findings import MetricName, TargetKind
from engine.experiment.compare import Verdict
from engine.predictions.comparing import compare_experiments
from engine.predictions.pairing import paired_metric, standard_error
from engine.predictions.parts import Kinship
from engine.predictions.scoring import score_held_out
from tests.unit.competition.builders import table
from tests.unit.predictions.folded import folded

PATIENTS, IMAGES = 60, 20
GROUPS = np.repeat(np.arange(PATIENTS), IMAGES)
BINARY = TargetKind.BINARY

Floats = NDArray[np.floating]


def shares(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))


def two_alike(drawn: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Truths, and predictions of two equally good models that err by patients."""

    def of_patients(values: Floats) -> Floats:
        return np.asarray(values[GROUPS][:, None])

    truth = of_patients((drawn.random(PATIENTS) < 0.4).astype(float))
    base = 1.2 * (2 * truth - 1) + 0.8 * drawn.normal(size=truth.shape)
    first, second = (
        base + of_patients(0.6 * drawn.normal(size=PATIENTS)) + 0.3 * drawn.normal(size=truth.shape)
        for _ in range(2)
    )
    return truth, shares(first), shares(second)


@pytest.mark.parametrize("metric", ["log_loss", "auc", "accuracy"])
def test_what_is_alike_is_seldom_called_better(metric: MetricName) -> None:
    drawn = np.random.default_rng(0)
    tries = [two_alike(drawn) for _ in range(40)]
    called = [
        [
            found.verdict is not Verdict.NOISE
            for one in tries
            if (found := paired_metric(*one, BINARY, metric, groups=groups)) is not None
        ]
        for groups in (GROUPS, None)
    ]
    # One in twenty, by the 95 % interval.
    assert np.mean(called[0]) < 0.15
    assert np.mean(called[1]) > 0.2


@pytest.mark.parametrize("metric", ["log_loss", "accuracy"])
def test_two_patients_seldom_tell_of_a_difference(metric: MetricName) -> None:
    """They often lie close together by chance: by 1.96 of their error, one in five was called."""
    drawn = np.random.default_rng(0)
    some = slice(2 * IMAGES)
    called = []
    for _ in range(60):
        truth, first, second = (one[some] for one in two_alike(drawn))
        found = paired_metric(truth, first, second, BINARY, metric, groups=GROUPS[some])
        called.append(found is not None and found.verdict is not Verdict.NOISE)
    assert np.mean(called) < 0.1


@pytest.mark.parametrize(("patients", "most"), [(1, 0.0), (2, 0.2), (12, 0.15)])
def test_few_groups_a_fold_are_no_certainty(patients: int, most: float) -> None:
    """Of one patient a fold every draw is the same, which is no noise of 0."""
    drawn = np.random.default_rng(0)
    folds = GROUPS // patients
    tries = [two_alike(drawn) for _ in range(40)]
    some = slice(5 * patients * IMAGES)
    found = [
        paired_metric(
            truth[some], first[some], second[some], BINARY, "accuracy", folds[some], GROUPS[some]
        )
        for truth, first, second in tries
    ]
    verdicts = [one.verdict for one in found if one is not None]
    called = [one in (Verdict.BETTER, Verdict.WORSE) for one in verdicts]
    assert np.mean(called) <= most
    assert (Verdict.UNKNOWN in verdicts) == (patients == 1)


def test_the_error_of_rows_that_are_alone_is_the_usual_one() -> None:
    values = np.random.default_rng(0).normal(size=50)
    usual = values.std(ddof=1) / np.sqrt(50)
    assert standard_error(values) == pytest.approx(usual)
    assert standard_error(values, np.arange(50)[::-1]) == pytest.approx(usual)
    # A row said twenty times is one row.
    assert standard_error(np.repeat(values, 20), np.repeat(np.arange(50), 20)) == pytest.approx(
        usual
    )
    assert standard_error(values[:1]) is None
    assert standard_error(values, np.zeros(50, int)) is None


def test_a_score_has_the_noise_of_its_patients() -> None:
    truth, predictions, _ = two_alike(np.random.default_rng(0))
    alone, together = (
        score_held_out(
            (truth, predictions),
            truth.mean(axis=0),
            BINARY,
            "log_loss",
            Kinship(groups, GROUPS % 5),
        ).val_log_loss_error
        or 0.0
        for groups in (np.arange(len(truth)), GROUPS)
    )
    assert together > 2 * alone


def test_experiments_are_compared_by_patients(tmp_path: Path) -> None:
    labels = ["ab"[row // 10 % 2] for row in range(200)]
    place = folded(tmp_path, labels, groups=[f"p{row // 10}" for row in range(200)])
    both = [("1", (0, 1)), ("2", (0, 1))]
    for name, folds in both:
        place.predict(name, folds)

    def noise() -> float | None:
        found = compare_experiments(place.root, place.workspace, "1", both).compared[0].log_loss
        return None if found is None else found.error

    together = noise()
    rows = (f"{row}.png,{fold}," for row, fold in enumerate(place.folds))
    table(place.workspace.folds, "id,fold,group", *rows)
    assert noise() not in (None, together)
