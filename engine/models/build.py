"""From an experiment's spec to its network."""

from dataclasses import dataclass

import keras

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec
from engine.models.backbones import build_backbone
from engine.models.conventions import fix_conventions
from engine.models.head import build_head, pool_features


@dataclass(frozen=True)
class BuiltModel:
    """A network that knows where its backbone ends.

    Args:
        model: from RGB images (batch, side, side, 3) in 0..255 to probabilities.
        backbone_layers: the layers up to the feature map, in graph order.
        head_layers: the layers behind it, in graph order.
        features: what the head's trainable part starts from: the pooled features (batch,
            channels), or the feature map itself (batch, height, width, channels) without pooling.
        spec: what it was built from.
    """

    model: keras.Model
    backbone_layers: tuple[keras.Layer, ...]
    head_layers: tuple[keras.Layer, ...]
    features: keras.KerasTensor
    spec: ExperimentSpec

    @property
    def is_pretrained(self) -> bool:
        """Whether the backbone started from weights learnt elsewhere."""
        return self.spec.weights != "none"


def build_model(spec: ExperimentSpec, kind: TargetKind, classes: int) -> BuiltModel:
    """Build the network of one experiment; the same spec gives the same initial weights.

    Seeds Python's, NumPy's and Keras' global generators with the spec's seed.

    Args:
        spec: backbone, weights, image size, head and seed.
        kind: what a prediction is; decides the output.
        classes: number of classes.

    Returns:
        The network, every layer trainable and not yet compiled; `freezing.set_trainable` says
        what trains in a phase.

    Raises:
        UserError: the backbone's weights are missing or damaged.
    """
    fix_conventions()
    keras.utils.set_random_seed(spec.seed)
    backbone = build_backbone(spec.backbone, spec.image_size, spec.weights)
    pooled = pool_features(backbone.output, spec.head)
    outputs = build_head(pooled, spec.head, kind, classes, spec.loss.name == "sparsemax")
    # Calling the layers on the backbone's own tensors keeps the graph flat.
    model = keras.Model(backbone.input, outputs, name="network")
    known = {id(layer) for layer in backbone.layers}
    return BuiltModel(
        model=model,
        backbone_layers=tuple(layer for layer in model.layers if id(layer) in known),
        head_layers=tuple(layer for layer in model.layers if id(layer) not in known),
        features=backbone.output if spec.head.pooling == "none" else pooled,
        spec=spec,
    )
