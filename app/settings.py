"""The user's own settings: keys and theme."""

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_config_path
from pydantic import Field, ValidationError

from engine.errors import UserError
from engine.experiment.frozen import Frozen

THEME = "tokyo-night"


class Settings(Frozen):
    """What the config file may hold.

    Args:
        theme: the name of a Textual theme.
        keys: binding id to key, or to several separated by commas.
    """

    theme: str = THEME
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
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise _unusable(path, str(error).splitlines()[0]) from error


def check_settings(settings: Settings, themes: Iterable[str], bindings: Iterable[str]) -> None:
    """Make sure that the settings name what exists; a misspelt key would be ignored silently.

    Args:
        settings: as they were read.
        themes: the names of all themes.
        bindings: the ids of all bindings.

    Raises:
        UserError: a theme or binding is unknown; the nearest one is named.
    """
    themes, bindings = sorted(themes), sorted(bindings)
    if settings.theme not in themes:
        raise _unusable(settings_path(), _unknown("theme", settings.theme, themes))
    for name in settings.keys:
        if name not in bindings:
            raise _unusable(settings_path(), _unknown("binding", name, bindings))


def _unknown(kind: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.3) or known[:1]
    return f"there is no {kind} `{name}`; the nearest is `{near[0]}`"


def _unusable(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path} can't be used, so the defaults hold: {reason}.",
        'TOML with `theme = ".."` and a table [keys] of binding ids.',
        "mend it, or move it away.",
    )
