"""The two networks that start from nothing: one for the baseline, one to overfit with.

Paper: He et al. 2016, "Deep Residual Learning for Image Recognition"; Zagoruyko & Komodakis 2016,
"Wide Residual Networks".
"""

import keras

_SMALLEST_MAP = 4
_PLAIN_FILTERS = (16, 32, 64)
_WIDE_FILTERS = (32, 64, 128)
_WIDE_LARGEST_MAP = 32
# Keras' 0.99 needs hundreds of steps before inference sees what training saw; small data sets
# don't have them.
_MOMENTUM = 0.9


def _image(image_size: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    inputs = keras.Input((image_size, image_size, 3), name="image")
    return inputs, keras.layers.Rescaling(1 / 127.5, offset=-1, name="preprocessing")(inputs)


def _can_halve(tensor: keras.KerasTensor) -> bool:
    return int(tensor.shape[1]) >= 2 * _SMALLEST_MAP


def build_plain_cnn(image_size: int) -> keras.Model:
    """A very small network of convolutions and poolings, without any regularization.

    Three convolutions, each followed by a pooling while the map stays 4 pixels wide or more; a
    larger image gets further ones, until its map is below 8 pixels.

    Args:
        image_size: side of the square input, pixels; 8 or more.

    Returns:
        A flat functional model from RGB images (batch, side, side, 3) in 0..255 to a feature map
        (batch, height, width, 64).
    """
    inputs, tensor = _image(image_size)
    stage = 0
    while stage < len(_PLAIN_FILTERS) or _can_halve(tensor):
        filters = _PLAIN_FILTERS[min(stage, len(_PLAIN_FILTERS) - 1)]
        stage += 1
        tensor = keras.layers.Conv2D(
            filters, 3, padding="same", activation="relu", name=f"stage{stage}_conv"
        )(tensor)
        if _can_halve(tensor):
            tensor = keras.layers.MaxPooling2D(name=f"stage{stage}_pool")(tensor)
    return keras.Model(inputs, tensor, name="plain_cnn")


def build_wide_cnn(image_size: int) -> keras.Model:
    """A wide residual network with batch normalization, able to fit its training data fully.

    One block a stage, and a stem that halves large images until their map is 32 pixels wide: an
    epoch, and the compilation before the first one, stay affordable on a CPU.

    Args:
        image_size: side of the square input, pixels; 8 or more.

    Returns:
        A flat functional model from RGB images (batch, side, side, 3) in 0..255 to a feature map
        (batch, height, width, 128).
    """
    inputs, tensor = _image(image_size)
    tensor = _convolved(tensor, _WIDE_FILTERS[0], 1, "stem1")
    stem = 1
    while int(tensor.shape[1]) > _WIDE_LARGEST_MAP:
        stem += 1
        tensor = _convolved(tensor, _WIDE_FILTERS[0], 2, f"stem{stem}")
    for stage, filters in enumerate(_WIDE_FILTERS, start=1):
        stride = 2 if stage > 1 and _can_halve(tensor) else 1
        tensor = _residual(tensor, filters, stride, f"stage{stage}")
    return keras.Model(inputs, tensor, name="wide_cnn")


def _convolved(
    tensor: keras.KerasTensor,
    filters: int,
    stride: int,
    name: str,
    kernel: int = 3,
    relu: bool = True,
) -> keras.KerasTensor:
    tensor = keras.layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(tensor)
    tensor = keras.layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(tensor)
    return keras.layers.ReLU(name=f"{name}_relu")(tensor) if relu else tensor


def _residual(tensor: keras.KerasTensor, filters: int, stride: int, name: str) -> keras.KerasTensor:
    shortcut = tensor
    if stride > 1 or int(tensor.shape[-1]) != filters:
        shortcut = _convolved(tensor, filters, stride, f"{name}_shortcut", kernel=1, relu=False)
    tensor = _convolved(tensor, filters, stride, f"{name}_first")
    tensor = _convolved(tensor, filters, 1, f"{name}_second", relu=False)
    tensor = keras.layers.Add(name=f"{name}_add")([shortcut, tensor])
    return keras.layers.ReLU(name=f"{name}_relu")(tensor)
