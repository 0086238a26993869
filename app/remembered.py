"""What the cockpit remembers of its user from one time to the next, in a file beside the config."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from platformdirs import user_state_path

from app.presentation.listing import ALL
from app.settings import settings_path
from engine.errors import UserError
from engine.files import write_atomically

# Of workspaces.
_SEEN, _MOST_SEEN = "seen", 100
Marks = Literal["unseen", "marked"]
# Threads that keep different things must not lose each other's.
_LOCK = Lock()


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


def recall_seen(workspace: Path) -> datetime | None:
    """The end of the last experiment that was told of; None where the workspace is new.

    Args:
        workspace: its folder.

    Raises:
        OSError: the file can't be read.
        ValueError: it is damaged.
        TypeError: it is damaged.
    """
    seen = _recall_of(_SEEN, workspace)
    return None if seen is None else datetime.fromisoformat(seen)


def remember_seen(workspace: Path, moment: datetime) -> None:
    """Note up to when a workspace's experiments were told of.

    Args:
        workspace: its folder.
        moment: the end of the last one.

    Raises:
        UserError: the file can't be written.
    """
    _remember_of(_SEEN, workspace, moment.isoformat)


def recall_marks(what: Marks, workspace: Path) -> frozenset[str]:
    """The experiments that were marked when the workspace was left, or had ended unseen.

    Args:
        what: which of the two.
        workspace: its folder.

    Returns:
        Their ids.

    Raises:
        OSError: the file can't be read.
        ValueError: it is damaged.
        TypeError: it is damaged.
    """
    return frozenset(map(str, _recall_of(what, workspace) or ()))


def remember_marks(what: Marks, workspace: Path, marked: Callable[[], frozenset[str]]) -> None:
    """Note which experiments of a workspace are marked, or have ended and were not looked at.

    Args:
        what: which of the two.
        workspace: its folder.
        marked: their ids, asked for when they are written: of several threads the last one writes
            what holds then.

    Raises:
        UserError: the file can't be written.
    """
    _remember_of(what, workspace, lambda: sorted(marked()))


def _recall_of(key: str, workspace: Path) -> Any:
    """What is kept of one workspace; None where nothing is."""
    known = _state().get(key, {})
    if not isinstance(known, dict):
        raise ValueError(f"`{key}` holds no object")
    return known.get(str(workspace.resolve()))


def _remember_of(key: str, workspace: Path, value: Callable[[], object]) -> None:
    with _LOCK:
        name, known = str(workspace.resolve()), dict(_state().get(key, {}))
        # The ones that were looked at last are kept.
        known.pop(name, None)
        kept = list(known.items())[1 - _MOST_SEEN :]
        _keep({key: dict(kept) | {name: value()}})


def _state() -> dict[str, Any]:
    try:
        state = json.loads(state_path().read_bytes())
    except FileNotFoundError:
        return {}
    if not isinstance(state, dict):
        raise ValueError("it holds no object")
    return state


def _remember(news: dict[str, Any]) -> None:
    with _LOCK:
        _keep(news)


def _keep(news: dict[str, Any]) -> None:
    try:
        state = _state()
    except (OSError, ValueError):
        # Nothing in it is worth more than what is to be kept now.
        state = {}
    write_atomically(state_path(), json.dumps(state | news))
