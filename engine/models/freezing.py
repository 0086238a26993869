"""Which layers train in a phase."""

from collections.abc import Iterator

import keras

from engine.errors import UserError
from engine.models.build import BuiltModel
from engine.models.graph import Node, consumers, has_kernel, is_weightless, ordered_nodes

_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


def set_trainable(built: BuiltModel, train: str, batch_norm: bool = False) -> None:
    """Choose what trains; the model must be compiled (again) afterwards.

    The head always trains. Batch normalization in a pretrained backbone does only when asked:
    its statistics, learnt from a million images, drift on small batches. In a backbone that
    started from random weights it trains with the layers around it.

    Args:
        built: the network; its layers' `trainable` is set.
        train: `head`, `last_convolutions:N` (the backbone from its Nth last convolution on,
            depthwise ones counted, and the head), `last_blocks:N` (the same with `blocks`), or
            `all`.
        batch_norm: whether a pretrained backbone's batch normalization trains with the rest.

    Raises:
        UserError: N is more than the backbone has.
    """
    chosen = {id(layer) for layer in training_layers(built, train, batch_norm)}
    for layer in (*built.backbone_layers, *built.head_layers):
        layer.trainable = id(layer) in chosen


def training_layers(built: BuiltModel, train: str, batch_norm: bool = False) -> list[keras.Layer]:
    """The layers that `train` names, as in `set_trainable`, which they are not changed by.

    Args:
        built: the network.
        train: what trains.
        batch_norm: whether a pretrained backbone's batch normalization trains with the rest.

    Returns:
        Layers of the backbone and then the head, in graph order; those without weights count by
        where they stand.

    Raises:
        UserError: N is more than the backbone has.
    """
    keeps_statistics = built.is_pretrained and not batch_norm
    chosen = [
        layer
        for layer in built.backbone_layers[_first_trainable(built, train) :]
        if not (keeps_statistics and isinstance(layer, keras.layers.BatchNormalization))
    ]
    return [*chosen, *built.head_layers]


def changing_weights(network: keras.Model) -> dict[int, keras.Variable]:
    """The weights that training may change: all but those of frozen layers.

    Args:
        network: a model whose layers' `trainable` is set.

    Returns:
        The variables, statistics of batch normalization included, by their place among
        `network.weights`.
    """
    frozen = {
        id(weight) for layer in network.layers if not layer.trainable for weight in layer.weights
    }
    return {
        place: weight for place, weight in enumerate(network.weights) if id(weight) not in frozen
    }


def convolutions(built: BuiltModel) -> list[int]:
    """Where the backbone's convolutions are.

    Args:
        built: the network.

    Returns:
        Indexes into `built.backbone_layers`, in graph order, depthwise convolutions included.
    """
    return [i for i, layer in enumerate(built.backbone_layers) if isinstance(layer, _CONVOLUTIONS)]


def blocks(built: BuiltModel) -> list[int]:
    """Where the backbone's blocks begin.

    The backbone is cut at its narrow places, those where everything flows through one tensor. A
    stretch between two of them whose branches are joined by an addition or a concatenation is a
    block: one residual or inception block. What lies between two such blocks is one block, too,
    but where its map is pooled a new one begins: so VGG has five, the stem of Inception two.
    ResNet50 has 17 (its stem and 16 residual ones), InceptionV3 13, EfficientNet-Lite0, whose
    bottlenecks without a shortcut lie between those with one, 15: the last is block 16 of the
    paper and the convolution behind it.

    Args:
        built: the network.

    Returns:
        Indexes into `built.backbone_layers`, in graph order; only of blocks with a convolution
        or another kernel in them.
    """
    place = {id(layer): index for index, layer in enumerate(built.backbone_layers)}
    starts: list[int] = []
    chain_is_open = False
    for stretch in _stretches(_backbone_nodes(built)):
        joins = any(_joins(node) for node in stretch)
        if any(map(has_kernel, stretch)):
            if joins or not chain_is_open:
                found = (place.get(id(node.operation)) for node in stretch)
                starts.append(min(index for index in found if index is not None))
            chain_is_open = not joins
        elif _halves(stretch):
            chain_is_open = False
    return starts


def _backbone_nodes(built: BuiltModel) -> list[Node]:
    """Its layers' nodes and, between them, those of bare operations such as `x + y`."""
    nodes = ordered_nodes(built.model)
    known = {id(layer) for layer in built.backbone_layers}
    end = max(index for index, node in enumerate(nodes) if id(node.operation) in known)
    return nodes[: end + 1]


def _joins(node: Node) -> bool:
    """Whether branches end in it; a product is a gate within a block, as in EfficientNet."""
    inputs = {id(tensor) for tensor in node.input_tensors}
    return len(inputs) > 1 and type(node.operation).__name__ != "Multiply"


def _stretches(nodes: list[Node]) -> Iterator[list[Node]]:
    """The stretches between the narrow places, each with the node at its end."""
    readers = {key: len(found) for key, found in consumers(nodes).items()}
    open_tensors: set[int] = set()
    stretch: list[Node] = []
    for node in nodes:
        stretch.append(node)
        for key in {id(tensor) for tensor in node.input_tensors} & open_tensors:
            readers[key] -= 1
            if not readers[key]:
                open_tensors.discard(key)
        open_tensors.update(id(tensor) for tensor in node.output_tensors)
        if len(open_tensors) == 1:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _halves(stretch: list[Node]) -> bool:
    """Whether it is a mere pooling."""
    (last,) = stretch[-1].output_tensors
    before = [tensor for node in stretch for tensor in node.input_tensors]
    return bool(before) and all(map(is_weightless, stretch)) and last.shape[1] < before[0].shape[1]


def _first_trainable(built: BuiltModel, train: str) -> int:
    if train == "all":
        return 0
    if train == "head":
        return len(built.backbone_layers)
    unit, _, number = train.partition(":")
    found = {"last_convolutions": convolutions, "last_blocks": blocks}[unit](built)
    wanted, what = int(number), unit.removeprefix("last_")
    if wanted > len(found):
        raise UserError(
            f"{built.spec.backbone} has {len(found)} {what}, so the last {wanted} "
            "can't be trained.",
            f"at most {unit}:{len(found)}.",
            "ask for fewer, or train `all`.",
        )
    return found[-wanted]
