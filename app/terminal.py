"""What this terminal can do, for the doctor's report."""

import locale
import os
import shutil
import sys

from engine.check import Check

_LEAST = (80, 24)


def examine_terminal() -> Check:
    """Look at the terminal's size, colours and characters; one that is a pipe is well, too."""
    if not sys.stdout.isatty():
        return Check(name="terminal", is_well=True, found="none: the output goes to a file or pipe")
    columns, lines = shutil.get_terminal_size()
    true_color = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    unicode = "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
    faults = [
        *([] if unicode else ["set a UTF-8 locale, e.g. `export LANG=C.UTF-8`"]),
        *(
            []
            if columns >= _LEAST[0] and lines >= _LEAST[1]
            else [f"make it at least {_LEAST[0]}x{_LEAST[1]}"]
        ),
    ]
    colors = "no colours" if os.environ.get("NO_COLOR") else "256 colours or fewer"
    if true_color and not os.environ.get("NO_COLOR"):
        colors = "16 million colours"
    inside = ", inside tmux" if "TMUX" in os.environ else ""
    return Check(
        name="terminal",
        is_well=not faults,
        found=f"{os.environ.get('TERM', 'unknown')}{inside}, {columns}x{lines}, {colors}, "
        f"{'UTF-8' if unicode else 'no UTF-8'}",
        fix="; ".join(faults),
    )
