"""How a task that is under way is asked to stop."""

import threading


class StopRequested(Exception):
    """The task was asked to stop; what was done so far is saved."""


class RestartRequested(Exception):
    """The task is to go on in a new process, with nothing in its memory."""


class StopSignal:
    """Set from a signal handler or another thread, looked at between batches."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask to stop."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def check(self) -> None:
        """Stop here if asked to.

        Raises:
            StopRequested: somebody asked.
        """
        if self.is_set:
            raise StopRequested
