"""Where in an image a network saw what speaks for a class.

Papers: Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization"; for heads that weigh every position by itself, Draelos & Carin 2020,
"Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks".
"""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.models.build import BuiltModel

_POOLINGS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def grad_cam(
    built: BuiltModel, images: NDArray[np.generic], directions: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Weigh the last convolutional feature map by how each channel moves a class' logit.

    A pooled head treats all positions alike, so a channel's weight is the mean of its gradients,
    as in the first paper. A head without pooling does not: the mean would forget which position
    it looks at, so that each keeps its own gradient, as in the second.

    Args:
        built: the network, with the weights to explain.
        images: RGB in 0..255, (n, side, side, 3).
        directions: what is explained of each image, as weights on the output's logits, (n,
            outputs): 1 at the class, 0 elsewhere; -1 for the first of two classes that share
            an output.

    Returns:
        float32, (n, height, width) of the feature map, in 0..1, the largest 1 in each image; all
        0 where nothing in it speaks for the class.
    """
    is_pooled = built.spec.head.pooling != "none"
    split = _last_map(built) if is_pooled else _read_by_head(built)
    output = built.model.layers[-1]
    below = keras.Model(built.model.input, split)
    above = keras.Model(split, output.input)
    # Only what lies above the map is recorded: the backbone's gradients are not asked for.
    maps = below(tf.cast(images, tf.float32), training=False)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(maps)
        # Before sigmoid or softmax: where a network is sure, probabilities no longer move.
        logits = tf.matmul(tf.cast(above(maps, training=False), tf.float32), output.kernel)
        score = tf.reduce_sum(logits * tf.cast(directions, tf.float32))
    weights = tape.gradient(score, maps)
    if is_pooled:
        weights = tf.reduce_mean(weights, axis=(1, 2), keepdims=True)
    lit = np.asarray(tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1)), np.float32)
    brightest = lit.max(axis=(1, 2), keepdims=True)
    brightest[brightest == 0] = 1
    return np.asarray(lit / brightest)


def _read_by_head(built: BuiltModel) -> keras.KerasTensor:
    """The feature map that the head pools, or flattens."""
    return built.head_layers[0].input


def _last_map(built: BuiltModel) -> keras.KerasTensor:
    """The same before the backbone's own last pooling, where it is finer."""
    tensor = _read_by_head(built)
    while isinstance(tensor._keras_history.operation, _POOLINGS):
        tensor = tensor._keras_history.operation.input
    return tensor
