"""Random changes to training images, by Keras' own layers."""

import keras

from engine.experiment.spec import AugmentationSpec


def make_augmentation(spec: AugmentationSpec, seed: int) -> list[keras.layers.Layer]:
    """The layers that change a batch of training images.

    Args:
        spec: which changes, and how strong.
        seed: seeds every layer differently.

    Returns:
        Layers to be called in order, with training=True, on float images in 0..255;
        none when nothing is to be changed.
    """
    layers = keras.layers
    flips = {(True, False): "horizontal", (False, True): "vertical"}
    made: list[keras.layers.Layer] = []
    if spec.horizontal_flip or spec.vertical_flip:
        mode = flips.get((spec.horizontal_flip, spec.vertical_flip), "horizontal_and_vertical")
        made.append(layers.RandomFlip(mode, seed=seed))
    if spec.rotation:
        made.append(layers.RandomRotation(spec.rotation / 360, fill_mode="reflect", seed=seed + 1))
    if spec.translation:
        shift = spec.translation
        made.append(layers.RandomTranslation(shift, shift, fill_mode="reflect", seed=seed + 2))
    if spec.zoom:
        made.append(layers.RandomZoom(spec.zoom, fill_mode="reflect", seed=seed + 3))
    if spec.brightness:
        made.append(layers.RandomBrightness(spec.brightness, value_range=(0, 255), seed=seed + 4))
    if spec.contrast:
        made.append(
            layers.RandomContrast(min(spec.contrast, 0.99), value_range=(0, 255), seed=seed + 5)
        )
    return made
