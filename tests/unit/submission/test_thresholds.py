"""Probabilities become the answers that the metric wants, by what is fitted on other rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    fbeta_score,
)

from engine.competition.competition import load_competition
from engine.competition.findings import BETAS, MetricName, TargetKind
from engine.jobs.tasks import PREDICTIONS
from engine.predictions.deciding import Fitted, fit_decision
from engine.predictions.decision import plain_decision
from engine.predictions.thresholds import (
    _both_classes,
    _kappas,
    _one_for_images,
    _one_threshold,
    _own_thresholds,
    _share_weights,
    _tried,
)
from engine.submission.export import export_submission
from engine.training.scores import macro_f1, nearest_classes
from tests.unit.competition.builders import pictures, table, workspace
from tests.unit.predictions.answered import ROWS, Rows, classes, grades, labels, strangers, tags

BINARY, MULTICLASS, MULTILABEL = TargetKind
KIN = strangers(np.arange(ROWS) % 5)


def fitted(rows: tuple[Rows, Rows], kind: TargetKind, metric: MetricName = "macro_f1") -> Fitted:
    found = fit_decision(*rows, strangers(np.arange(len(rows[0])) % 5), kind, metric)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rows", "kind", "metric", "gain"),
    [
        (labels(), MULTILABEL, "macro_f1", 0.15),
        ((labels()[0][:, :1], labels()[1][:, :1]), BINARY, "macro_f1", 0.05),
        (classes([0.7, 0.2, 0.1]), MULTICLASS, "macro_f1", 0.03),
        (grades(), MULTICLASS, "quadratic_kappa", 0.002),
        ((labels()[0][:, :1], labels()[1][:, :1]), BINARY, "balanced_accuracy", 0.2),
        (classes([0.7, 0.2, 0.1]), MULTICLASS, "balanced_accuracy", 0.05),
        (tags(), MULTILABEL, "mean_f2", 0.03),
    ],
)
def test_answers_get_better_also_on_rows_never_seen(
    rows: tuple[Rows, Rows], kind: TargetKind, metric: MetricName, gain: float
) -> None:
    found = fitted(rows, kind, metric)
    assert found.is_better
    assert found.score > found.plain + gain
    # What was promised of rows that nothing was fitted on holds for others.
    fresh = {MULTILABEL: labels(1), BINARY: (labels(1)[0][:, :1], labels(1)[1][:, :1])}
    more = grades(1) if metric == "quadratic_kappa" else classes([0.7, 0.2, 0.1], 1)
    truth, predicted = tags(1) if metric in BETAS else fresh.get(kind, more)
    plain = plain_decision(kind, metric, truth.shape[1]).answers(predicted)
    assert judged(truth, found.decision.answers(predicted), kind, metric) > judged(
        truth, plain, kind, metric
    )


def judged(truth: Rows, answers: NDArray[np.intp], kind: TargetKind, metric: MetricName) -> float:
    if kind is MULTICLASS:
        truth, answers = truth.argmax(axis=1), answers.argmax(axis=1)
    if metric == "quadratic_kappa":
        return float(cohen_kappa_score(truth, answers, weights="quadratic"))
    if metric == "balanced_accuracy":
        return float(balanced_accuracy_score(truth.ravel(), answers.ravel()))
    if metric in BETAS:
        beta = BETAS[metric]
        return float(fbeta_score(truth, answers, beta=beta, average="samples", zero_division=1))
    return float(f1_score(truth, answers, average="macro"))


@pytest.mark.parametrize("metric", list(BETAS))
@pytest.mark.parametrize("needs_one", [False, True])
def test_a_threshold_is_the_best_one_for_the_images(metric: MetricName, needs_one: bool) -> None:
    truth, predicted = labels()
    tried = _tried(predicted)
    plain = plain_decision(MULTILABEL, metric, 3, needs_one)
    found = _one_for_images(truth, predicted, plain)
    answers = [replace(plain, values=np.full(3, one)).answers(predicted) for one in tried]
    scores = [judged(truth, one, MULTILABEL, metric) for one in answers]
    assert (found == tried[np.argmax(scores)]).all()


def test_of_a_thousand_labels_the_rare_ones_are_found() -> None:
    drawn = np.random.default_rng(0)
    truth = (drawn.random((400, 1000)) < 0.002).astype(float)
    predicted = 0.001 + 0.05 * truth * drawn.random(truth.shape) + 0.02 * drawn.random(truth.shape)
    plain = plain_decision(MULTILABEL, "mean_f1", 1000)
    found = replace(plain, values=_one_for_images(truth, predicted, plain)).answers(predicted)
    best = max(
        judged(
            truth,
            replace(plain, values=np.full(1000, one)).answers(predicted),
            MULTILABEL,
            "mean_f1",
        )
        for one in np.linspace(0.01, 0.07, 61)
    )
    assert judged(truth, found, MULTILABEL, "mean_f1") > best - 0.03


def test_of_two_classes_both_recalls_count() -> None:
    truth, predicted = (rows[:200, :1] for rows in labels())
    plain = plain_decision(BINARY, "balanced_accuracy", 1)
    (found,) = _both_classes(truth, predicted, plain)
    tried = np.unique(predicted)
    best = max(balanced_accuracy_score(truth, predicted >= one) for one in tried)
    assert balanced_accuracy_score(truth, predicted >= found) == pytest.approx(best)


@pytest.mark.slow
def test_a_labels_threshold_is_the_best_there_is() -> None:
    truth, predicted = (rows[:200] for rows in labels())
    truth[:, 1] = 0
    found = _own_thresholds(truth, predicted, plain_decision(MULTILABEL, "macro_f1", 3))
    for label in (0, 2):
        tried = np.unique(predicted[:, label])
        best = max(f1_score(truth[:, label], predicted[:, label] >= one) for one in tried)
        mine = f1_score(truth[:, label], predicted[:, label] >= found[label])
        assert mine == pytest.approx(best)
    assert found[1] == 0.5, "that of a label which no row has says nothing"


def test_a_label_that_no_row_has_counts_where_it_is_answered() -> None:
    """Not otherwise: as in the score. One is never seen, another likely in a few rows."""
    truth, predicted = labels()
    few = np.where(np.arange(ROWS) % 100 == 0, 0.25, 0.0)
    truth = np.column_stack([truth, np.zeros((ROWS, 2))])
    predicted = np.column_stack([predicted, np.zeros(ROWS), few])
    tried = _tried(predicted)
    for needs_one in (False, True):
        plain = plain_decision(MULTILABEL, "macro_f1", 5, needs_one)
        found = _one_threshold(truth, predicted, plain)
        answers = [replace(plain, values=np.full(5, one)).answers(predicted) for one in tried]
        scores = [macro_f1(truth, one.astype(float), MULTILABEL) for one in answers]
        assert (found == tried[np.argmax(np.array(scores, float))]).all()


def test_a_class_that_no_row_has_counts_where_it_is_answered() -> None:
    truth, predicted = classes([0.8, 0.15, 0.05])
    few = np.where(np.arange(ROWS) % 100 == 0, 0.05, 0.0)
    truth = np.column_stack([truth, np.zeros(ROWS)])
    predicted = np.column_stack([predicted * (1 - few)[:, None], few])
    found = _share_weights(truth, predicted, plain_decision(MULTICLASS, "macro_f1", 4))
    shares = np.maximum(truth.mean(axis=0), 1 / ROWS)
    tried = [shares**-power for power in np.linspace(0, 1.5, 16)]
    scores = [macro_f1(truth, predicted * one, MULTICLASS) for one in tried]
    best = tried[int(np.argmax(np.array(scores, float)))]
    np.testing.assert_allclose(found, best / best.mean())


def test_kappa_of_a_moved_cut_is_scikit_learns() -> None:
    truth, predicted = grades(rows=ROWS)
    expected = predicted @ np.arange(5)
    order = np.argsort(expected)
    ranked = truth.argmax(axis=1)[order].astype(float)
    below = np.searchsorted(expected[order], np.arange(4) + 0.5)
    for cut in range(4):
        tried = below[cut] + np.array([-5, 0, 7])
        for count, kappa in zip(tried, _kappas(ranked, below, cut, tried), strict=True):
            moved = np.where(np.arange(4) == cut, count, below)
            answers = (np.arange(ROWS)[:, None] >= moved).sum(axis=1)
            wanted = cohen_kappa_score(ranked.astype(int), answers, weights="quadratic")
            assert kappa == pytest.approx(wanted, abs=1e-12)


def test_what_was_fitted_to_noise_is_not_used() -> None:
    drawn = np.random.default_rng(0)
    truth = (drawn.random((60, 4)) < 0.5).astype(float)
    sure = np.clip(truth, 0.1, 0.9)
    found = fit_decision(truth, sure, strangers(np.arange(60) % 5), MULTILABEL, "macro_f1")
    assert found is not None
    assert not found.is_better, "nothing beats answers that are all right"
    assert found.decision.values.tolist() == [0.5] * 4
    # A few hundred rows have better cuts by chance, too.
    few = fit_decision(
        *grades(4, 300), strangers(np.arange(300) % 5), MULTICLASS, "quadratic_kappa"
    )
    assert few is not None
    assert not few.is_better


def test_tags_are_scored_as_they_are_written() -> None:
    """In one cell no answer is empty; each in a column of its own may be."""
    truth, predicted = labels()
    truth[~truth.any(axis=1), 2] = 1
    empty, full = (
        fit_decision(truth, predicted, KIN, MULTILABEL, "macro_f1", needs_one)
        for needs_one in (False, True)
    )
    assert empty is not None
    assert full is not None
    plain = plain_decision(MULTILABEL, "macro_f1", 3, needs_one=True).answers(predicted)
    assert plain.any(axis=1).all()
    assert not (predicted >= 0.5).any(axis=1).all()
    assert full.plain == pytest.approx(judged(truth, plain, MULTILABEL, "macro_f1"))
    assert full.plain > empty.plain + 0.05, "every row has a tag, and is given one"
    assert full.decision.answers(predicted).any(axis=1).all()
    written = judged(truth, full.decision.answers(predicted), MULTILABEL, "macro_f1")
    assert full.score == pytest.approx(written, abs=0.05)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "auc"])
def test_other_metrics_have_the_likeliest_answered(metric: MetricName) -> None:
    assert fit_decision(*classes([0.7, 0.2, 0.1]), KIN, MULTICLASS, metric) is None


def test_plain_answers_are_the_likeliest_or_nearest() -> None:
    _, predicted = grades()
    likeliest = plain_decision(MULTICLASS, "accuracy", 5).answers(predicted).argmax(axis=1)
    assert np.array_equal(likeliest, predicted.argmax(axis=1))
    # Also halfway between two classes.
    predicted = np.concatenate([predicted, (np.eye(5)[:-1] + np.eye(5)[1:]) / 2])
    nearest = plain_decision(MULTICLASS, "quadratic_kappa", 5).answers(predicted).argmax(axis=1)
    assert np.array_equal(nearest, nearest_classes(predicted))


def test_tags_are_submitted_by_thresholds_of_the_stored_predictions(tmp_path: Path) -> None:
    _, predicted = (rows[:40] for rows in labels())
    # Every row has a tag, since an empty cell would be a missing label.
    truth = np.tile([[1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 1]], (8, 1)).astype(float)
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(40)])
    pictures(data / "test", ["a.png", "b.png"], first_seed=1000)
    names = np.array(["dew", "fog", "sun"])
    tags = [" ".join(names[row.astype(bool)]) for row in truth]
    table(data / "labels.csv", "id,tags", *(f"{row},{one}" for row, one in enumerate(tags)))
    table(data / "sample_submission.csv", "id,tags", "a,dew fog", "b,sun")
    place = workspace(tmp_path, '[competition]\ntarget = "multilabel"\n')
    found = load_competition(data, place)
    assert (found.kind, found.metric) == (MULTILABEL, "macro_f1")
    assert found.classes == tuple(names)
    folder = place.task("1", "fold0")
    folder.mkdir(parents=True)
    # So unsure of everything that nothing reaches 0.5, but in the right order: each row would
    # have its likeliest tag alone.
    np.savez(
        folder / PREDICTIONS,
        train_rows=np.array([], np.intp),
        validation_rows=np.arange(40),
        validation=(0.1 + 0.2 * truth + 0.05 * predicted).astype(np.float32),
        test=np.array([[0.31, 0.31, 0.12], [0.11, 0.12, 0.14]], np.float32),
    )
    written = export_submission(data, place, "1", [0], tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text().splitlines() == ["id,tags", "a,dew fog", "b,sun"]
    likeliest = np.eye(3)[(0.2 * truth + 0.05 * predicted).argmax(axis=1)]
    assert written.plain == pytest.approx(f1_score(truth, likeliest, average="macro"))
    assert written.fitted == 1.0
    assert written.metric == "macro_f1"
