"""How much memory an experiment takes, roughly, before anything is built."""

from dataclasses import dataclass

from engine.experiment.backbones import BACKBONES
from engine.experiment.spec import ExperimentSpec

_FLOAT, _HALF = 4, 2
# Weights, gradients, and Adam's two moments.
_COPIES = 4


@dataclass(frozen=True)
class MemoryEstimate:
    """What a network takes, bytes; the framework's own few hundred megabytes come on top.

    Args:
        training_all: every layer trains: all activations of a batch are kept for the gradients.
        frozen: the backbone only runs forward: one layer's activations make room for the next.
    """

    training_all: int
    frozen: int


def estimate_memory(
    backbone: str, image_size: int, batch_size: int, half_precision: bool = False
) -> MemoryEstimate:
    """Estimate from the catalogue's figures; activations grow with an image's area.

    Args:
        backbone: as a spec names it.
        image_size: side of the square input, pixels.
        batch_size: images a gradient step.
        half_precision: whether activations are kept in 16 bits (`mixed_float16`).
    """
    facts = BACKBONES[backbone]
    area = (image_size / facts.default_size) ** 2
    width = _HALF if half_precision else _FLOAT
    weights = facts.parameters * _FLOAT
    return MemoryEstimate(
        training_all=_COPIES * weights + round(batch_size * facts.activations * area * width),
        frozen=weights + round(batch_size * 2 * facts.largest * area * width),
    )


def describe_backbone(spec: ExperimentSpec) -> str:
    """A spec's backbone in a sentence: how large it is and what it asks for.

    Args:
        spec: the experiment.
    """
    facts = BACKBONES[spec.backbone]
    memory = estimate_memory(spec.backbone, spec.image_size, spec.batch_size)
    return (
        f"{facts.name}: made for {facts.default_size} px, {facts.parameters / 1e6:.1f} million "
        f"weights; at {spec.image_size} px about {memory.training_all / 1e9:.1f} GB to train "
        f"it all, {memory.frozen / 1e9:.1f} GB frozen."
    )
