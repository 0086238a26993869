"""Pictures in the terminal, as well as it can: by its graphics, by half cells, or in grey."""

import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from textual.widget import Widget

Ability = Literal["kitty", "sixel", "blocks", "grey"]
# How many pixels a picture is worth sending for, by what shows it.
SIDES: dict[Ability, int] = {"kitty": 256, "sixel": 256, "blocks": 64, "grey": 48}
_KITTY = frozenset({"xterm-kitty", "xterm-ghostty"})
# The first version whose pictures stand in cells, by Unicode placeholders.
_KITTY_PLACES = (0, 28)
_SIXEL_TERMS = frozenset({"foot", "foot-extra", "mlterm", "yaft-256color"})
_SIXEL_PROGRAMS = frozenset({"WezTerm", "iTerm.app", "mintty", "rio"})


def ability(environ: Mapping[str, str], wanted: Ability | Literal["auto"] = "auto") -> Ability:
    """How this terminal shows pictures.

    By its name: a question to the terminal itself would cost a tenth of a second at every start,
    and a key typed meanwhile.

    Args:
        environ: the environment's variables.
        wanted: what the settings say; `auto` has the terminal's name decide.
    """
    if wanted != "auto":
        return wanted
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term in ("dumb", "vt100", "linux"):
        return "grey"
    if "TMUX" in environ or term.startswith(("screen", "tmux")):
        # What lies between would have to pass the pictures on, which by default it does not.
        return "blocks"
    if term in _KITTY or "KITTY_WINDOW_ID" in environ:
        return "blocks" if _is_old_kitty(environ.get("KITTY_INSTALLATION_DIR", "")) else "kitty"
    if term in _SIXEL_TERMS or environ.get("TERM_PROGRAM") in _SIXEL_PROGRAMS:
        return "sixel"
    return "blocks"


# Asked at every picture.
@cache
def _is_old_kitty(folder: str) -> bool:
    """Whether it shows boxes where pictures should be: it can't place them among text yet.

    Its own sources tell, as distributions ship them; elsewhere it is taken for a later one.
    """
    if not folder:
        return False
    try:
        text = (Path(folder) / "kitty" / "constants.py").read_text("utf-8")
    except OSError:
        return False
    found = re.search(r"Version\((\d+), (\d+), \d+\)", text)
    return found is not None and (int(found[1]), int(found[2])) < _KITTY_PLACES


def picture_class(kind: Ability) -> Any:
    """The widget that shows pictures; its import takes a moment, so not on the UI thread.

    Args:
        kind: what the terminal is able to do.

    Returns:
        A subclass of Textual's `Widget` with an attribute `image`.
    """
    with _unasked():
        from textual_image import widget
    classes: dict[Ability, type[Widget]] = {
        "kitty": widget.TGPImage,
        "sixel": widget.SixelImage,
        "blocks": widget.HalfcellImage,
        "grey": widget.UnicodeImage,
    }
    return classes[kind]


@contextmanager
def _unasked() -> Iterator[None]:
    """Keep the library from asking the terminal, whose answer Textual would read.

    It is told the size of a cell by the variables that textual-serve uses for that.
    """
    cell = _cell_pixels()
    if cell is not None:
        os.environ.setdefault("TEXTUAL_CELL_WIDTH", str(cell[0]))
        os.environ.setdefault("TEXTUAL_CELL_HEIGHT", str(cell[1]))
    terminal, sys.__stdout__ = sys.__stdout__, StringIO()  # type: ignore[misc,assignment] # typed as constant
    try:
        yield
    finally:
        sys.__stdout__ = terminal  # type: ignore[misc]


def _cell_pixels() -> tuple[int, int] | None:
    """Width and height of a cell, where the terminal has told the kernel."""
    try:
        from fcntl import ioctl
        from termios import TIOCGWINSZ

        assert sys.__stdout__ is not None
        answer = ioctl(sys.__stdout__.fileno(), TIOCGWINSZ, b"\0" * 8)
    except (ImportError, OSError, ValueError, AssertionError):
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not (rows and columns and width and height):
        return None
    return width // columns, height // rows
