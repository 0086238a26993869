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


def test_a_library_that_did_not_begin_is_not_called_short_of_memory() -> None:
    report = failure_of(tf.errors.InternalError(None, None, "No DNN in stream executor."))
    assert report.happened.startswith("cuDNN or cuBLAS")
    # By this word the recipe would halve the batches of what can't compute at all.
    assert "memory" not in report.happened + report.fix
    assert "hydra-tui doctor" in report.fix
