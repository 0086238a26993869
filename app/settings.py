"""The user's own settings: looks, notifications, keys; read from the config file, written to it."""

import difflib
import json
import os
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_config_path
from pydantic import Field, ValidationError

from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.files import write_atomically

THEME = "tokyo-night"
_KEYS = 'a key is set as in "run.again" = "f5", with both in quotes'


class Settings(Frozen):
    """What the config file may hold.

    Args:
        theme: the name of a Textual theme.
        pictures: how pictures are shown; by default as the terminal's name suggests.
        characters: `ascii` where the terminal has no others; by default as the locale says.
        notify: what tells of the end of a job beside the message in the cockpit: nothing, the
            terminal's bell, or a notification of the desktop (OSC 9) where the terminal has them.
        keys: binding id to key, or to several separated by commas.
    """

    theme: str = THEME
    pictures: Literal["auto", "kitty", "sixel", "blocks", "grey"] = "auto"
    characters: Literal["auto", "unicode", "ascii"] = "auto"
    notify: Literal["message", "bell", "desktop"] = "message"
    keys: dict[str, str] = Field(default_factory=dict)


def settings_path() -> Path:
    """Where the config file lies; `HYDRA_TUI_CONFIG` names another place."""
    named = os.environ.get("HYDRA_TUI_CONFIG")
    return Path(named) if named else user_config_path("hydra-tui") / "config.toml"


def load_settings() -> Settings:
    """Read the config file; without one, the defaults.

    Raises:
        UserError: it can't be read, is not TOML, or says something unknown.
    """
    path = settings_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error).splitlines()[0]) from error
    # Here, since most have no such file, and the cockpit opens sooner without it.
    import tomllib

    try:
        return Settings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise _unusable(path, _explained(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise _unusable(path, str(error).splitlines()[0]) from error


def change_settings(table: str | None, name: str, value: str | None) -> Settings:
    """Write one setting into the config file; all else in it, also comments, stays as it is.

    Args:
        table: the table that it stands in; None at the top.
        name: the setting's.
        value: what to write; None takes it out, so that the default holds.

    Returns:
        All settings.

    Raises:
        UserError: the file can't be read or written, or is no TOML.
    """
    # Only who changes something needs it, and it takes a tenth of a start.
    import tomlkit

    path = settings_path()
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document: Any = tomlkit.parse(text)
        place = document if table is None else document.setdefault(table, tomlkit.table())
        if not isinstance(place, MutableMapping):
            raise ValueError(f"its `{table}` is no table")
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, tomlkit.dumps(document))
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error).splitlines()[0]) from error
    return load_settings()


def choices(name: str) -> tuple[str, ...]:
    """What a setting may be, where that is a list of words; else nothing.

    Args:
        name: the setting's.
    """
    return get_args(Settings.model_fields[name].annotation)


def check_settings(settings: Settings, themes: Iterable[str], bindings: Iterable[str]) -> None:
    """Make sure that the settings name what exists; a misspelt key would be ignored silently.

    Args:
        settings: as they were read.
        themes: the names of all themes.
        bindings: the ids of all bindings.

    Raises:
        UserError: a theme, binding or key is unknown; the nearest one is named.
    """
    themes, bindings = sorted(themes), sorted(bindings)
    if settings.theme not in themes:
        raise _unusable(settings_path(), _unknown("theme", settings.theme, themes))
    for name in settings.keys:
        if name not in bindings:
            raise _unusable(settings_path(), _unknown("binding", name, bindings))
    if settings.keys:
        _check_keys(settings.keys)


def _check_keys(keys: Mapping[str, str]) -> None:
    """Refuse what can't be pressed: the binding would have no key at all."""
    # Here, since most set no keys, and the cockpit opens sooner without it.
    from app.key_names import is_key, nearest_key

    for binding, several in keys.items():
        for key in filter(None, map(str.strip, several.split(","))):
            if not is_key(key):
                reason = f"`{binding}` is `{key}`, which no key is called; the nearest is"
                raise _unusable(settings_path(), f"{reason} `{nearest_key(key)}`")


def _explained(error: ValidationError) -> str:
    """Which setting is wrong, what it says, and what it may be."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return _unknown("setting", name, list(Settings.model_fields))
    if name == "keys":
        name, may_be = ".".join(map(str, first["loc"])), _KEYS
    elif known := choices(name):
        may_be = f"may be {', '.join(known[:-1])} or {known[-1]}"
    else:
        may_be = "is to be a name in quotes"
    return f"`{name}` says {json.dumps(first['input'], default=str)}, but {may_be}"


def _unknown(kind: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.3) or known[:1]
    return f"there is no {kind} `{name}`; the nearest is `{near[0]}`"


def _unusable(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path} can't be used, so the defaults hold: {reason}.",
        "TOML with theme, pictures, characters, notify, and a table [keys] of binding ids.",
        "mend it, or move it away.",
    )
