"""A line on a terminal that is written again and again in its place."""

import shutil
from typing import TextIO

from rich.cells import cell_len, set_cell_size

CLEAR = "\r\x1b[2K"


def rewrite(line: str, terminal: TextIO) -> None:
    """Write a line over the last one; a terminal wraps what is wider, and keeps every copy.

    Args:
        line: what is most important stands first in it, for its end is cut off.
        terminal: where it is written.
    """
    room = shutil.get_terminal_size().columns - 1
    if cell_len(line) > room:
        line = set_cell_size(line, room)
    terminal.write(CLEAR + line)
    terminal.flush()
