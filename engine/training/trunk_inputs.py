"""What a phase trains and is fed: the part above the frozen trunk where that pays, or the whole."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.competition.images import DecodedImages
from engine.competition.settings import CacheSettings
from engine.events.types import Note
from engine.experiment.spec import AugmentationSpec
from engine.models.activations import ActivationStore
from engine.models.build import BuiltModel
from engine.models.cutting import Cut, FrozenBelow, cut_network
from engine.models.freezing import training_layers
from engine.models.room import GIGABYTE, NoRoomError
from engine.models.trunk import Activations, ImageSet, Trunk
from engine.training.augmentation import Augmentation
from engine.training.data import FoldData
from engine.training.inputs import Bank, Inputs, joined
from engine.training.reporter import Report, progress
from engine.training.stopping import StopSignal


@dataclass(frozen=True)
class Feed:
    """A model and what it is fed.

    Args:
        model: the whole network, or what lies above its trunk; shares its layers either way.
        inputs: of all rows: images, or the trunk's activations of them.
        bank: augmented views to train on instead of the inputs, where there are some.
        is_cut: whether the inputs are activations.
    """

    model: keras.Model
    inputs: Inputs
    bank: Bank | None = None
    is_cut: bool = False


class Feeds:
    """Decides for every phase of a fit, and for its end, what is computed and what is read.

    A phase's trunk is all that neither trains in it nor has trained before: that is as it was
    built, so its activations serve folds, reruns and other experiments, too.

    Args:
        built: the network.
        data: the fold; all images are computed, not only its rows.
        cache: the workspace's cache folder.
        settings: whether and how much of it may be used.
        report: is told of progress, and of what doesn't fit.
        stop: may stop it between batches.
    """

    def __init__(
        self,
        built: BuiltModel,
        data: FoldData,
        cache: Path,
        settings: CacheSettings,
        report: Report,
        stop: StopSignal,
    ) -> None:
        self._built = built
        self._spec = built.spec
        self._data = data
        self._folder = cache / "activations"
        self._settings = settings
        self._report = report
        self._stop = stop

    def training(self, number: int) -> Feed:
        """What a phase trains on.

        Args:
            number: the phase. What the phases behind it need is computed with it, so that the
                images go through the network once.

        Returns:
            The model to train and its inputs; validation reads `inputs` whatever the bank holds.

        Raises:
            UserError: the cache can't be written.
            StopRequested: it was stopped.
        """
        cut, augmentation = self._cuts[number], self._spec.augmentation
        images = self._data.train.array
        if self._has_pseudo:
            images = joined(images, self._data.test.array)
        if cut is None:
            return Feed(self._built.model, images)
        trains_like_whole = cut.trains_like_the_whole
        plain = Feed(self._built.model if trains_like_whole else FrozenBelow(cut), images)
        # Images that are changed anew in every epoch must go through the whole network.
        if not self._settings.trunk or (augmentation.is_active and not augmentation.bank):
            return plain
        later = [later for later in self._cuts[number:] if later is not None]
        try:
            inputs = self._fitted(self._train, self._test, cut, later, "{} images")
            bank = self._bank(cut, later) if augmentation.is_active else None
        except NoRoomError as error:
            how = ", changed anew in every epoch" if augmentation.is_active else ""
            self._tell(error, f"phase {number + 1} reads the images{how}")
            return plain
        return Feed(cut.rest, inputs, bank, is_cut=True)

    def labelled(self) -> Feed:
        """What predicts the labelled images when all phases are over; raises as `training`."""
        return self._final(self._train, self._data.train, "training images")

    def test(self) -> Feed:
        """What predicts the test images then."""
        return self._final(self._test, self._data.test, "test images")

    def _final(self, images: ImageSet, decoded: DecodedImages, what: str) -> Feed:
        cut = self._cuts[-1]
        if cut is not None and self._settings.trunk:
            try:
                return Feed(cut.rest, self._activations(images, cut, [cut], what), is_cut=True)
            except NoRoomError as error:
                self._tell(error, "the whole network predicts")
        return Feed(self._built.model, decoded.array)

    @cached_property
    def _cuts(self) -> list[Cut | None]:
        """One a phase: nothing that has trained until then lies below it."""
        trained: list[keras.Layer] = []
        cuts = []
        for phase in self._spec.phases:
            trained += training_layers(self._built, phase.train, phase.batch_norm)
            cuts.append(cut_network(self._built, trained))
        return cuts

    @cached_property
    def _trunk(self) -> Trunk:
        limit = self._settings.limit_gb
        store = ActivationStore(self._folder, None if limit is None else int(limit * GIGABYTE))
        return Trunk(self._built, _frontiers([cut for cut in self._cuts if cut]), store)

    @cached_property
    def _train(self) -> ImageSet:
        return as_they_are(self._data.train)

    @cached_property
    def _test(self) -> ImageSet:
        return as_they_are(self._data.test)

    @property
    def _has_pseudo(self) -> bool:
        return bool(len(self._data.pseudo.rows))

    def _activations(
        self, images: ImageSet, cut: Cut, later: Sequence[Cut], what: str
    ) -> Activations:
        """Those of one cut; those of later phases are computed on the way where there is room."""
        through = f"{what} through {self._spec.backbone}"
        step = progress(self._report, f"computing {through}", self._stop.check)
        wait = progress(
            self._report, f"waiting for another run that computes {through}", self._stop.check
        )
        try:
            self._trunk.activations(images, _frontiers(later), step, wait)
        except NoRoomError:
            if len(later) == 1:
                raise
        return self._trunk.activations(images, cut.frontier, step, wait)

    def _bank(self, cut: Cut, later: Sequence[Cut]) -> Bank:
        augmentation, seed = self._spec.augmentation, self._spec.seed
        views = []
        for view in range(augmentation.bank):
            labelled, tests = (
                _augmented(images, augmentation, seed, view) for images in (self._train, self._test)
            )
            what = f"view {view + 1} of {augmentation.bank} of the {{}} images"
            views.append(self._fitted(labelled, tests, cut, later, what))
        return Bank(tuple(views), seed)

    def _fitted(
        self, labelled: ImageSet, tests: ImageSet, cut: Cut, later: Sequence[Cut], what: str
    ) -> Activations:
        """Activations of all that is trained on: the test images stand behind, if they are."""
        found = self._activations(labelled, cut, later, what.format("training"))
        if not self._has_pseudo:
            return found
        behind = self._activations(tests, cut, later, what.format("test"))
        return tuple(joined(*pair) for pair in zip(found, behind, strict=True))

    def _tell(self, error: NoRoomError, consequence: str) -> None:
        needed, limit = error.needed / GIGABYTE, error.limit / GIGABYTE
        self._report(
            Note(
                text=f"what the frozen layers compute takes {needed:.3g} GB, and the cache may "
                f"take {limit:.3g} GB (limit_gb below [cache] in hydra.toml): {consequence}"
            )
        )


def _frontiers(cuts: Sequence[Cut]) -> list[keras.KerasTensor]:
    """The tensors on any of them, each once."""
    return list({id(tensor): tensor for cut in cuts for tensor in cut.frontier}.values())


def as_they_are(decoded: DecodedImages) -> ImageSet:
    """Images that nothing has changed, under the key that all runs know them by.

    Args:
        decoded: the images.
    """
    array = decoded.array
    return ImageSet(decoded.key, len(array), lambda start, stop: array[start:stop])


def _augmented(images: ImageSet, spec: AugmentationSpec, seed: int, view: int) -> ImageSet:
    """One augmented view of every image; more views of the same kind leave the first as it is."""
    changes = spec.model_dump_json(exclude={"bank"}, exclude_defaults=True)
    augmentation = Augmentation(
        spec, int(np.random.SeedSequence([seed, view]).generate_state(1)[0])
    )
    digest = hashlib.blake2b(f"{changes} {seed} {view}".encode(), digest_size=8).hexdigest()

    def read(start: int, stop: int) -> NDArray[np.generic]:
        # By its first row: what goes on after a stop sees the same changes.
        return np.asarray(augmentation.change(images.read(start, stop), tf.constant(start)))

    return ImageSet(f"{images.key}-{digest}", images.count, read)
