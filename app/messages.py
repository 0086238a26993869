"""What the threads tell the cockpit."""

from collections.abc import Callable

from textual.message import Message

from engine.errors import UserError
from engine.watching import Snapshot


class SnapshotTaken(Message):
    """The workspace has changed.

    Args:
        snapshot: as it is now.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """A newer snapshot makes an older one that still waits pointless."""
        return isinstance(message, SnapshotTaken)


class LogGrown(Message):
    """The followed experiment has said more.

    Args:
        experiment: its id.
        lines: what is new.
        afresh: whether these are the first lines of another experiment.
    """

    def __init__(self, experiment: str, lines: tuple[str, ...], afresh: bool) -> None:
        super().__init__()
        self.experiment = experiment
        self.lines = lines
        self.afresh = afresh


class Answered(Message):
    """A question has its answer, to be taken on the UI thread.

    A message rather than `call_from_thread`, which waits for the cockpit and would keep it from
    closing while a question is under way.

    Args:
        take: takes the answer.
    """

    def __init__(self, take: Callable[[], None]) -> None:
        super().__init__()
        self.take = take


class ProgramReplaced(Message):
    """The program was replaced while the cockpit is open, as by `git pull`."""


class Refused(Message):
    """Something could not be done.

    Args:
        error: why, and what to do.
    """

    def __init__(self, error: UserError) -> None:
        super().__init__()
        self.error = error
