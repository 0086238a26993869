"""Environments with rivals in them, made once, apart from the project's own."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

AUTOKERAS = "3.0.0"
WANDB = "0.31.0"
# From 3.14 on Keras refuses the NumPy integers that AutoKeras gives it for numbers of units.
_KERAS = "3.12"
_MOST_SECONDS = 900


class NotInstalledError(Exception):
    """Why there is none."""


def autokeras_python() -> Path:
    """The interpreter that can import AutoKeras, installed at the first call.

    Raises:
        NotInstalledError: uv is not there, or can't install it, as without a network.
    """
    # Keras Tuner needs tensorboard without saying so.
    wanted = [
        f"autokeras=={AUTOKERAS}",
        f"keras=={_KERAS}.*",
        f"tensorflow=={version('tensorflow')}",
        "tensorboard",
    ]
    return _environment(f"autokeras-{AUTOKERAS}-keras-{_KERAS}", wanted) / "bin" / "python"


def wandb_command() -> Path:
    """The `wandb` command, installed at the first call.

    Raises:
        NotInstalledError: uv is not there, or can't install it, as without a network.
    """
    return _environment(f"wandb-{WANDB}", [f"wandb=={WANDB}"]) / "bin" / "wandb"


def _environment(name: str, wanted: list[str]) -> Path:
    """The folder of an environment that holds some packages."""
    home = user_cache_path("hydra-tui-benchmarks") / name
    python, ready = home / "bin" / "python", home / "ready"
    if ready.exists():
        return home
    # `uv run` says where it is itself.
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise NotInstalledError("uv is not there to install it")
    for words in (
        ["venv", "--clear", "--python", sys.executable, str(home)],
        ["pip", "install", "--compile-bytecode", "--python", str(python), *wanted],
    ):
        ran = subprocess.run(
            [uv, *words], capture_output=True, text=True, check=False, timeout=_MOST_SECONDS
        )
        if ran.returncode:
            said = ran.stderr.strip().splitlines()
            raise NotInstalledError(said[-1] if said else f"uv ended with {ran.returncode}")
    ready.touch()
    return home
