"""By a metric of answers, what is scored is what would be submitted."""

import numpy as np
import pytest

from engine.blending.metrics import measure
from engine.competition.findings import MetricName, TargetKind
from engine.predictions.deciding import as_submitted
from engine.predictions.parts import Kinship
from engine.predictions.scoring import score_held_out
from tests.unit.predictions.answered import ROWS, Rows, classes, grades, labels, strangers, tags

BINARY, MULTICLASS, MULTILABEL = TargetKind
ANSWERED = [
    (labels(), MULTILABEL, "macro_f1", 0.15),
    ((labels()[0][:, :1], labels()[1][:, :1]), BINARY, "macro_f1", 0.05),
    (classes([0.7, 0.2, 0.1]), MULTICLASS, "macro_f1", 0.03),
    (grades(), MULTICLASS, "quadratic_kappa", 0.001),
    (classes([0.7, 0.2, 0.1]), MULTICLASS, "balanced_accuracy", 0.05),
    (tags(), MULTILABEL, "mean_f2", 0.03),
]


def kin(targets: Rows) -> Kinship:
    # By chance: a fold is every second row in one of the tests.
    return strangers(np.random.default_rng(0).permutation(len(targets)) % 5)


@pytest.mark.parametrize(("rows", "kind", "metric", "gain"), ANSWERED)
def test_a_fit_is_scored_by_the_answers_it_would_be_submitted_with(
    rows: tuple[Rows, Rows], kind: TargetKind, metric: MetricName, gain: float
) -> None:
    scores = score_held_out(rows, rows[0].mean(axis=0), kind, metric, kin(rows[0]))
    plain = measure(metric, *rows, kind)
    assert scores.val_metric is not None
    assert plain is not None
    assert scores.val_metric > plain + gain
    assert getattr(scores, f"val_{metric}") == scores.val_metric
    # Where it is not the competition's metric, nothing is fitted to it.
    noted = score_held_out(rows, rows[0].mean(axis=0), kind, "log_loss", kin(rows[0]))
    assert getattr(noted, f"val_{metric}") == plain


def test_the_better_probabilities_win_although_their_likeliest_answers_are_worse() -> None:
    """Rare labels are hardly ever the likelier answer, unless one is far too sure."""
    truth, good = labels()
    noise = np.random.default_rng(1).normal(size=good.shape)
    worse = 1 / (1 + np.exp(-(np.log(good / (1 - good)) + 1.5 * noise + 1.0)))
    plain = [measure("macro_f1", truth, one, MULTILABEL) or 0.0 for one in (good, worse)]
    assert plain[0] < plain[1]
    found = [
        score_held_out(
            (truth, one), truth.mean(axis=0), MULTILABEL, "macro_f1", kin(truth)
        ).val_metric
        or 0.0
        for one in (good, worse)
    ]
    assert found[0] > found[1] + 0.05


@pytest.mark.parametrize(("rows", "kind", "metric", "gain"), ANSWERED)
def test_no_answer_knows_its_own_row(
    rows: tuple[Rows, Rows], kind: TargetKind, metric: MetricName, gain: float
) -> None:
    """What is true of a row changes the answers of others alone, while the same way is the best."""
    truth, probabilities = rows
    before = as_submitted(truth, probabilities, kin(truth), kind, metric)
    for row in (3, 40, 777):
        changed = truth.copy()
        changed[row] = np.roll(truth[row], 1) if kind is MULTICLASS else 1 - truth[row]
        after = as_submitted(changed, probabilities, kin(truth), kind, metric)
        assert (after[row] == before[row]).all()


def test_noise_is_not_called_skill() -> None:
    """Thresholds for every label, fitted on the very rows, would make a quarter more of it."""
    drawn = np.random.default_rng(5)
    truth, noise = (drawn.random((60, 20)) < 0.1).astype(float), drawn.random((60, 20))
    # All labels for all rows are as good as any answer here.
    blind = measure("macro_f1", truth, np.ones_like(truth), MULTILABEL) or 0.0
    answers = as_submitted(truth, noise, kin(truth), MULTILABEL, "macro_f1")
    assert (measure("macro_f1", truth, answers, MULTILABEL) or 0.0) < blind + 0.03


def test_what_is_better_by_chance_is_not_promised() -> None:
    """At 0.5 both classes are told apart best: what an export does not use is not scored."""
    drawn = np.random.default_rng(3)
    truth = (drawn.random((300, 1)) < 0.5).astype(float)
    probabilities = 1 / (1 + np.exp(-(1.2 * (2 * truth - 1) + 1.5 * drawn.normal(size=(300, 1)))))
    answers = as_submitted(truth, probabilities, kin(truth), BINARY, "macro_f1")
    assert (answers == (probabilities >= 0.5)).all()


def test_patients_do_not_tell_of_themselves() -> None:
    """Ten images alike of each of twenty patients, predicted by what knows nothing."""
    drawn, gained = np.random.default_rng(0), []
    for _ in range(20):
        patient = np.repeat(np.arange(20), 10)
        truth = np.eye(5)[drawn.integers(5, size=20)][patient]
        probabilities = drawn.dirichlet(np.ones(5), 20)[patient] + 0.02 * drawn.random((200, 5))
        known = Kinship(patient, drawn.permutation(20)[patient] % 5)
        answers = as_submitted(truth, probabilities, known, MULTICLASS, "quadratic_kappa")
        gained.append(measure("quadratic_kappa", truth, answers, MULTICLASS) or 0.0)
    assert np.mean(gained) < 0.1


def test_where_a_tag_must_be_named_each_row_is_answered_with_one() -> None:
    truth, probabilities = labels()
    for needs_one in (False, True):
        answers = as_submitted(
            truth, probabilities / 3, kin(truth), MULTILABEL, "macro_f1", needs_one
        )
        assert answers.any(axis=1).all() == needs_one


def test_every_fold_is_answered_by_itself() -> None:
    """A score is the mean of the folds' own."""
    truth, probabilities = labels()
    folds = np.arange(ROWS) % 2
    # The second fold's network is far less sure.
    probabilities[folds == 1] /= 4
    found = as_submitted(truth, probabilities, kin(truth), MULTILABEL, "macro_f1", folds=folds)
    for fold in (0, 1):
        rows = folds == fold
        held_out = truth[rows], probabilities[rows], kin(truth).of(rows)
        assert (found[rows] == as_submitted(*held_out, MULTILABEL, "macro_f1")).all()


@pytest.mark.parametrize("metric", ["log_loss", "accuracy", "auc"])
def test_probabilities_are_scored_as_they_are(metric: MetricName) -> None:
    truth, probabilities = labels()
    assert as_submitted(truth, probabilities, kin(truth), MULTILABEL, metric) is probabilities


def test_a_thousand_classes_are_no_grades() -> None:
    """Cuts between them would be fitted for hours."""
    drawn = np.random.default_rng(0)
    truth = np.eye(1000)[drawn.integers(1000, size=50)]
    probabilities = drawn.dirichlet(np.ones(1000), 50)
    kappa = as_submitted(truth, probabilities, kin(truth), MULTICLASS, "quadratic_kappa")
    assert kappa is probabilities
