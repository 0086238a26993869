"""For terminals without Unicode: every character that is not ASCII becomes one that is."""

# ruff: noqa: RUF001 (characters that look like ASCII are what this is about)

import locale
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

_LOOKALIKES = {
    **dict.fromkeys("─━═╌┄╴╶▔▁▂⎯–—", "-"),
    **dict.fromkeys("│┃║▏▕▎▍▌▐┆┊╎", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"),
    **dict.fromkeys("█▇▆▅▄▉▊▋▀■▓", "#"),
    **dict.fromkeys("▃▒░", ":"),
    **dict.fromkeys("●◆★▪◉", "*"),
    **dict.fromkeys("○◇☆▫·•‥", "."),
    **dict.fromkeys("▲↑⇧△", "^"),
    **dict.fromkeys("▼↓⇩▾▿", "v"),
    **dict.fromkeys("►▶▸→⏵❯›»", ">"),
    **dict.fromkeys("◀←‹«⌫", "<"),
    **dict.fromkeys("✓✔", "v"),
    **dict.fromkeys("✗✘×", "x"),
    "±": "+",
    "≈": "=",
    # Where a text is cut: a dot would end its sentence.
    "…": "~",
    "⏎": "<",
    "⭘": "o",
}
# `<` and `>` are keys themselves, and not these.
_KEYS = {
    "⏎": "enter",
    "⌫": "bksp",
    "←": "left",
    "→": "right",
    "↑": "up",
    "↓": "down",
}
_SIGN = re.compile("|".join(_KEYS))
# What it takes two characters to say takes a space from beside it.
_ERROR = re.compile(r" ±(?! )|± |±(\S*) ")
_BRAILLE, _DOTS = 0x2800, " .:-=+*#@"
_PLAIN_TERMINALS = frozenset({"linux", "vt100", "vt220", "dumb"})


def needs_ascii(environ: Mapping[str, str], wanted: str = "auto") -> bool:
    """Whether only ASCII can be shown.

    Args:
        environ: the environment's variables.
        wanted: what the settings say; `auto` has the locale and the terminal's name decide.
    """
    if wanted != "auto":
        return wanted == "ascii"
    has_utf = "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
    return not has_utf or environ.get("TERM") in _PLAIN_TERMINALS


class Ascii(LineFilter):
    """Translates all that is written to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate one line.

        Args:
            segments: its parts.
            background: not looked at.
        """
        line: list[Segment] = []
        for segment in segments:
            text, before = segment.text, line[-1] if line else None
            if text[:1] == "±" and before is not None and before.text.endswith(" "):
                line[-1] = Segment(before.text[:-1], before.style, before.control)
                text = f" {text}"
            # Of what is not changed, the segment itself.
            is_same = text is segment.text and text.isascii()
            line.append(
                segment if is_same else Segment(to_ascii(text), segment.style, segment.control)
            )
        return line


def spelled(text: str) -> str:
    """Keys by their names: what stands for a sign of one may be another key.

    Args:
        text: keys, or a sentence with some.
    """
    # Those that touch, as in "←→ read", are two.
    apart = re.sub(f"(?<=[{''.join(_KEYS)}])(?=[{''.join(_KEYS)}])", " ", text)
    return _SIGN.sub(lambda sign: _KEYS[sign[0]], apart)


def told_keys(app: App[Any], text: str) -> str:
    """A sentence with keys in it, as this terminal can show them.

    Args:
        app: which shows it.
        text: the sentence.
    """
    is_plain = any(isinstance(one, Ascii) and one.enabled for one in app._filters)
    return spelled(text) if is_plain else text


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """A text of as many columns in ASCII.

    Args:
        text: what is to be shown.
    """
    text = _ERROR.sub(lambda found: f"+-{found[1] or ''}", text)
    return "".join(character if character.isascii() else _plain(character) for character in text)


def _plain(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    number = ord(character)
    if _BRAILLE <= number < _BRAILLE + 256:
        # A curve of dots: as dense as it has dots.
        return _DOTS[(number - _BRAILLE).bit_count()]
    # An accented letter without its accent.
    base = unicodedata.normalize("NFKD", character)[0]
    if base.isascii():
        return base
    return "??" if unicodedata.east_asian_width(character) in "WF" else "?"
