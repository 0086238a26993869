"""What the cockpit remembers of its user from one time to the next, in a file beside the config."""

import json
import os
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from app.presentation.listing import ALL
from app.settings import settings_path
from engine.errors import UserError
from engine.files import write_atomically


def state_path() -> Path:
    """Where it is kept: beside the config where `HYDRA_TUI_CONFIG` names that."""
    named = os.environ.get("HYDRA_TUI_CONFIG")
    folder = settings_path().parent if named else user_state_path("hydra-tui")
    return folder / "state.json"


def recall_columns() -> tuple[str, ...]:
    """The columns of the results as they were chosen last; all, where they never were.

    Raises:
        UserError: the file is damaged.
    """
    try:
        state = _state()
        if "columns" not in state:
            return ALL
        known = tuple(dict.fromkeys(name for name in state["columns"] if name in ALL))
        if not known:
            raise ValueError("it names no column")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{state_path()} can't be used, so all columns are shown: {error}.",
            'JSON with a list of `"columns"`.',
            "choose the columns again, which writes it anew; or delete it.",
        ) from error
    return known


def remember_columns(names: tuple[str, ...]) -> None:
    """Keep the columns of the results.

    Args:
        names: which, in order.

    Raises:
        UserError: the file can't be written.
    """
    _remember({"columns": names})


def has_toured() -> bool:
    """Whether the tour was shown before; where that can't be told, it was."""
    try:
        return bool(_state().get("toured"))
    except (OSError, ValueError):
        return True


def remember_tour() -> None:
    """Note that the tour was shown.

    Raises:
        UserError: the file can't be written.
    """
    _remember({"toured": True})


def _state() -> dict[str, Any]:
    try:
        state = json.loads(state_path().read_bytes())
    except FileNotFoundError:
        return {}
    if not isinstance(state, dict):
        raise ValueError("it holds no object")
    return state


def _remember(news: dict[str, Any]) -> None:
    try:
        state = _state()
    except (OSError, ValueError):
        # Nothing in it is worth more than what is to be kept now.
        state = {}
    write_atomically(state_path(), json.dumps(state | news))
