"""Names of keys: all that a terminal sends is taken, and what nobody can press is not."""

import string
from collections.abc import Iterator

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key

from app.cockpit import Cockpit
from app.key_names import is_key, nearest_key
from app.keymap import named_bindings

# Typed on keyboards of many languages; the last one's name has a hyphen.
SIGNS = string.punctuation + " £€§°\xb4¨µ²éüßñøжאあ中😀«"


def pressed(sequence: str) -> Iterator[str]:
    """The names of the keys that Textual reads out of what a terminal sends."""
    parser = XTermParser()
    for message in (*parser.feed(sequence), *parser.feed("")):
        if isinstance(message, Key):
            yield message.key


def sent() -> Iterator[str]:
    """What terminals send: as they always did, and by Kitty's protocol, with all modifiers."""
    yield from ANSI_SEQUENCES_KEYS
    for code in FUNCTIONAL_KEYS:
        yield from (f"\x1b[{code[:-1]};{modifiers}{code[-1]}" for modifiers in range(1, 65))
    for sign in string.ascii_letters + string.digits + SIGNS:
        yield from (sign, f"\x1b{sign}", f"\x1b[{ord(sign)};2;{ord(sign)}u")
        yield from (f"\x1b[{ord(sign)};{modifiers}u" for modifiers in (1, 2, 5, 6, 9, 16, 64))


def test_every_key_that_can_arrive_is_taken() -> None:
    names = {name for sequence in sent() for name in pressed(sequence)}
    assert {"f5", "ctrl+at", "alt+shift+e", "euro_sign", "ctrl+shift+left"} <= names
    assert [name for name in sorted(names) if not is_key(name)] == []


def test_every_key_of_ours_is_taken() -> None:
    keys = {key for one in named_bindings(Cockpit).values() for key in one.key.split(",")}
    assert [key for key in keys if not is_key(key)] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F5", "f5"),
        ("Escape", "escape"),
        ("esc", "escape"),
        ("pgdn", "pagedown"),
        ("page_up", "pageup"),
        ("Ctrl+X", "ctrl+x"),
        ("ctrl-x", "ctrl+x"),
        ("ctrl+-", "ctrl+minus"),
        ("ctrl++", "ctrl+plus"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("control+a", "ctrl+a"),
        ("alt+?", "alt+question_mark"),
        ("question mark", "question_mark"),
        ("hyphen_minus", "minus"),
        ("dot", "full_stop"),
        ("f99", "f9"),
    ],
)
def test_what_can_not_be_pressed_is_refused_and_the_nearest_key_named(
    written: str, meant: str
) -> None:
    assert not is_key(written)
    assert nearest_key(written) == meant
    assert is_key(meant)


@pytest.mark.parametrize("written", ["", "+", "ctrl", "ctrl+", "nonsense", "ctrl+nonsense", "ab"])
def test_whatever_is_written_the_nearest_name_is_a_key(written: str) -> None:
    assert is_key(nearest_key(written))
