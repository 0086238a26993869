"""Which layers train in a phase."""

import keras

from engine.errors import UserError
from engine.models.build import BuiltModel


def set_trainable(built: BuiltModel, train: str, batch_norm: bool = False) -> None:
    """Choose what trains; the model must be compiled (again) afterwards.

    The head always trains. Batch normalization in a pretrained backbone does only when asked:
    its statistics, learnt from a million images, drift on small batches. In a backbone that
    started from random weights it trains with the layers around it.

    Args:
        built: the network; its layers' `trainable` is set.
        train: `head`, `last_convolutions:N` (the backbone from its Nth last convolution on,
            depthwise ones counted, and the head), or `all`.
        batch_norm: whether a pretrained backbone's batch normalization trains with the rest.

    Raises:
        UserError: N is more than the backbone has.
    """
    first = _first_trainable(built, train)
    for index, layer in enumerate(built.backbone_layers):
        keeps_statistics = (
            built.is_pretrained
            and not batch_norm
            and isinstance(layer, keras.layers.BatchNormalization)
        )
        layer.trainable = index >= first and not keeps_statistics
    for layer in built.head_layers:
        layer.trainable = True


def convolutions(built: BuiltModel) -> list[int]:
    """Where the backbone's convolutions are.

    Args:
        built: the network.

    Returns:
        Indexes into `built.backbone_layers`, in graph order, depthwise convolutions included.
    """
    kinds = (
        keras.layers.Conv2D,
        keras.layers.DepthwiseConv2D,
        keras.layers.SeparableConv2D,
    )
    return [i for i, layer in enumerate(built.backbone_layers) if isinstance(layer, kinds)]


def _first_trainable(built: BuiltModel, train: str) -> int:
    if train == "all":
        return 0
    if train == "head":
        return len(built.backbone_layers)
    wanted = int(train.removeprefix("last_convolutions:"))
    found = convolutions(built)
    if wanted > len(found):
        raise UserError(
            f"{built.spec.backbone} has {len(found)} convolutions, so the last {wanted} "
            "can't be trained.",
            f"at most last_convolutions:{len(found)}.",
            "ask for fewer, or train `all`.",
        )
    return found[-wanted]
