"""Waits for the cockpit as Pilot does, also where the machine is busy with something else."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

_MOST_SECONDS, _LOOK_SECONDS = 20.0, 0.005
# So many looks in a row must find nothing to do: what is done by one callback may call another.
_LOOKS = 2

Waiting = Callable[..., Awaitable[None]]


def patient(wait: Waiting) -> Waiting:
    """Pilot's own waiting, and then until the event loop has nothing left to run.

    Pilot takes a process that hardly works for one that has nothing to do. On a busy machine it
    may have been given no time to work, and what was pressed has come to nothing yet.

    Args:
        wait: Textual's `wait_for_idle`.
    """

    async def waited(*bounds: float) -> None:
        await wait(*bounds)
        loop: Any = asyncio.get_running_loop()
        quiet, until = 0, time.monotonic() + _MOST_SECONDS
        while quiet < _LOOKS and time.monotonic() < until:
            await asyncio.sleep(_LOOK_SECONDS)
            quiet = 0 if loop._ready else quiet + 1

    return waited
