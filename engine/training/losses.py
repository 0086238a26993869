"""The losses a spec can name, for each kind of target."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import LossSpec


def make_loss(spec: LossSpec, kind: TargetKind, targets: NDArray[np.float32]) -> keras.losses.Loss:
    """The loss that training minimises.

    Args:
        spec: its name, label smoothing and weights.
        kind: one-hot targets for multiclass, one column a label otherwise.
        targets: of the rows to train on, (rows, outputs); they say how rare each class is.

    Returns:
        A Keras loss over float targets and probabilities, both (batch, outputs).

    Raises:
        UserError: sparsemax was asked for targets that are not one of several classes.
    """
    if spec.name == "sparsemax":
        if kind is not TargetKind.MULTICLASS:
            raise UserError(
                f"The sparsemax loss was asked for {kind} targets.",
                "multiclass targets, whose predictions share one unit of probability.",
                "set loss.name=cross_entropy, or focal.",
            )
        loss: keras.losses.Loss = SparsemaxLoss()
    else:
        loss = _cross_entropy(spec, kind)
    return Balanced(loss, class_weights(targets, kind), kind) if spec.balanced else loss


def _cross_entropy(spec: LossSpec, kind: TargetKind) -> keras.losses.Loss:
    one_hot = kind is TargetKind.MULTICLASS
    smoothing = spec.label_smoothing
    if spec.name == "focal":
        focal = (
            keras.losses.CategoricalFocalCrossentropy
            if one_hot
            else keras.losses.BinaryFocalCrossentropy
        )
        return focal(gamma=spec.focal_gamma, label_smoothing=smoothing)
    plain = keras.losses.CategoricalCrossentropy if one_hot else keras.losses.BinaryCrossentropy
    return plain(label_smoothing=smoothing)


class SparsemaxLoss(keras.losses.Loss):  # type: ignore[misc] # keras ships no types
    """The Fenchel-Young loss whose prediction is sparsemax (Martins & Astudillo 2016, eq. 27).

    Its gradient with respect to the logits is prediction minus target, as cross-entropy's is
    with softmax. The logits are those that `head.sparse_probabilities` has left on its result.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each row.

        Args:
            y_true: (batch, classes), one-hot or soft.
            y_pred: (batch, classes), from `head.sparse_probabilities`.

        Returns:
            (batch,), not negative.
        """
        logits = y_pred._keras_logits
        support = ops.cast(y_pred > 0, y_pred.dtype)
        # On the support p = z - tau, so tau needs no search of its own.
        threshold = ops.sum((logits - y_pred) * support, axis=-1) / ops.sum(support, axis=-1)
        conjugate = 0.5 * ops.sum(
            support * (logits**2 - ops.expand_dims(threshold, -1) ** 2), axis=-1
        )
        return conjugate - ops.sum(y_true * logits, axis=-1) + 0.5 * ops.sum(y_true**2, axis=-1)


class Balanced(keras.losses.Loss):  # type: ignore[misc] # keras ships no types
    """A loss in which every class weighs the same, soft labels included.

    Keras' own `class_weight` rounds soft labels to the likeliest class. Here each part of a label
    has its class's weight: a row that MixUp made costs what its two parts cost. Were its whole
    loss weighted by their mean, a rare class would raise the weight of what it is mixed with.

    Args:
        loss: what each row costs.
        weights: from `class_weights`.
        kind: what a prediction is.
    """

    def __init__(
        self, loss: keras.losses.Loss, weights: NDArray[np.float32], kind: TargetKind
    ) -> None:
        super().__init__(name="balanced")
        self._loss = loss
        self._weights = weights
        self._kind = kind

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The weighted loss of each row, (batch,)."""
        # One by one: TensorFlow can't unpack a tensor within a graph.
        absent, present = (ops.convert_to_tensor(row, dtype=y_pred.dtype) for row in self._weights)
        parts = y_true * present
        # Losses are linear in labels: weights in the labels, which sum to one again, and their
        # sum before the loss are the weights of its parts, smoothed and focal ones, too.
        if self._kind is TargetKind.MULTICLASS:
            total = ops.sum(parts, axis=-1)
            return total * self._loss.call(parts / ops.expand_dims(total, -1), y_pred)
        total = parts + (1 - y_true) * absent
        # With an axis to take the mean over, the loss of each label comes back by itself.
        losses = self._loss.call(ops.expand_dims(parts / total, -1), ops.expand_dims(y_pred, -1))
        return ops.mean(total * losses, axis=-1)


def class_weights(targets: NDArray[np.float32], kind: TargetKind) -> NDArray[np.float32]:
    """Weights inversely proportional to how often a class occurs, one on average over the rows.

    Args:
        targets: of the rows trained on, (rows, outputs).
        kind: what a prediction is.

    Returns:
        float32, (2, outputs): of each output when absent and when present; an absent class of a
        multiclass target weighs nothing. These are scikit-learn's `balanced` weights.
    """
    rows, outputs = targets.shape
    present = np.maximum(targets.sum(axis=0), 1)
    if kind is TargetKind.MULTICLASS:
        return np.stack([np.zeros(outputs), rows / (outputs * present)]).astype(np.float32)
    absent = np.maximum(rows - targets.sum(axis=0), 1)
    return np.asarray(rows / (2 * np.stack([absent, present])), np.float32)


def make_metrics(kind: TargetKind) -> list[keras.metrics.Metric]:
    """Log-loss on the targets as they are, and accuracy: the curves of every fit."""
    if kind is TargetKind.MULTICLASS:
        return [
            keras.metrics.CategoricalCrossentropy(name="log_loss"),
            keras.metrics.CategoricalAccuracy(name="accuracy"),
        ]
    return [
        keras.metrics.BinaryCrossentropy(name="log_loss"),
        _Accuracy(name="accuracy"),
    ]


class _Accuracy(keras.metrics.BinaryAccuracy):  # type: ignore[misc] # Keras has no types
    """The share of right answers, also where a target is a probability, or mixed of two.

    Keras compares a soft target itself with the answer, which no answer is ever equal to.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        hard = ops.cast(ops.convert_to_tensor(y_true) >= 0.5, y_pred.dtype)
        return super().update_state(hard, y_pred, sample_weight)
