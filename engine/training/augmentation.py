"""Random changes to training images, by Keras' own layers, that depend on the batch's place."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.experiment.spec import AugmentationSpec
from engine.models.conventions import fix_conventions
from engine.training.aug_mix import AugMix
from engine.training.warp import Flips, Warp

WHITE = (0, 255)
# A GPU is for training; what it trains on next is made meanwhile. Some changes are not
# deterministic there, either.
DEVICE = "CPU:0"
# Coordinates and colours are too fine for the half precision a network may compute in.
_EXACT: dict[str, Any] = {"seed": 0, "dtype": "float32"}
# Keras' layers add at most this many to their state in one call.
_STRIDE = 1 << 12


class Augmentation:
    """The changes of one spec.

    The random numbers depend on the seed and on the number of the batch only, so that a fit
    which resumes sees what it would have seen.

    Args:
        spec: which changes, and how strong.
        seed: the experiment's seed.
        flips: those of all images, for a view of them; by default each image's are drawn.
    """

    def __init__(self, spec: AugmentationSpec, seed: int, flips: Flips | None = None) -> None:
        fix_conventions()
        self._seed = seed
        # Their random states, too, which else went back and forth with every batch.
        with tf.device(DEVICE):
            self._layers = _layers(spec, flips)
            self._mixers = _mixers(spec)
        self._generators = [
            generator
            for layer in (*self._layers, *self._mixers)
            for part in layer._flatten_layers()
            for generator in _generators(part)
        ]

    def change(self, images: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """Change each image by itself.

        Args:
            images: (batch, side, side, 3), 0..255.
            number: of the batch, over all epochs; a scalar integer.

        Returns:
            Images of the same shape and range.
        """
        with tf.device(DEVICE):
            self._seed_for(number)
            images = tf.cast(images, tf.float32)
            for layer in self._layers:
                images = layer(images, training=True)
            # Keras' saturation and hue leave the range.
            return tf.clip_by_value(images, *WHITE)

    def mix(
        self, images: tf.Tensor, targets: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Mix images and their labels in pairs, where the spec wants it.

        Args:
            images: (batch, side, side, 3).
            targets: (batch, outputs), one-hot or soft.
            number: of the batch, whose random numbers `change` has set.

        Returns:
            Images and targets of the same shapes.
        """
        if not self._mixers:
            return images, targets
        with tf.device(DEVICE):
            mixed = [_mixed(mixer, images, targets) for mixer in self._mixers]
            if len(mixed) == 1:
                return mixed[0]
            first = number % 2 == 0
            return tuple(tf.where(first, *pair) for pair in zip(*mixed, strict=True))

    def _seed_for(self, number: tf.Tensor) -> None:
        start = tf.cast(number, tf.int64) * _STRIDE
        for place, generator in enumerate(self._generators):
            # Layers must not draw the same numbers, nor those of experiments with seeds nearby.
            own = int(np.random.SeedSequence([self._seed, place]).generate_state(1)[0])
            state = tf.stack([tf.constant(own, tf.int64), start])
            generator.state.assign(tf.cast(state, generator.state.dtype))


def _mixed(
    mixer: keras.layers.Layer, images: tf.Tensor, targets: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    answer = mixer({"images": images, "labels": targets}, training=True)
    return answer["images"], answer["labels"]


def _generators(layer: keras.layers.Layer) -> list[Any]:
    found = (getattr(layer, name, None) for name in ("generator", "seed_generator"))
    return [generator for generator in found if generator is not None]


def _mixers(spec: AugmentationSpec) -> list[keras.layers.Layer]:
    made = []
    if spec.mixup:
        made.append(keras.layers.MixUp(alpha=spec.mixup, **_EXACT))
    if spec.cutmix:
        # Of one number Keras makes a range, from 0, to draw the alpha from.
        alpha = (spec.cutmix, spec.cutmix)
        made.append(keras.layers.CutMix(factor=alpha, **_EXACT))
    return made


def _layers(spec: AugmentationSpec, flips: Flips | None) -> list[keras.layers.Layer]:
    made = [Warp(spec, flips, **_EXACT)] if Warp.is_wanted(spec) else []
    return made + _colour_layers(spec)


def _colour_layers(spec: AugmentationSpec) -> list[keras.layers.Layer]:
    layers = keras.layers
    made: list[keras.layers.Layer] = []
    if spec.brightness:
        made.append(layers.RandomBrightness(spec.brightness, value_range=WHITE, **_EXACT))
    if spec.contrast:
        made.append(layers.RandomContrast(min(spec.contrast, 0.99), value_range=WHITE, **_EXACT))
    if spec.hue:
        made.append(layers.RandomHue(spec.hue, value_range=WHITE, **_EXACT))
    if spec.saturation:
        half = spec.saturation / 2
        # Keras calls no change 0.5.
        made.append(layers.RandomSaturation((0.5 - half, 0.5 + half), value_range=WHITE, **_EXACT))
    if spec.rand_augment:
        made.append(layers.RandAugment(value_range=WHITE, factor=spec.rand_augment, **_EXACT))
    if spec.aug_mix:
        made.append(AugMix(value_range=WHITE, factor=spec.aug_mix, **_EXACT))
    if spec.cutout:
        # Likewise, to draw each image's probability from.
        share = (spec.cutout, spec.cutout)
        made.append(layers.RandomErasing(share, value_range=WHITE, **_EXACT))
    return made
