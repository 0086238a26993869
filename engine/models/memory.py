"""When a device runs out of memory: how it shows, and how much less to ask of it."""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

T = TypeVar("T")

# What is said in errors of other kinds: by TensorFlow, XLA and the search for the fastest
# convolution; where an array of the machine's memory finds no room in the device's; and by cuDNN
# and cuBLAS, which need some of the memory for themselves before they begin.
_SIGNS = (
    *("out of memory", "out_of_memory", "alloc_failed", "failed to allocate"),
    *("resource_exhausted", "resourceexhausted", "oom when allocating"),
    *("exceeds the memory limit", "dst tensor is not initialized"),
    *("dnn library initialization failed", "no dnn in stream"),
    *("no blas support", "without blas support", "create cublas handle"),
    "cublas_status_not_initialized",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that the memory of the device, or of the machine, was too small.

    Args:
        error: what was raised.
    """
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return True
    told = str(error).lower()
    return isinstance(error, tf.errors.OpError) and any(sign in told for sign in _SIGNS)


def with_fewer(attempt: Callable[[int], T], size: int, halved: Callable[[int], None]) -> T:
    """Try with ever fewer images at a time while the memory is short.

    Args:
        attempt: is given the images at a time; an attempt that failed left nothing behind.
        size: how many to begin with.
        halved: is told of each smaller size before it is tried.

    Returns:
        What the attempt returns.

    Raises:
        Exception: what the attempt raises for any other reason, or with a single image.
    """
    while True:
        try:
            return attempt(size)
        except (MemoryError, tf.errors.OpError) as error:
            if size == 1 or not is_out_of_memory(error):
                raise
        size = -(-size // 2)
        halved(size)
