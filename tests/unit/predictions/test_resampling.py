"""Scores by how often rows were drawn: those of the drawn rows, and scikit-learn's by weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    fbeta_score,
    label_ranking_average_precision_score,
    roc_auc_score,
)

from engine.blending.metrics import measure
from engine.competition.findings import BETAS, METRICS, MetricName, TargetKind
from engine.predictions.pairing import paired_metric
from engine.predictions.resampling import scorer
from engine.training.scores import nearest_classes

DRAWN = tuple(metric for metric in METRICS if metric != "log_loss")
KINDS = tuple(TargetKind)
Floats = NDArray[np.floating]


def known(kind: TargetKind, rows: int, skill: float = 1.5) -> tuple[Floats, Floats]:
    """Targets of which the last output is rare, and predictions of which many are equal."""
    random = np.random.default_rng(rows)
    shares = [0.55, 0.4, 0.05]
    if kind is TargetKind.MULTICLASS:
        targets = np.eye(3)[random.choice(3, rows, p=shares)]
    else:
        columns = 1 if kind is TargetKind.BINARY else 3
        targets = (random.random((rows, columns)) < shares[-columns:]).astype(float)
    logits = skill * targets + random.normal(size=targets.shape)
    if kind is TargetKind.MULTICLASS:
        powers = np.exp(logits)
        return targets, np.round(powers / powers.sum(axis=1, keepdims=True), 2)
    return targets, np.round(1 / (1 + np.exp(-logits)), 2)


def drawn(rows: int, count: int) -> NDArray[np.int32]:
    random = np.random.default_rng(1)
    draws = random.integers(rows, size=(count, rows))
    return np.stack([np.bincount(one, minlength=rows) for one in draws]).astype(np.int32)


@pytest.mark.parametrize("metric", DRAWN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_resample_scores_as_its_rows_do(kind: TargetKind, metric: MetricName) -> None:
    targets, predictions = known(kind, 24)
    counts = drawn(24, 60)
    found = scorer(metric, targets, predictions, kind)(counts)
    picked = [np.repeat(np.arange(24), one) for one in counts]
    expected = [measure(metric, targets[rows], predictions[rows], kind) for rows in picked]
    np.testing.assert_allclose(found, np.array(expected, float), atol=1e-12)


@pytest.mark.parametrize("metric", DRAWN)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_count_as_they_do_in_scikit_learn(kind: TargetKind, metric: MetricName) -> None:
    targets, predictions = known(kind, 400)
    counts = drawn(400, 3)
    found = scorer(metric, targets, predictions, kind)(counts)
    for weights, value in zip(counts, found, strict=True):
        expected = by_scikit_learn(metric, targets, predictions, kind, weights)
        assert value == pytest.approx(expected, nan_ok=True)


def by_scikit_learn(
    metric: MetricName,
    targets: Floats,
    predictions: Floats,
    kind: TargetKind,
    weights: NDArray[np.int32],
) -> float:
    if metric == "auc":
        return float(roc_auc_score(targets, predictions, sample_weight=weights))
    if metric in ("map_at_3", "map_at_5"):
        if kind is not TargetKind.MULTICLASS:
            return np.nan
        # Of three classes every answer names all; what is equally likely is named in its order.
        in_order = predictions - 1e-6 * np.arange(predictions.shape[1])
        return float(
            label_ranking_average_precision_score(targets, in_order, sample_weight=weights)
        )
    if kind is TargetKind.MULTILABEL:
        return of_tags(metric, targets, predictions >= 0.5, weights)
    if metric in BETAS:
        return np.nan
    truth: NDArray[np.generic]
    given: NDArray[np.generic]
    if kind is TargetKind.BINARY:
        truth, given = targets[:, 0] >= 0.5, predictions[:, 0] >= 0.5
    else:
        truth = targets.argmax(axis=1)
        is_graded = metric == "quadratic_kappa"
        given = nearest_classes(predictions) if is_graded else predictions.argmax(axis=1)
    if metric == "accuracy":
        return float(accuracy_score(truth, given, sample_weight=weights))
    if metric == "balanced_accuracy":
        return float(balanced_accuracy_score(truth, given, sample_weight=weights))
    if metric == "macro_f1":
        return float(f1_score(truth, given, average="macro", sample_weight=weights))
    return float(cohen_kappa_score(truth, given, weights="quadratic", sample_weight=weights))


def of_tags(
    metric: MetricName, targets: Floats, answers: NDArray[np.bool_], weights: NDArray[np.int32]
) -> float:
    if metric in ("quadratic_kappa", "balanced_accuracy"):
        return np.nan
    if metric == "accuracy":
        every = np.repeat(weights, targets.shape[1])
        return float(accuracy_score(targets.ravel(), answers.ravel(), sample_weight=every))
    return float(
        fbeta_score(
            targets,
            answers,
            beta=BETAS.get(metric, 1.0),
            average="samples" if metric in BETAS else "macro",
            zero_division=1 if metric in BETAS else 0,
            sample_weight=weights,
        )
    )


@pytest.mark.parametrize("kind", [TargetKind.MULTICLASS, TargetKind.MULTILABEL])
def test_what_neither_occurs_nor_is_answered_has_no_f1(kind: TargetKind) -> None:
    """A fold without a rare tag can be answered without a fault, and then scores 1."""
    targets = np.eye(6)[[0, 1, 2, 0, 1, 2]]
    once = np.ones((1, len(targets)), np.int32)
    assert measure("macro_f1", targets, targets, kind) == 1.0
    assert scorer("macro_f1", targets, targets, kind)(once) == pytest.approx([1.0])
    wrong = np.copy(targets)
    wrong[0] = np.eye(6)[5]
    # Answered once too often, it has one.
    expected = f1_score(targets.argmax(axis=1), wrong.argmax(axis=1), average="macro")
    assert measure("macro_f1", targets, wrong, kind) == pytest.approx(expected)
    assert scorer("macro_f1", targets, wrong, kind)(once) == pytest.approx([expected])


def test_without_any_label_f1_is_not_defined() -> None:
    nothing = np.zeros((4, 3))
    assert measure("macro_f1", nothing, nothing, TargetKind.MULTILABEL) is None
    found = scorer("macro_f1", nothing, nothing, TargetKind.MULTILABEL)(np.ones((1, 4), np.int32))
    assert np.isnan(found).all()


@pytest.mark.parametrize("metric", ["accuracy", "auc", "quadratic_kappa"])
def test_the_noise_of_a_difference_is_that_of_its_resamples(metric: MetricName) -> None:
    """Twelve rows: in some draws all are of one class, which AUC and kappa don't count."""
    kind = TargetKind.BINARY
    targets = np.array([[1.0]] * 2 + [[0.0]] * 10)
    theirs, mine = np.linspace(0.9, 0.2, 12)[:, None], np.linspace(0.6, 0.1, 12)[::-1][:, None]
    found = paired_metric(targets, theirs, mine, kind, metric)
    random, gains = np.random.default_rng(0), []
    for _ in range(200):
        rows = random.integers(12, size=12)
        scores = [measure(metric, targets[rows], one[rows], kind) for one in (theirs, mine)]
        if scores[0] is not None and scores[1] is not None:
            gains.append(scores[1] - scores[0])
    assert found is not None
    # Of twelve rows the draws vary less than other twelve would, and by how much few rows tell.
    few = (12 / 11) ** 0.5 * t.ppf(0.975, 11) / 1.96
    assert found.error == pytest.approx(np.std(gains, ddof=1) * few)
    absent = np.zeros((4, 1)), np.full((4, 1), 0.4), np.full((4, 1), 0.3)
    assert (paired_metric(*absent, kind, metric) is None) == (metric in ("auc", "quadratic_kappa"))
