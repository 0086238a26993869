"""What the engine advises in commands, said in the cockpit's keys."""

import re
from collections.abc import Mapping

from engine.errors import UserError

# Commands whose work a key does as well, each with the key's id and the key as it comes.
KEYS = {
    "ablate": ("run.ablate", "a"),
    "data": ("view.data", "4"),
    "ensemble": ("run.blend", "b"),
    "errors": ("view.errors", "5"),
    "export": ("run.export", "E"),
    "log": ("view.live", "2"),
    "ls": ("view.results", "3"),
    "promote": ("view.search", "7"),
    "recipe": ("recipe.autopilot", "A"),
    "rerun": ("run.again", "R"),
    "resume": ("run.resume", "u"),
    "run": ("view.recipe", "1"),
    "show": ("view.results", "3"),
    "stop": ("run.stop", "x"),
    "tune": ("run.tune", "T"),
    "undelete": ("run.undelete", "U"),
}
_COMMAND = re.compile(r"`hydra-tui ([a-z-]+)[^`]*`(?!, or)")


def keyed(error: UserError, own: Mapping[str, str]) -> UserError:
    """The same message with the key to press beside each command to run.

    Args:
        error: as the engine raised it.
        own: the keys that the user has set, by their ids.
    """
    fix = _COMMAND.sub(lambda found: _beside(found[0], found[1], own), error.fix)
    if fix == error.fix:
        return error
    return UserError(error.happened, error.expected, fix)


def _beside(command: str, name: str, own: Mapping[str, str]) -> str:
    if name not in KEYS:
        return command
    binding, key = KEYS[name]
    return f"press {own.get(binding, key)} here, or run {command}"
