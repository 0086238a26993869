"""What is nobody's mistake but ours: logged with its traceback, told, survived."""

import sys
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from engine.errors import UserError


def noted_fault(log: Path) -> UserError:
    """Write the exception being handled to a log, and put it into words.

    Args:
        log: the file it is appended to; one that can't be written is passed over.
    """
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now().astimezone().isoformat()}\n{traceback.format_exc()}\n")
    kind, error, _ = sys.exc_info()
    name = kind.__name__ if kind is not None else "error"
    return UserError(
        f"hydra-tui made a mistake: {name}: {error}.",
        "nothing like it; the cockpit and the jobs go on.",
        f"please report it with the end of {log}.",
    )
