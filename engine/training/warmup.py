"""Trying the machinery once, so that the first real batch need not wait for it."""

import numpy as np
import tensorflow as tf

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec, Stage
from engine.models.build import build_model
from engine.training.compiling import compile_model
from engine.training.pipeline import Source, ordered_batches, training_batches


def warm_up() -> None:
    """Fit a tiny model for one batch; TensorFlow loads much of itself only then.

    On a GPU nothing is run: the memory that even a tiny model takes there belongs to the task
    under way.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    spec = ExperimentSpec(stage=Stage.BASELINE, image_size=8, batch_size=2)
    source = Source(
        np.zeros((4, 8, 8, 3), dtype=np.uint8), np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    )
    rows = np.arange(4)
    built = build_model(spec, TargetKind.MULTICLASS, 2)
    model = built.model
    compile_model(built, model, TargetKind.MULTICLASS, spec.phases[0], source.targets, 2)
    model.fit(
        training_batches(source, rows, 2, 0),
        steps_per_epoch=1,
        validation_data=ordered_batches(source, rows, 2),
        verbose=0,
    )
