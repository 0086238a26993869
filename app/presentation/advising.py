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
# Keys that do their work whichever experiment is selected.
_ANYWHERE = frozenset({"undelete"})
# What a key can't be told, and what no command does.
_BOTH, _PIN = "--against", "pin a baseline in the cockpit"
_PRESSED = re.compile(r"\b(select \S+, )?(?:then )?press (\S+)(?: here)?(?=,| on )")
_COMMAND = re.compile(r"`hydra-tui ([a-z-]+)(?: (\d+))?[^`]*`(?!, or)")


def keyed(error: UserError, own: Mapping[str, str], selected: str | None) -> UserError:
    """The same message with the key to press beside each command to run.

    Args:
        error: as the engine raised it.
        own: the keys that the user has set, by their ids.
        selected: the experiment that a key acts on.
    """
    pin = f"press {own.get('run.pin', 'p')} on the experiment to pin"
    fix = error.fix.replace(_PIN, pin)
    fix = _COMMAND.sub(lambda found: _beside(found, own, selected), fix)
    if fix == error.fix:
        return error
    return UserError(error.happened, error.expected, fix)


def in_dialog(error: UserError) -> UserError:
    """The same message for a dialog, in which the keys of the screen below it do nothing.

    Args:
        error: as `keyed` says it.
    """
    fix = _PRESSED.sub(r"esc, \1then press \2", error.fix, count=1)
    return error if fix == error.fix else UserError(error.happened, error.expected, fix)


def _beside(found: re.Match[str], own: Mapping[str, str], selected: str | None) -> str:
    command, name, about = found[0], found[1], found[2]
    if name not in KEYS or _BOTH in command:
        return command
    binding, key = KEYS[name]
    pressed = f"press {own.get(binding, key)}"
    if about in (None, selected) or name in _ANYWHERE:
        return f"{pressed} here, or run {command}"
    # The key would act on the selected one, not on the one that the advice is about.
    return f"select {about}, then {pressed}, or run {command}"
