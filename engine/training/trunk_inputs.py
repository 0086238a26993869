"""What a head is fed when the backbone below it stays as it was built."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from engine.competition.images import DecodedImages, image_set_key
from engine.models.build import BuiltModel
from engine.models.trunk import activations_key, compute_activations, cut_at_head
from engine.training.data import FoldData
from engine.training.reporter import Report, progress
from engine.training.stopping import StopSignal


@dataclass(frozen=True)
class HeadInputs:
    """The trunk's activations of every image, and the part of the network behind them.

    Args:
        rest: from activations to probabilities; shares its layers with the whole network.
        train: activations of the labelled images, (rows, ..).
        test: activations of the images to predict.
    """

    rest: keras.Model
    train: NDArray[np.floating]
    test: NDArray[np.floating]


def head_inputs(
    built: BuiltModel, data: FoldData, cache: Path, report: Report, stop: StopSignal
) -> HeadInputs:
    """Compute the trunk once for all images; folds, reruns and other heads share the result.

    Args:
        built: the network, its backbone untouched.
        data: the fold; all images are computed, not only its rows.
        cache: where activations are kept.
        report: is told of progress.
        stop: may stop it between batches.

    Returns:
        The activations and the rest of the network.

    Raises:
        UserError: the disk is full.
        StopRequested: it was stopped.
    """
    trunk, rest = cut_at_head(built)

    def activations(
        images: DecodedImages, paths: Sequence[Path | None], what: str
    ) -> NDArray[np.floating]:
        step = progress(report, f"computing {what} through {built.spec.backbone}", stop.check)
        key = activations_key(built, trunk, image_set_key(paths).digest)
        return compute_activations(trunk, images.array, cache, key, step)

    return HeadInputs(
        rest=rest,
        train=activations(data.train, data.competition.paths, "training images"),
        test=activations(data.test, data.competition.test_paths, "test images"),
    )
