"""What went wrong, in the three parts every message has."""

from engine.errors import UserError
from engine.experiment.record import ErrorReport
from engine.models.memory import is_out_of_memory


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
    first = str(error).strip().partition("\n")[0]
    return ErrorReport(
        happened=f"{type(error).__name__}: {first}" if first else type(error).__name__,
        expected="no such error: this is a fault of hydra-tui, not yours.",
        fix="see the log for the traceback.",
    )
