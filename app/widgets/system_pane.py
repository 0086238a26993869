"""How busy the machine is."""

from collections import deque

from textual.widgets import Static

from app.presentation.load import load_lines
from engine.system import SystemLoad

_MOST = 32


class SystemPane(Static):
    """The last minute of the machine's load."""

    def __init__(self) -> None:
        super().__init__("Looking at the machine", id="system")
        self._loads: deque[SystemLoad] = deque(maxlen=_MOST)

    def on_mount(self) -> None:
        """Say what it is."""
        self.border_title = "Machine"

    def take(self, load: SystemLoad) -> None:
        """Show a reading.

        Args:
            load: the newest.
        """
        self._loads.append(load)
        self.update(load_lines(tuple(self._loads)))
