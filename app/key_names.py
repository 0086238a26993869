"""How Textual calls keys: which names can arrive, and the nearest one to a name that can't."""

import difflib
from collections.abc import Iterable

from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual.keys import (
    KEY_ALIASES,
    KEY_DISPLAY_ALIASES,
    KEY_NAME_REPLACEMENTS,
    KEY_TO_UNICODE_NAME,
    Keys,
    _character_to_key,
    key_to_character,
)

# In the order in which a key that is pressed names them.
_MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
_WHOLE = frozenset(
    {one.value for one in Keys if "<" not in one.value and "-" not in one.value}
    | {alias for aliases in KEY_ALIASES.values() for alias in aliases}
)
_NAMED = frozenset({one for one in _WHOLE if "+" not in one} | {*KEY_NAME_REPLACEMENTS.values()})
_SIGNS = frozenset(KEY_NAME_REPLACEMENTS.get(one, one) for one in KEY_TO_UNICODE_NAME)
# As people, and the footer, write them.
_SPOKEN = {shown: name for name, shown in KEY_DISPLAY_ALIASES.items()} | {
    "return": "enter",
    "control": "ctrl",
    "option": "alt",
    "cmd": "super",
    "command": "super",
    "page_up": "pageup",
    "page_down": "pagedown",
    "dot": "full_stop",
    "period": "full_stop",
    "hyphen": "minus",
    "dash": "minus",
    "spacebar": "space",
}
# Letters, signs and pictographs of all keyboards lie below it.
_LAST_CHARACTER = 0x20000


def is_key(name: str) -> bool:
    """Whether a key of this name can ever be pressed.

    Args:
        name: as a binding has it: `x`, `?`, `f5`, `ctrl+shift+left`.
    """
    if len(name) == 1 or name in _WHOLE:
        return True
    *modifiers, last = name.split("+")
    return modifiers == sorted(set(modifiers) & set(_MODIFIERS)) and _is_last(last)


def _is_last(name: str) -> bool:
    """Whether a key is called so behind its modifiers, of which there may be none."""
    if name in _NAMED or name in FUNCTIONAL_KEYS.values():
        return True
    if len(name) < 2:
        # A letter or digit; a sign behind modifiers is called by its name.
        return name.isalnum() or (bool(name) and _character_to_key(name) == name)
    character = key_to_character(name)
    if character is not None:
        return _character_to_key(character) == name
    # Hyphens in the names of characters, as in those of quotation marks, can't be told from blanks.
    return any(_character_to_key(chr(code)) == name for code in range(_LAST_CHARACTER))


def nearest_key(name: str) -> str:
    """The key that is probably meant by a name that is none.

    Args:
        name: the name.
    """
    # `ctrl-x` is as common as `ctrl+x`, and a plus or minus may itself be the key.
    itself = {"+": "plus", "-": "minus"}.get(name[-1:])
    parts = [one for one in name.replace("-", "+").split("+") if one]
    *modifiers, last = [*parts, itself] if itself else parts or ["space"]
    before = sorted({_closest(one, _MODIFIERS) for one in modifiers})
    return "+".join([*before, _nearest_last(last.lower() if before else last)])


def _nearest_last(name: str) -> str:
    for spelling in (name, name.lower().replace(" ", "_")):
        one = _SPOKEN.get(spelling, spelling)
        if one in _NAMED:
            return one
        character = one if len(one) == 1 else key_to_character(one)
        if character is not None and character.isprintable():
            return _character_to_key(character)
    return _closest(name, _NAMED | _SIGNS)


def _closest(name: str, known: Iterable[str]) -> str:
    name = _SPOKEN.get(name.lower(), name.lower())
    return difflib.get_close_matches(name, sorted(known), 1, 0.0)[0]
