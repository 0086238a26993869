"""The losses a spec can name, for each kind of target."""

import keras

from engine.competition.findings import TargetKind
from engine.experiment.spec import LossSpec


def make_loss(spec: LossSpec, kind: TargetKind) -> keras.losses.Loss:
    """The loss that training minimises.

    Args:
        spec: its name and label smoothing; `focal` is that of Lin et al. 2017
            (https://arxiv.org/abs/1708.02002) with gamma 2.
        kind: one-hot targets for multiclass, one column a label otherwise.

    Returns:
        A Keras loss over float targets and probabilities.
    """
    one_hot = kind is TargetKind.MULTICLASS
    losses = {
        ("cross_entropy", True): keras.losses.CategoricalCrossentropy,
        ("cross_entropy", False): keras.losses.BinaryCrossentropy,
        ("focal", True): keras.losses.CategoricalFocalCrossentropy,
        ("focal", False): keras.losses.BinaryFocalCrossentropy,
    }
    return losses[spec.name, one_hot](label_smoothing=spec.label_smoothing)


def make_metrics(kind: TargetKind) -> list[keras.metrics.Metric]:
    """Log-loss on the targets as they are, and accuracy: the curves of every fit."""
    if kind is TargetKind.MULTICLASS:
        return [
            keras.metrics.CategoricalCrossentropy(name="log_loss"),
            keras.metrics.CategoricalAccuracy(name="accuracy"),
        ]
    return [
        keras.metrics.BinaryCrossentropy(name="log_loss"),
        keras.metrics.BinaryAccuracy(name="accuracy"),
    ]
