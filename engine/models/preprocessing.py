"""What an image becomes before a pretrained network sees it: Keras' `preprocess_input` as layers.

Keras' functions are for arrays. As layers they are saved, converted and cut with the network.
"""

import keras

# Means and deviations over ImageNet, in RGB, of values 0..1 and (caffe) 0..255.
_MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
_SCALES: dict[str, tuple[float | list[float], float | list[float]]] = {
    "tf": (1 / 127.5, -1.0),
    "torch": (
        [1 / (255 * deviation) for deviation in DEVIATION],
        [-mean / deviation for mean, deviation in zip(_MEAN, DEVIATION, strict=True)],
    ),
    "caffe": (1.0, [-mean for mean in _CAFFE_MEAN_BGR]),
}


def preprocess(images: keras.KerasTensor, mode: str) -> keras.KerasTensor:
    """Put a family's preprocessing behind the input.

    Args:
        images: RGB (batch, side, side, 3) in 0..255.
        mode: `tf` (-1..1), `torch` (standardized), `caffe` (BGR, centred), or `inside` when the
            network that follows does it.

    Returns:
        What the network expects, in the same shape.
    """
    if mode == "inside":
        return images
    if mode == "caffe":
        # An operation, not a convolution with fixed weights: nothing to train by mistake.
        images = keras.ops.flip(images, axis=-1)
    scale, offset = _SCALES[mode]
    return keras.layers.Rescaling(scale, offset=offset, name="preprocessing")(images)
