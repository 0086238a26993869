"""What turns a feature map into a prediction."""

import keras

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
    features: keras.KerasTensor, head: HeadSpec, kind: TargetKind, classes: int
) -> keras.KerasTensor:
    """Put the dense layers and the output on top of pooled features.

    Each dense layer, the output included, may have batch normalization and then dropout before
    it, as in the article on the hydrangea competition.

    Args:
        features: (batch, features).
        head: how many dense layers, how wide, and what stands before each.
        kind: sigmoid for binary and multilabel targets, softmax for multiclass.
        classes: number of classes; a binary target has one output whatever this is.

    Returns:
        Probabilities, float32: (batch, 1) for binary, (batch, classes) otherwise.
    """
    tensor = features
    for number in range(1, head.layers + 1):
        tensor = _prepared(tensor, head, f"head{number}")
        tensor = keras.layers.Dense(head.units, activation="relu", name=f"head{number}_dense")(
            tensor
        )
    tensor = _prepared(tensor, head, "output")
    return keras.layers.Dense(
        1 if kind is TargetKind.BINARY else classes,
        activation="softmax" if kind is TargetKind.MULTICLASS else "sigmoid",
        # Half precision is too coarse for log-loss.
        dtype="float32",
        name="output",
    )(tensor)


def _prepared(tensor: keras.KerasTensor, head: HeadSpec, name: str) -> keras.KerasTensor:
    if head.batch_norm:
        tensor = keras.layers.BatchNormalization(name=f"{name}_norm")(tensor)
    if head.dropout > 0:
        tensor = keras.layers.Dropout(head.dropout, name=f"{name}_dropout")(tensor)
    return tensor
