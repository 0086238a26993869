"""How many tasks run at once, and on which devices."""

import logging
from collections.abc import Mapping, Sequence

from engine.competition.settings import load_settings
from engine.errors import UserError
from engine.experiment.record import is_on_gpu
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
        self._asked: int | None = None
        self._read: tuple[int, int, int] | None = None
        # One GPU that is none has one slot all the same, and each worker tells of it.
        self._is_unsure = len(devices) > 1
        # What is taken over may lie in any slot.
        self._was_well = True

    @property
    def is_unsure(self) -> bool:
        """Whether nobody has told yet that TensorFlow finds the GPUs that the driver lists."""
        return self._is_unsure

    def expect(self, environments: Sequence[Mapping[str, str]]) -> None:
        """Take from what has run before whether TensorFlow will find a GPU.

        Args:
            environments: of the notebook's experiments, oldest first.
        """
        told = [one for one in environments if one]
        self._was_well = bool(told) and is_on_gpu(told[-1])

    def learn(self, environment: Mapping[str, str]) -> None:
        """Hear where a worker computes that was given a GPU.

        Where TensorFlow finds none, as many workers as there are GPUs would each take all cores.

        Args:
            environment: as the worker tells it.
        """
        self._is_unsure = False
        if not is_on_gpu(environment):
            _log.warning("TensorFlow finds no GPU: one task at a time computes on the CPU")
            self._devices = ("cpu",)

    def count(self) -> int:
        """How many there are; while hydra.toml can't be read, as many as before.

        One, unless more are asked for, until the first worker has found its GPU.
        """
        signature = self._signature()
        if signature != self._read:
            self._read = signature
            try:
                self._asked = load_settings(self._workspace).jobs.slots
            except UserError as error:
                _log.warning("%s", error)
        if self._is_unsure and not self._was_well:
            return self._asked or 1
        return self._asked or len(self._devices)

    def apart(self) -> int:
        """How many tasks run side by side without taking time from each other."""
        return min(self._asked or len(self._devices), len(self._devices))

    def device(self, slot: int) -> str:
        """Where its tasks run: `cpu`, or how CUDA calls a GPU."""
        return self._devices[slot % len(self._devices)]

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self._workspace.settings.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
