"""Stacking: a second model learns the truth from the members' predictions (Wolpert, 1992)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from engine.blending.averages import mean
from engine.blending.logits import logits
from engine.blending.members import ALL, Array, Members, Rows
from engine.blending.methods import MetaLearner
from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.installing import sync_command

Blend = NDArray[np.float64]

# (M, rows, outputs) and the rows wanted, to (rows wanted, outputs).
Stack = Callable[[Array, Rows], Blend]


def fit_stack(
    members: Members, rows: NDArray[np.integer], learner: MetaLearner, seed: int = 0
) -> Stack:
    """Learn how the members' logits tell the truth.

    Logistic regression gets few coefficients and a ridge; forests and boosting can learn the rows
    by heart, which only a score on rows that they weren't fitted on can show. A label of several
    is learned from the members' logits of that label alone. A class that none of the rows has
    keeps the probability that the members' mean gives it.

    Args:
        members: M members.
        rows: positions of the rows to fit on; out-of-fold predictions of the members, or the
            stack learns to trust the member that has overfitted most.
        learner: what to learn with.
        seed: of forests and boosting.

    Returns:
        A function of predictions (M, rows, outputs) and the rows of them wanted, that returns
        probabilities, (rows wanted, outputs).

    Raises:
        UserError: boosting was asked for, and xgboost isn't installed.
    """
    kind, targets = members.kind, members.targets[rows]
    if kind is TargetKind.MULTICLASS:
        features = _features(members.predictions, rows, kind, ALL)
        classifiers = [_Classifier(learner, seed, features, targets.argmax(axis=1))]
    else:
        classifiers = [
            _Classifier(
                learner,
                seed,
                _features(members.predictions, rows, kind, slice(label, label + 1)),
                targets[:, label] >= 0.5,
            )
            for label in range(targets.shape[1])
        ]

    def stack(predictions: Array, wanted: Rows = ALL) -> Blend:
        prior = mean(predictions, wanted)
        if kind is TargetKind.MULTICLASS:
            return classifiers[0](_features(predictions, wanted, kind, ALL), prior)
        for label, classifier in enumerate(classifiers):
            features = _features(predictions, wanted, kind, slice(label, label + 1))
            both = np.stack([1 - prior[:, label], prior[:, label]], axis=1)
            prior[:, label] = classifier(features, both)[:, 1]
        return prior

    return stack


def _features(
    predictions: Array, rows: Rows, kind: TargetKind, outputs: slice
) -> NDArray[np.float32]:
    """The members' logits side by side, (rows wanted, M x outputs wanted)."""
    columns = [logits(member[rows], kind)[:, outputs].astype(np.float32) for member in predictions]
    return np.concatenate(columns, axis=1)


class _Classifier:
    """A meta-learner that bears rows in which a class is missing."""

    def __init__(
        self, learner: MetaLearner, seed: int, features: NDArray[np.float32], truth: NDArray[Any]
    ) -> None:
        # Numbers without gaps, as boosting wants them.
        self._present, numbers = np.unique(truth.astype(np.intp), return_inverse=True)
        self._model = None if len(self._present) < 2 else _model(learner, seed)
        # A forest's zeros mean that no fitted row was so, not that none can be.
        self._unseen = 1 / len(truth) if learner is MetaLearner.FOREST else 0.0
        if self._model is not None:
            # Many small products: on a busy machine two threads wait for each other most of the
            # time.
            with threadpool_limits(1, user_api="blas"):
                self._model.fit(features, numbers)

    def __call__(self, features: NDArray[np.float32], prior: Blend) -> Blend:
        """Probabilities, (rows, classes); `prior`, of that shape, tells of the missing ones."""
        if self._model is None:
            return prior
        found = np.asarray(self._model.predict_proba(features), np.float64) + self._unseen
        found /= found.sum(axis=1, keepdims=True)
        result = prior.copy()
        result[:, self._present] = found * prior[:, self._present].sum(axis=1, keepdims=True)
        return result


def _model(learner: MetaLearner, seed: int) -> Any:
    if learner is MetaLearner.LOGISTIC:
        # Classes make many coefficients: a weaker ridge overfits a few thousand rows.
        return LogisticRegression(C=0.1, max_iter=1000)
    if learner is MetaLearner.FOREST:
        return RandomForestClassifier(n_estimators=200, min_samples_leaf=5, random_state=seed)
    try:
        from xgboost import XGBClassifier
    except ImportError as error:
        raise UserError(
            "A stack by boosting was asked for, and xgboost isn't installed.",
            "the optional libraries of `boosting`.",
            f"install them with `{sync_command('boosting')}`, or stack by logistic.",
        ) from error
    return XGBClassifier(
        n_estimators=200,
        max_depth=3,
        learning_rate=0.05,
        subsample=0.8,
        colsample_bytree=0.8,
        random_state=seed,
        # On a busy machine threads wait for each other longer than such small trees take.
        n_jobs=1,
    )
