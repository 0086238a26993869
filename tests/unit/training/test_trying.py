"""What the doctor has a GPU compute, on whatever there is."""

import pytest
import tensorflow as tf

from engine.training.trying import failure_on


@pytest.mark.parametrize("precision", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_what_is_tried_suits_every_device(precision: str) -> None:
    assert failure_on("CPU:0", precision) == ""


def test_what_a_device_says_when_it_fails_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        told = "DNN library initialization failed.\nLook at the errors above."
        raise tf.errors.FailedPreconditionError(None, None, told)

    monkeypatch.setattr(tf.nn, "conv2d", fail)
    assert failure_on("CPU:0", "float32") == "DNN library initialization failed."
