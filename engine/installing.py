"""Which optional parts are there, and how those that are missing are installed."""

from importlib.util import find_spec


def is_installed(package: str) -> bool:
    """Whether a package is there; it is not imported.

    Args:
        package: its name, as it is imported.
    """
    return find_spec(package) is not None


def sync_command(extra: str = "") -> str:
    """The command that installs what is missing; run in the clone.

    Args:
        extra: an optional part, as `pyproject.toml` names it; without one, what all need.
    """
    # Otherwise uv takes away every optional part that is not named, such as what runs a GPU.
    return ".uv/bin/uv sync --inexact" + (f" --extra {extra}" if extra else "")
