"""For terminals without Unicode: every character that is not ASCII becomes one that is."""

# ruff: noqa: RUF001 (characters that look like ASCII are what this is about)

import locale
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
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
    "±": "~",
    "≈": "=",
    "…": ".",
    "⏎": "<",
    "⭘": "o",
}
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
        return [
            segment
            if segment.text.isascii()
            else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """A text of as many columns in ASCII.

    Args:
        text: what is to be shown.
    """
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
