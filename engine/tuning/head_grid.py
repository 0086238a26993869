"""A grid of linear heads on the frozen backbone's features, cross-validated over all folds."""

import time
import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from engine.competition.findings import TargetKind
from engine.events.types import EpochEnded
from engine.experiment.record import Scores
from engine.experiment.search import Value
from engine.jobs.tasks import TaskOrder
from engine.predictions.deciding import must_answer
from engine.predictions.scoring import score_held_out
from engine.training.data import FoldData, load_fold
from engine.training.inputs import Rows
from engine.training.reporter import Report
from engine.training.scores import row_log_loss
from engine.training.stopping import StopSignal
from engine.tuning.head_features import HeadFeatures
from engine.tuning.linear_head import DEFAULTS, FLIP, SCALING, STRENGTH
from engine.tuning.space import grid
from engine.tuning.trials import Trials

Array = NDArray[np.floating]

_STEPS = 1000


def search_heads(order: TaskOrder, trials: Trials, report: Report, stop: StopSignal) -> None:
    """Try every point of the grid that an earlier life has not.

    As scikit-learn's `GridSearchCV` over the frozen folds, but that a row's flipped view is
    trained on beside it, and its prediction is the mean of both.

    Args:
        order: the task.
        trials: runs the points and tells of them.
        report: is told of the features' computation.
        stop: may stop it between folds.

    Raises:
        UserError: the data can't be used, or its features don't fit into the cache.
        StopRequested: it was stopped.
    """
    assert order.search is not None
    data = load_fold(order, report, stop)
    points = grid(order.search)[: order.search.trials]
    features = HeadFeatures(order, data, report, stop)
    # Before the trials: features that can't be computed fail the search, not each of them.
    for is_flipped in {False, *((DEFAULTS | values)[FLIP] for values in points)}:
        features.of(bool(is_flipped))
    heads = _Heads(order, data, features, stop)
    for number, values in enumerate(points, start=1):
        stop.check()
        trials.run(str(number), values, partial(heads.scored, DEFAULTS | values))


class _Heads:
    """Linear heads on the features of one competition.

    Args:
        order: the task.
        data: any of its folds.
        features: those of its images.
        stop: may stop it between folds.
    """

    def __init__(
        self, order: TaskOrder, data: FoldData, features: HeadFeatures, stop: StopSignal
    ) -> None:
        self._data = data
        self._stop = stop
        self._seed = order.spec.seed
        readable = np.ones(len(data.folds), dtype=bool)
        readable[list(data.train.unreadable)] = False
        self._readable = readable
        # A wrong label is not trained on, but stays in validation.
        self._trusted = readable & ~np.isin(data.competition.ids, order.spec.leave_out)
        self._features = features

    def scored(self, point: dict[str, Value], report: Report) -> Scores:
        """Cross-validate one head.

        Args:
            point: the strength C of the fit to the data, whether features are scaled, whether
                flipped views are used.
            report: is told of every fold.

        Returns:
            The scores of all rows, each predicted by the head that never saw its fold.

        Raises:
            StopRequested: it was stopped.
        """
        competition, folds = self._data.competition, self._data.folds
        targets = competition.targets
        views = [self._features.of(False), *([self._features.of(True)] if point[FLIP] else [])]
        predictions = np.zeros(targets.shape, np.float64)
        for number, fold in enumerate(np.unique(folds)):
            self._stop.check()
            began = time.monotonic()
            held_out = np.flatnonzero(self._readable & (folds == fold))
            rows = np.flatnonzero(self._trusted & (folds != fold))
            predictions[held_out] = self._predicted(views, rows, held_out, point)
            loss = row_log_loss(targets[held_out], predictions[held_out], competition.kind)
            figures: dict[str, float | None] = {"val_log_loss": float(loss.mean())}
            report(EpochEnded(epoch=number, figures=figures, seconds=time.monotonic() - began))
        rows = np.flatnonzero(self._readable)
        return score_held_out(
            (targets[rows], predictions[rows]),
            targets[rows].mean(axis=0),
            competition.kind,
            competition.metric,
            self._data.kin.of(rows),
            must_answer(competition),
        )

    def _predicted(
        self, views: list[Array], rows: Rows, held_out: Rows, point: dict[str, Value]
    ) -> NDArray[np.float64]:
        """Probabilities of the held-out rows, (rows, outputs)."""
        seen = np.concatenate([view[rows] for view in views])
        truth = np.tile(self._data.competition.targets[rows], (len(views), 1))
        if self._data.competition.kind is TargetKind.MULTICLASS:
            classes, shares = self._probabilities(
                seen, truth.argmax(axis=1), views, held_out, point
            )
            result = np.zeros((len(held_out), truth.shape[1]))
            result[:, classes] = shares
            return result
        columns = []
        for label in range(truth.shape[1]):
            self._stop.check()
            wanted = truth[:, label] >= 0.5
            classes, shares = self._probabilities(seen, wanted, views, held_out, point)
            columns.append(shares[:, list(classes).index(1)] if 1 in classes else 0 * shares[:, 0])
        return np.stack(columns, axis=1)

    def _probabilities(
        self,
        seen: Array,
        truth: NDArray[Any],
        views: list[Array],
        held_out: Rows,
        point: dict[str, Value],
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The classes that the head knows, and their probabilities, means over the views."""
        truth = truth.astype(np.intp)
        if len(np.unique(truth)) < 2:
            return truth[:1], np.ones((len(held_out), 1))
        steps: list[tuple[str, Any]] = [("scale", StandardScaler())] if point[SCALING] else []
        head = LogisticRegression(
            C=float(point[STRENGTH]), max_iter=_STEPS, random_state=self._seed
        )
        model = Pipeline([*steps, ("head", head)])
        with warnings.catch_warnings():
            # A head that has not settled after so many steps is scored as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)
            # Many small products: two threads wait for each other most of the time.
            with threadpool_limits(1, user_api="blas"):
                model.fit(seen, truth)
        shares = [model.predict_proba(view[held_out]) for view in views]
        return head.classes_, np.mean(shares, axis=0, dtype=np.float64)
