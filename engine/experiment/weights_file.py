"""The file that a spec's weights name, which must be there before anything waits for it."""

from pathlib import Path

from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec


def local_file(text: str) -> Path:
    """The file that a spec's `weights` names.

    Args:
        text: a path; `~` is the home folder.

    Raises:
        UserError: there is no such file.
    """
    path = Path(text).expanduser()
    if not path.is_file():
        raise UserError(
            f"There are no weights at {path.absolute()}.",
            "a file of weights, ending in .h5.",
            "correct the path in `weights` (an absolute one is the same everywhere), or set "
            "weights=imagenet.",
        )
    return path


def check_weights(spec: ExperimentSpec) -> None:
    """See that a spec's weights are there, where they are a file's.

    Args:
        spec: the spec.

    Raises:
        UserError: there is no such file.
    """
    if spec.weights not in ("none", "imagenet"):
        local_file(spec.weights)
