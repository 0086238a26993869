"""When a device runs out of memory: how it shows, and how much less to ask of it."""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

T = TypeVar("T")

# What is said in errors of other kinds: by TensorFlow, XLA and the search for the fastest
# convolution; and where an array of the machine's memory finds no room in the device's.
_SIGNS = (
    *("out of memory", "out_of_memory", "alloc_failed", "failed to allocate"),
    *("resource_exhausted", "resourceexhausted", "oom when allocating"),
    *("exceeds the memory limit", "dst tensor is not initialized"),
    # oneDNN's, by number: its words tell of a primitive that could not be created.
    "operation received an exception:status: 1,",
)
# Where cuDNN or cuBLAS did not begin, of which TensorFlow tells no cause in the error itself.
_NOT_STARTED = (
    *("dnn library initialization failed", "no dnn "),
    *("no blas ", "without blas support", "failed to initialize blas", "blas xgem"),
    *("create cublas handle", "status_not_initialized"),
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that the memory of the device, or of the machine, was too small.

    Args:
        error: what was raised.
    """
    is_plain = isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
    return is_plain or _says(error, _SIGNS)


def is_not_started(error: BaseException) -> bool:
    """Whether an error means that cuDNN or cuBLAS, by which a GPU computes, could not begin.

    They need some of the GPU's memory for themselves before they do; but one of another version
    than TensorFlow's says the same.

    Args:
        error: what was raised.
    """
    return _says(error, _NOT_STARTED) and not is_out_of_memory(error)


def with_fewer(attempt: Callable[[int], T], size: int, halved: Callable[[int], None]) -> T:
    """Try with ever fewer images at a time while the memory is short.

    A library that could not begin may have lacked memory, too: that is tried once.

    Args:
        attempt: is given the images at a time; an attempt that failed left nothing behind.
        size: how many to begin with.
        halved: is told of each smaller size before it is tried.

    Returns:
        What the attempt returns.

    Raises:
        Exception: what the attempt raises for any other reason, or with a single image.
    """
    had_no_library = False
    while True:
        try:
            return attempt(size)
        except (MemoryError, tf.errors.OpError) as error:
            has_no_library = is_not_started(error)
            may_fit = has_no_library and not had_no_library
            if size == 1 or not (may_fit or is_out_of_memory(error)):
                raise
            had_no_library = had_no_library or has_no_library
        size = -(-size // 2)
        halved(size)


def _says(error: BaseException, signs: tuple[str, ...]) -> bool:
    told = str(error).lower()
    return isinstance(error, tf.errors.OpError) and any(sign in told for sign in signs)
