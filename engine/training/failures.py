"""What went wrong, in the three parts every message has."""

import tensorflow as tf

from engine.errors import UserError
from engine.experiment.record import ErrorReport
from engine.models.memory import is_not_started, is_out_of_memory


def failure_of(error: Exception) -> ErrorReport:
    """Why work failed, as the notebook notes it.

    Args:
        error: what was raised.
    """
    if isinstance(error, UserError):
        return ErrorReport(happened=error.happened, expected=error.expected, fix=error.fix)
    if is_out_of_memory(error):
        return ErrorReport(
            happened="The device ran out of memory.",
            expected="a batch of images and its gradients that fit.",
            fix="halve batch_size, or lower image_size or head.units.",
        )
    if is_not_started(error):
        # Smaller batches have been tried: this must not read as if they were short of memory.
        return ErrorReport(
            happened="cuDNN or cuBLAS, by which a GPU computes, could not be started.",
            expected="the versions that TensorFlow was built for, and room for them on the GPU.",
            fix="see the log, or what `hydra-tui doctor` finds; end what else runs on the GPU, "
            "which `nvidia-smi` lists.",
        )
    told = str(error).strip().splitlines()
    # TensorFlow says first which node it was.
    lacking = [line.strip() for line in told if "deterministic" in line.lower()]
    if isinstance(error, tf.errors.UnimplementedError) and lacking:
        return ErrorReport(
            happened=f"The device can't repeat the same numbers at every run: {lacking[0]}",
            expected="a deterministic kernel for each of the network's operations.",
            # Depthwise convolutions have one on a GPU in half precision only.
            fix="set deterministic=false, or precision=mixed_float16.",
        )
    return ErrorReport(
        happened=": ".join([type(error).__name__, *told[:1]]),
        expected="no such error: this is a fault of hydra-tui, not yours.",
        fix="see the log for the traceback.",
    )
