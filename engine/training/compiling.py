"""Arithmetic, compilation, determinism: how TensorFlow is to run a fit."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec, PhaseSpec
from engine.models.build import BuiltModel
from engine.training.losses import make_loss, make_metrics
from engine.training.optimizers import make_optimizer, set_depth_rates

# Volta's: below it half precision is stored, but not computed faster.
_TENSOR_CORES = (7, 0)
# Steps of a phase from which on XLA surely pays: it compiles for tens of seconds, for training and
# for validation, and anew for the last, smaller batch of either. A GPU takes minutes for so many.
_XLA_PAYS_FROM = 10_000


def set_up_device(spec: ExperimentSpec) -> str:
    """Choose the arithmetic before a network is built.

    Args:
        spec: its precision, and whether it is to be deterministic.

    Returns:
        The precision chosen: `float32`, `mixed_float16` or `mixed_bfloat16`.
    """
    if spec.deterministic:
        tf.config.experimental.enable_op_determinism()
    precision = usual_precision() if spec.precision == "auto" else spec.precision
    keras.config.set_dtype_policy(precision)
    return precision


def usual_precision() -> str:
    """What `auto` is on this machine: half precision where there are GPUs, and all fast in it."""
    gpus = tf.config.list_physical_devices("GPU")
    return "mixed_float16" if gpus and all(map(_is_fast_in_half, gpus)) else "float32"


def grow_memory() -> None:
    """Let TensorFlow take a GPU's memory as it needs it, not all of it at once."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def compile_model(
    built: BuiltModel,
    model: keras.Model,
    kind: TargetKind,
    phase: PhaseSpec,
    targets: NDArray[np.float32],
    steps: int,
    accumulation: int = 1,
) -> None:
    """Compile a model for one phase, with a new optimizer.

    Args:
        built: the whole network; its layers' `trainable` is set.
        model: that network, or the part of it behind a cut.
        kind: what a prediction is.
        phase: the optimizer and its schedule.
        targets: of the rows to train on, (rows, outputs).
        steps: batches of an epoch.
        accumulation: batches whose gradients are added up for one step.

    Raises:
        UserError: the loss does not suit the targets.
    """
    # Where memory is short there are more batches, but no more images.
    is_long = steps // accumulation * phase.epochs >= _XLA_PAYS_FROM
    model.compile(
        optimizer=make_optimizer(phase, steps, accumulation),
        loss=make_loss(built.spec.loss, kind, targets),
        metrics=make_metrics(kind),
        # XLA's compilation costs a CPU more than it saves on fits of minutes.
        jit_compile="auto" if is_long and tf.config.list_physical_devices("GPU") else False,
    )
    model.optimizer.build(model.trainable_variables)
    if phase.depth_decay < 1:
        set_depth_rates(model.optimizer, built, phase)


def _is_fast_in_half(gpu: tf.config.PhysicalDevice) -> bool:
    details = tf.config.experimental.get_device_details(gpu)
    return tuple(details.get("compute_capability", (0, 0))) >= _TENSOR_CORES
