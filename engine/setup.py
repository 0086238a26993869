"""Before a workspace is opened: is it there, is its data there, does the installation work."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

from engine.check import Check
from engine.errors import UserError
from engine.files import explained
from engine.helper.client import Helper
from engine.installing import sync_command
from engine.jobs.workspace import BUILT_IN


def check_workspace(root: Path) -> None:
    """Make sure that there is a folder.

    Args:
        root: the workspace's folder.

    Raises:
        UserError: there is none.
    """
    if not root.is_dir():
        raise UserError(
            f"The workspace {root} is not a folder.",
            "an existing folder.",
            "name a folder with `-w`."
            if root.exists()
            else f"make it (`mkdir -p {quote(str(root))}`), or name another with `-w`.",
        )


def check_data(place: str) -> None:
    """Make sure that a competition is where somebody says, before that is remembered.

    Args:
        place: a folder, a zip, or `builtin:digits`.

    Raises:
        UserError: nothing lies there.
    """
    if place != BUILT_IN and not Path(place).exists():
        raise UserError(
            f"There is no competition at {Path(place).absolute()}.",
            f"a folder or a zip as Kaggle delivers it, or `{BUILT_IN}`.",
            "correct the path behind `--data`; what was remembered before still holds.",
        )


def make_workspace(root: Path) -> None:
    """Make the folder of a new workspace, whose competition lies elsewhere.

    Args:
        root: the folder; one that exists is left as it is.

    Raises:
        UserError: it can't be made.
    """
    with explained(root):
        root.mkdir(parents=True, exist_ok=True)


def write_demo(folder: Path) -> None:
    """Write the built-in digits competition as a Kaggle folder.

    Args:
        folder: where; made when missing.

    Raises:
        UserError: the folder holds something else.
    """
    helper = Helper()
    try:
        helper.ask("demo", folder=str(folder.resolve()))
    finally:
        helper.close()


def check_installation(folder: Path) -> tuple[Check, ...]:
    """What `doctor` finds; takes seconds, because TensorFlow is asked for its devices.

    Args:
        folder: a folder on the disk that counts.

    Raises:
        UserError: there is no such folder, or the check itself failed.
    """
    check_workspace(folder)
    answer = subprocess.run(  # noqa: S603 (our own module)
        [sys.executable, "-P", "-m", "engine.doctor", str(folder.resolve())],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "KERAS_BACKEND": "tensorflow",
            # It computes a little beside whatever runs.
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        },
    )
    if answer.returncode:
        last = answer.stderr.strip().rpartition("\n")[2]
        raise UserError(
            f"The installation can't be checked: {last}.",
            "TensorFlow to import, and to compute where there is a GPU.",
            f"install everything again: `{sync_command()} --reinstall`.",
        )
    return tuple(Check.model_validate(check) for check in json.loads(answer.stdout))
