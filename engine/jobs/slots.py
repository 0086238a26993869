"""How many tasks run at once, and on which devices."""

import logging

from engine.competition.settings import load_settings
from engine.errors import UserError
from engine.jobs.workspace import Workspace

_log = logging.getLogger("supervisor")


class Slots:
    """The places in which one task each runs, by what hydra.toml says now.

    Args:
        workspace: whose hydra.toml counts.
        devices: what the machine has; where there are more slots, they are shared.
    """

    def __init__(self, workspace: Workspace, devices: tuple[str, ...]) -> None:
        self._workspace = workspace
        self._devices = devices
        self._count = len(devices)
        self._read: tuple[int, int, int] | None = None

    def count(self) -> int:
        """How many there are; while hydra.toml can't be read, as many as before."""
        signature = self._signature()
        if signature != self._read:
            self._read = signature
            try:
                self._count = load_settings(self._workspace).jobs.slots or len(self._devices)
            except UserError as error:
                _log.warning("%s", error)
        return self._count

    def apart(self) -> int:
        """How many tasks run side by side without taking time from each other."""
        return min(self.count(), len(self._devices))

    def device(self, slot: int) -> str:
        """Where its tasks run: `cpu`, or how CUDA calls a GPU."""
        return self._devices[slot % len(self._devices)]

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self._workspace.settings.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
