"""The pooled features of a frozen backbone, by way of the cache that all runs share."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.settings import load_settings
from engine.errors import UserError
from engine.experiment.spec import HeadSpec
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.models.activations import ActivationStore
from engine.models.build import build_model
from engine.models.room import GIGABYTE, NoRoomError
from engine.models.trunk import ImageSet, Trunk
from engine.training.compiling import set_up_device
from engine.training.data import FoldData
from engine.training.reporter import Report, progress
from engine.training.stopping import StopSignal
from engine.training.trunk_inputs import as_they_are

Array = NDArray[np.floating]


class HeadFeatures:
    """What a backbone sees in every labelled image, pooled over positions.

    Args:
        order: its spec names the backbone, its weights, and the pooling.
        data: the images.
        report: is told of progress.
        stop: may stop it between batches.

    Raises:
        UserError: the backbone's weights are missing, or the cache can't be written.
    """

    def __init__(self, order: TaskOrder, data: FoldData, report: Report, stop: StopSignal) -> None:
        head = order.spec.head
        pooling = "avg" if head.pooling == "none" else head.pooling
        spec = order.spec.model_copy(update={"head": HeadSpec(layers=0, pooling=pooling)})
        set_up_device(spec)
        competition = data.competition
        built = build_model(spec, competition.kind, len(competition.classes))
        workspace = Workspace(Path(order.workspace))
        limit = load_settings(workspace).cache.limit_gb
        store = ActivationStore(
            workspace.cache / "activations", None if limit is None else int(limit * GIGABYTE)
        )
        self._tensor = built.features
        self._trunk = Trunk(built, [built.features], store)
        self._plain = as_they_are(data.train)
        self._what = f"training images through {spec.backbone}"
        self._report = report
        self._stop = stop
        self._known: dict[bool, Array] = {}

    def of(self, is_flipped: bool) -> Array:
        """Features of the images as they are, or mirrored left to right.

        Args:
            is_flipped: whether they are mirrored.

        Returns:
            float32, (images, channels).

        Raises:
            UserError: they don't fit into the cache.
            StopRequested: it was stopped.
        """
        if is_flipped not in self._known:
            self._known[is_flipped] = self._computed(
                _flipped(self._plain) if is_flipped else self._plain,
                f"flipped {self._what}" if is_flipped else self._what,
            )
        return self._known[is_flipped]

    def _computed(self, images: ImageSet, what: str) -> Array:
        step = progress(self._report, f"computing {what}", self._stop.check)
        wait = progress(
            self._report, f"waiting for another run that computes {what}", self._stop.check
        )
        try:
            (found,) = self._trunk.activations(images, [self._tensor], step, wait)
        except NoRoomError as error:
            raise UserError(
                f"The features take {error.needed / GIGABYTE:.3g} GB, and the cache may take "
                f"{error.limit / GIGABYTE:.3g} GB.",
                "features that fit into the cache.",
                "raise `limit_gb` under [cache] in hydra.toml, or free some of the disk.",
            ) from error
        return np.asarray(found)


def _flipped(images: ImageSet) -> ImageSet:
    return ImageSet(
        f"{images.key}-flipped",
        images.count,
        lambda start, stop: images.read(start, stop)[:, :, ::-1],
    )
