"""A device that runs out of memory: how it shows, and what is tried instead."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from engine.models import inference
from engine.models.memory import is_not_started, is_out_of_memory, with_fewer
from tests.unit.models.networks import answers

Images = Callable[[int, int], NDArray[np.uint8]]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
        tf.errors.InternalError(None, None, "Failed to allocate 4194304 bytes for new constant"),
        tf.errors.InternalError(None, None, "cuDNN launch failure: CUDNN_STATUS_ALLOC_FAILED"),
        tf.errors.UnknownError(None, None, "CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
        tf.errors.InternalError(
            None,
            None,
            "Failed copying input tensor from CPU:0 to GPU:0 in order to run _EagerConst: "
            "Dst tensor is not initialized.",
        ),
        tf.errors.NotFoundError(
            None,
            None,
            "No algorithm worked!  Error messages:\n  Profiling failure on CUDNN engine 1#TC: "
            "RESOURCE_EXHAUSTED: Allocating 16777216 bytes exceeds the memory limit of 0 bytes.",
        ),
        tf.errors.NotFoundError(None, None, "Allocating 9 bytes exceeds the memory limit of 0."),
        tf.errors.UnknownError(None, None, "ResourceExhaustedError: {{function_node Cast}}"),
        tf.errors.UnknownError(None, None, "OOM when allocating tensor with shape[32,224,224,3]"),
        tf.errors.AbortedError(
            None,
            None,
            "Operation received an exception:Status: 1, message: could not create a primitive, "
            "in file tensorflow/core/kernels/mkl/mkl_conv_ops.cc:1111",
        ),
    ],
)
def test_every_way_of_saying_so_counts(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.InternalError(None, None, "cuDNN launch failure: CUDNN_STATUS_EXECUTION_FAILED"),
        tf.errors.InvalidArgumentError(None, None, "shapes differ"),
        tf.errors.AbortedError(
            None, None, "Operation received an exception:Status: 3, message: unimplemented"
        ),
        ValueError("out of memory is what this is not"),
    ],
)
def test_other_failures_do_not(error: Exception) -> None:
    assert not is_out_of_memory(error)
    sizes: list[int] = []

    def fail(size: int) -> None:
        sizes.append(size)
        raise error

    with pytest.raises(type(error)):
        with_fewer(fail, 8, lambda _smaller: None)
    assert sizes == [8]


NOT_STARTED = [
    tf.errors.FailedPreconditionError(
        None, None, "DNN library initialization failed. Look at the errors above for details."
    ),
    tf.errors.InternalError(None, None, "No DNN in stream executor."),
    tf.errors.InternalError(None, None, "No DNN support for stream."),
    tf.errors.InternalError(None, None, "No BLAS support in stream."),
    tf.errors.InternalError(None, None, "No BLAS for stream."),
    tf.errors.InternalError(None, None, "Failed to initialize BLAS support"),
    tf.errors.InternalError(None, None, "Blas xGEMMBatched launch failed : a.shape=[1,2,3]"),
    tf.errors.InternalError(
        None,
        None,
        "Attempting to perform BLAS operation using StreamExecutor without BLAS support",
    ),
    tf.errors.InternalError(None, None, "failed to create cublas handle: internal error"),
    tf.errors.InternalError(None, None, "cublas: CUBLAS_STATUS_NOT_INITIALIZED"),
]


@pytest.mark.parametrize("error", NOT_STARTED)
def test_a_library_that_did_not_begin_is_given_less_once(error: Exception) -> None:
    assert is_not_started(error)
    assert not is_out_of_memory(error)
    sizes: list[int] = []

    def fail(size: int) -> None:
        sizes.append(size)
        raise error

    with pytest.raises(type(error)):
        with_fewer(fail, 8, lambda _smaller: None)
    assert sizes == [8, 4]


def test_a_library_whose_memory_was_taken_is_short_of_memory() -> None:
    told = "failed to create cublas handle: CUDA_ERROR_OUT_OF_MEMORY"
    error = tf.errors.InternalError(None, None, told)
    assert is_out_of_memory(error)
    assert not is_not_started(error)


def test_half_as_many_are_tried_down_to_a_single_one() -> None:
    sizes: list[int] = []
    told: list[int] = []

    def fail(size: int) -> None:
        sizes.append(size)
        raise MemoryError

    with pytest.raises(MemoryError):
        with_fewer(fail, 7, told.append)
    assert sizes == [7, 4, 2, 1]
    assert told == [4, 2, 1]


def test_a_frozen_network_short_of_memory_is_given_fewer_images_from_then_on(
    make_images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, [keras.layers.Conv2D(4, 3)(inputs), keras.layers.ReLU()(inputs)])
    images = make_images(inference.BATCH, 8)
    sizes: list[int] = []
    original = keras.Model.predict_on_batch

    def crowded(model: keras.Model, batch: NDArray[np.float32]) -> object:
        sizes.append(len(batch))
        if len(batch) > 5:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return original(model, batch)

    expected = answers(model, [images])
    monkeypatch.setattr(keras.Model, "predict_on_batch", crowded)
    monkeypatch.setattr(inference, "_xnnpack", inference._keras)
    forward = inference.forward_function(model)
    for _ in range(2):
        for found, one in zip(forward([images]), expected, strict=True):
            np.testing.assert_allclose(found, one, rtol=1e-4, atol=1e-3)
    assert sizes == [16, 8, 4, 4, 4, 4, 4, 4, 4, 4]
