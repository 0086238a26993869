"""What turns a feature map into a prediction."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.experiment.spec import HeadSpec

_POOLINGS = {
    "none": keras.layers.Flatten,
    "avg": keras.layers.GlobalAveragePooling2D,
    "max": keras.layers.GlobalMaxPooling2D,
}


def pool_features(feature_map: keras.KerasTensor, head: HeadSpec) -> keras.KerasTensor:
    """Turn a feature map into one row of numbers an image.

    Args:
        feature_map: (batch, height, width, channels).
        head: its `pooling` says how.

    Returns:
        (batch, channels), or (batch, height * width * channels) without pooling.
    """
    return _POOLINGS[head.pooling](name=f"{head.pooling}_pooling")(feature_map)


def build_head(
    features: keras.KerasTensor,
    head: HeadSpec,
    kind: TargetKind,
    classes: int,
    is_sparse: bool = False,
) -> keras.KerasTensor:
    """Put the dense layers and the output on top of pooled features.

    Each dense layer, the output included, may have batch normalization and then dropout before
    it, as in the article on the hydrangea competition.

    Args:
        features: (batch, features).
        head: how many dense layers, how wide, and what stands before each.
        kind: sigmoid for binary and multilabel targets, softmax for multiclass.
        classes: number of classes; a binary target has one output whatever this is.
        is_sparse: sparsemax instead of softmax, for the loss of that name.

    Returns:
        Probabilities, float32: (batch, 1) for binary, (batch, classes) otherwise.
    """
    tensor = features
    for number in range(1, head.layers + 1):
        tensor = _prepared(tensor, head, f"head{number}")
        tensor = keras.layers.Dense(
            head.units, activation=head.activation, name=f"head{number}_dense"
        )(tensor)
    tensor = _prepared(tensor, head, "output")
    one_of_many = sparse_probabilities if is_sparse else "softmax"
    return keras.layers.Dense(
        1 if kind is TargetKind.BINARY else classes,
        activation=one_of_many if kind is TargetKind.MULTICLASS else "sigmoid",
        # Half precision is too coarse for log-loss.
        dtype="float32",
        name="output",
    )(tensor)


def begin_at_shares(model: keras.Model, targets: NDArray[np.floating], kind: TargetKind) -> None:
    """Have an untrained output answer with the shares of the classes (Lin et al. 2017).

    Else the first epochs of unbalanced classes teach nothing but these.

    Args:
        model: ends in what `build_head` makes.
        targets: of the training rows, (rows, 1) for binary targets, else (rows, classes).
        kind: what they are.
    """
    # Half a row more of each: a share of 0 has no logarithm.
    counts, rows = targets.sum(axis=0), len(targets)
    if kind is TargetKind.MULTICLASS:
        logits = np.log(counts + 0.5)
        logits -= logits.mean()
    else:
        logits = np.log(counts + 0.5) - np.log(rows - counts + 0.5)
    model.get_layer("output").bias.assign(logits)


def sparse_probabilities(logits: Any) -> Any:
    """Sparsemax (Martins & Astudillo 2016): unlikely classes get exactly 0.

    Args:
        logits: (batch, classes).

    Returns:
        (batch, classes), rows that sum to 1, with the logits attached for the loss, as Keras'
        own softmax has them.
    """
    # Keras 3.15's own sparsemax sums partial sums, so that its rows don't sum to 1.
    descending = -ops.sort(-logits, axis=-1)
    places = ops.arange(1, logits.shape[-1] + 1, dtype=logits.dtype)
    support = ops.cast(1 + places * descending > ops.cumsum(descending, axis=-1), logits.dtype)
    share = ops.sum(support * descending, axis=-1, keepdims=True) - 1
    threshold = share / ops.sum(support, axis=-1, keepdims=True)
    probabilities = ops.relu(logits - threshold)
    probabilities._keras_logits = logits
    return probabilities


def _prepared(tensor: keras.KerasTensor, head: HeadSpec, name: str) -> keras.KerasTensor:
    if head.batch_norm:
        tensor = keras.layers.BatchNormalization(name=f"{name}_norm")(tensor)
    if head.dropout > 0:
        tensor = keras.layers.Dropout(head.dropout, name=f"{name}_dropout")(tensor)
    return tensor
