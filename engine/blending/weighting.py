"""Weights of a mean: none negative, summing to 1, with the smallest log-loss there is."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from engine.blending.members import Members, probabilities_of_truth

Weights = NDArray[np.float64]

# Columns at a time: float32 sums of this many are right to seven digits, and stay in the cache.
_COLUMNS = 8192
_TOLERANCE = 1e-9
_STEPS = 200


def log_loss_weights(members: Members, rows: NDArray[np.integer]) -> Weights:
    """The weighted mean with the smallest log-loss on some rows.

    The log-loss is convex in the weights, so that there is one smallest value, and sequential
    quadratic programming (Kraft, 1988) finds it from the plain mean on.

    Args:
        members: M members.
        rows: positions of the rows to fit on.

    Returns:
        (M,), none negative, summing to 1.
    """
    truth = probabilities_of_truth(members, rows)

    def loss_and_slope(weights: Weights) -> tuple[float, Weights]:
        logs, slope = 0.0, np.zeros(members.count)
        narrow = weights.astype(np.float32)
        for start in range(0, truth.shape[1], _COLUMNS):
            part = truth[:, start : start + _COLUMNS]
            # A step may leave the simplex by a rounding error, and no logarithm may see it.
            mixture = np.maximum(narrow @ part, np.finfo(np.float32).tiny)
            logs += float(np.log(mixture).sum(dtype=np.float64))
            slope += part @ (1 / mixture)
        return -logs / truth.shape[1], -slope / truth.shape[1]

    # Many small products: on a busy machine two threads wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        found = minimize(
            loss_and_slope,
            np.full(members.count, 1 / members.count),
            jac=True,
            method="SLSQP",
            bounds=[(0, 1)] * members.count,
            constraints={
                "type": "eq",
                "fun": lambda weights: weights.sum() - 1,
                "jac": np.ones_like,
            },
            options={"ftol": _TOLERANCE, "maxiter": _STEPS},
        )
    weights = np.clip(found.x, 0, None)
    return np.asarray(weights / weights.sum(), np.float64)
