"""What the notebook notes of an error that TensorFlow raised."""

import tensorflow as tf

from engine.training.failures import failure_of


def test_what_can_not_be_deterministic_is_no_fault_of_ours() -> None:
    told = "A deterministic GPU implementation of DepthwiseConvBackpropInput is not available."
    said = f"Graph execution error:\n\nDetected at node a\n  {told}\n\t [[{{{{node a}}}}]]"
    report = failure_of(tf.errors.UnimplementedError(None, None, said))
    assert report.happened.endswith(f": {told}")
    assert "deterministic kernel" in report.expected
    assert "deterministic=false, or precision=mixed_float16" in report.fix


def test_what_else_is_not_implemented_is_one() -> None:
    report = failure_of(tf.errors.UnimplementedError(None, None, "no such kernel"))
    assert "fault of hydra-tui" in report.expected
