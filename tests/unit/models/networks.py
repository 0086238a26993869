"""Networks around backbones that no registry need know, and their parts."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.models.build import BuiltModel
from engine.models.cutting import Cut, cut_network
from engine.models.freezing import training_layers
from engine.models.head import build_head, pool_features

HEAD = HeadSpec(units=8, dropout=0.5, batch_norm=True)


def around(backbone: keras.Model, side: int, head: HeadSpec = HEAD) -> BuiltModel:
    """A network with three classes; its backbone counts as one from scratch."""
    features = pool_features(backbone.output, head)
    outputs = build_head(features, head, TargetKind.MULTICLASS, 3)
    model = keras.Model(backbone.input, outputs, name="network")
    known = {id(layer) for layer in backbone.layers}
    return BuiltModel(
        model=model,
        backbone_layers=tuple(layer for layer in model.layers if id(layer) in known),
        head_layers=tuple(layer for layer in model.layers if id(layer) not in known),
        features=features,
        spec=ExperimentSpec(stage=Stage.OVERFIT, image_size=side, head=head),
    )


def cut_at(built: BuiltModel, train: str) -> Cut:
    """The cut of a fit that trains this and nothing else."""
    cut = cut_network(built, training_layers(built, train))
    assert cut is not None
    return cut


def answers(model: keras.Model, inputs: Sequence[NDArray[np.generic]]) -> list[NDArray[np.float32]]:
    """What Keras says in inference mode."""
    tensors = [array.astype(np.float32) for array in inputs]
    found = model(tensors if isinstance(model.input, list) else tensors[0], training=False)
    return [np.asarray(one) for one in (found if isinstance(found, list) else [found])]
