"""Whether a device computes what networks are made of."""

import keras
import tensorflow as tf


def failure_on(device: str, precision: str) -> str:
    """Compute a convolution and a product of matrices, for which libraries of their own are needed.

    Args:
        device: as TensorFlow calls it, such as `GPU:0`.
        precision: the arithmetic, as a spec has it.

    Returns:
        What the device said when it failed, in a line; empty where it computes.
    """
    dtype = keras.DTypePolicy(precision).compute_dtype
    try:
        with tf.device(device):
            kernel = tf.ones((3, 3, 8, 8), dtype)
            features = tf.nn.conv2d(tf.ones((1, 16, 16, 8), dtype), kernel, 1, "SAME")
            tf.linalg.matmul(features, features, transpose_b=True).numpy()
    except (tf.errors.OpError, RuntimeError) as error:
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return ""
