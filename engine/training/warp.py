"""Flips, rotation, shear, shift and zoom in one go: one look-up a pixel, one interpolation."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.experiment.spec import AugmentationSpec

# Whether an image is mirrored left to right, and top to bottom.
Flips = tuple[bool, bool]
FLIPS: tuple[Flips, ...] = ((False, False), (True, False), (False, True), (True, True))


def views_of(spec: AugmentationSpec, count: int) -> Iterator[Flips]:
    """The flips of an image's views, in turn, without the first, which is the image as it is.

    Were they drawn, half of the images would have no mirrored view among two.

    Args:
        spec: which flips there may be, and what else changes.
        count: of views wanted, the first included; flips alone make fewer, of which none repeats.
    """
    allowed = [
        flips
        for flips in FLIPS
        if flips[0] <= spec.horizontal_flip and flips[1] <= spec.vertical_flip
    ]
    others = spec.model_copy(update={"horizontal_flip": False, "vertical_flip": False})
    if not others.changes_views:
        count = min(count, len(allowed))
    return islice(cycle(allowed), 1, count)


class Warp(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Draws an affine map for each image and applies it; borders are mirrored.

    Keras has a layer for each part, of which every one reads and writes all pixels, and blurs
    them once more.

    Args:
        spec: which parts, and how strong.
        flips: those of all images; by default they are drawn, too.
        seed: of the numbers drawn.
    """

    def __init__(self, spec: AugmentationSpec, flips: Flips | None = None, **options: Any) -> None:
        seed = options.pop("seed")
        super().__init__(**options)
        self._spec = spec
        self._flips = flips
        self.generator = keras.random.SeedGenerator(seed)

    @staticmethod
    def is_wanted(spec: AugmentationSpec) -> bool:
        """Whether a spec moves any pixel."""
        parts = (spec.rotation, spec.shear, spec.translation, spec.zoom)
        return any(parts) or spec.horizontal_flip or spec.vertical_flip

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Warp images.

        Args:
            images: (batch, side, side, channels).
            training: whether to change anything.

        Returns:
            Images of the same shape.
        """
        if not training:
            return images
        shape = tf.shape(images)
        spec = self._spec
        if not any((spec.rotation, spec.shear, spec.translation, spec.zoom)):
            return self._flipped(images, shape[0])
        warped = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=self._maps(shape[0], tf.cast(shape[1:3], tf.float32)),
            output_shape=shape[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )
        # Within a graph the sides would be unknown, and Keras' CutMix and RandomErasing fail then.
        return tf.ensure_shape(warped, images.shape)

    def _flipped(self, images: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        """Flips alone need no interpolation."""
        for place, axis in enumerate((2, 1)):
            turned = tf.reshape(self._signs(count, place) < 0, (-1, 1, 1, 1))
            images = tf.where(turned, tf.reverse(images, [axis]), images)
        return images

    def _maps(self, count: tf.Tensor, sides: tf.Tensor) -> tf.Tensor:
        """From places in the new images to those in the old, (count, 8)."""
        spec = self._spec
        angle = self._drawn(count, spec.rotation * np.pi / 180)
        shear_x, shear_y = self._drawn(count, spec.shear), self._drawn(count, spec.shear)
        zoom = 1 + self._drawn(count, spec.zoom)
        across = zoom * self._signs(count, 0)
        down = zoom * self._signs(count, 1)
        cosine, sine = tf.cos(angle), tf.sin(angle)
        a = (cosine - sine * shear_y) * across
        b = (cosine * shear_x - sine) * down
        c = (sine + cosine * shear_y) * across
        d = (sine * shear_x + cosine) * down
        # About the middle of the image, then shifted.
        middle_y, middle_x = (sides[0] - 1) / 2, (sides[1] - 1) / 2
        x = middle_x - a * middle_x - b * middle_y + self._drawn(count, spec.translation) * sides[1]
        y = middle_y - c * middle_x - d * middle_y + self._drawn(count, spec.translation) * sides[0]
        nothing = tf.zeros_like(a)
        return tf.stack([a, b, x, c, d, y, nothing, nothing], axis=1)

    def _drawn(self, count: tf.Tensor, largest: float) -> tf.Tensor:
        if not largest:
            return tf.zeros(count)
        return keras.random.uniform((count,), -largest, largest, seed=self.generator)

    def _signs(self, count: tf.Tensor, place: int) -> tf.Tensor:
        """-1 where images are mirrored: across at place 0, down at 1."""
        if self._flips is not None:
            return tf.fill((count,), -1.0 if self._flips[place] else 1.0)
        if not (self._spec.horizontal_flip, self._spec.vertical_flip)[place]:
            return tf.ones(count)
        return tf.where(keras.random.uniform((count,), seed=self.generator) < 0.5, -1.0, 1.0)
