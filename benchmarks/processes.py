"""Ending what a benchmark started."""

from contextlib import suppress

import psutil


def end_family(pid: int) -> None:
    """End a process and all it started: one that still imports would slow the next round.

    Args:
        pid: the eldest.
    """
    with suppress(psutil.NoSuchProcess):
        eldest = psutil.Process(pid)
        family = [eldest, *eldest.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)
