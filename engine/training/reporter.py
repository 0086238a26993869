"""Keras callback -> events; and where it all ran."""

import math
import os
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from engine.errors import UserError
from engine.events.types import VALIDATING, BatchEnded, EpochEnded, Event, Note, Preparing
from engine.experiment.record import SLOTS

Report = Callable[[Event], None]

# How often progress is told: many times in an epoch, however long it is, so that neither a short
# one stands still nor a fit of hours says more than is ever read.
_LEAST_SECONDS, _MOST_SECONDS = 0.1, 1.0
_TIMES_AN_EPOCH = 60
_ONE_DNN = {"0": "off", "1": "on"}


class Reporter(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    """Says what a fit does, batch by batch and epoch by epoch.

    Args:
        report: takes the events.
        batches: batches in a whole epoch.
        skipped: batches of the first epoch that an earlier life of the task has done.
        held_out: batches that are validated behind each epoch.
    """

    def __init__(self, report: Report, batches: int, skipped: int = 0, held_out: int = 0) -> None:
        super().__init__()
        self._held_out = held_out
        self._report = report
        self._batches = batches
        self._skipped = skipped
        self._epoch = 0
        self._epoch_began = 0.0
        self._epoch_seconds = 0.0
        self._said = 0.0
        self._rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the epoch's clock."""
        self._epoch, self._epoch_began = epoch, time.monotonic()
        self._rate = self._rate_now

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell of progress, at most some times a second.

        Raises:
            UserError: the loss is no longer a number.
        """
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise _diverged("loss", loss, f"epoch {self._epoch + 1}, batch {batch + 1}")
        done, now = batch + 1 + self._skipped, time.monotonic()
        if done == self._batches // 2:
            # Behind the last batch a cosine has come down to what nothing was trained with.
            self._rate = self._rate_now
        lasting = max(self._epoch_seconds, now - self._epoch_began)
        if now - self._said >= _pause(lasting):
            self._said = now
            self._report(
                BatchEnded(
                    epoch=self._epoch, batch=done, batches=self._batches, loss=round(loss, 6)
                )
            )

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Tell that the epoch is validated, which may take as long as training does."""
        # Who asks it to stop is heard behind the epoch.
        self._validated = progress(self._report, VALIDATING, lambda: None)
        self._validated(0, self._held_out)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell how much of it is validated, at most some times a second."""
        self._validated(batch + 1, self._held_out)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell the epoch's figures, and the learning rate in the middle of it.

        Raises:
            UserError: one is no longer a number; the last batch's step may spoil the weights
                after its own loss was taken.
        """
        figures = {name: round(float(value), 6) for name, value in (logs or {}).items()}
        for name, value in figures.items():
            if not math.isfinite(value):
                raise _diverged(name, value, f"epoch {epoch + 1}")
        figures["learning_rate"] = self._rate
        self._skipped = 0
        self._epoch_seconds = round(time.monotonic() - self._epoch_began, 3)
        self._report(EpochEnded(epoch=epoch, figures=figures, seconds=self._epoch_seconds))

    @property
    def _rate_now(self) -> float:
        return float(self.model.optimizer.learning_rate)


def _pause(lasting: float) -> float:
    """Seconds between two words on what lasts so many seconds."""
    return min(max(lasting / _TIMES_AN_EPOCH, _LEAST_SECONDS), _MOST_SECONDS)


def _diverged(name: str, value: float, where: str) -> UserError:
    is_half = keras.config.dtype_policy().compute_dtype == "float16"
    wider = ", or set precision=float32 or mixed_bfloat16, which reach further" if is_half else ""
    return UserError(
        f"The {name} became {value} in {where}.",
        "a finite one.",
        f"lower the phase's learning_rate to a tenth{wider}; the last good checkpoint is kept.",
    )


def progress(report: Report, what: str, check: Callable[[], None]) -> Callable[[int, int], None]:
    """A progress function that tells of `what`, at most some times a second.

    Args:
        report: takes the events.
        what: what is being prepared, in words.
        check: called at every step; raises when the task is to stop.

    Returns:
        A function of steps done and steps in all.
    """
    said, began = 0.0, time.monotonic()

    def step(done: int, total: int) -> None:
        nonlocal said
        check()
        now = time.monotonic()
        if now - said >= _pause(now - began) or done == total:
            said = now
            report(Preparing(what=what, done=done, total=total))

    return step


def environment(workspace: Path, slots: int) -> dict[str, str]:
    """Versions, the device, and the state of the user's own repository, for the record.

    Args:
        workspace: whose folder may lie in a git repository.
        slots: how many tasks run side by side, each on a GPU of its own, where there are GPUs.
    """
    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", "?") for gpu in gpus]
    return {
        "device": ", ".join(names) if names else f"CPU, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        # Sums are added up in another order by it: who repeats a fit to the digit has it alike.
        "onednn": _ONE_DNN.get(os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""), "by default"),
        **({SLOTS: str(slots)} if names and slots > 1 else {}),
        **_revision(workspace),
    }


def missing_gpu() -> Note | None:
    """What to tell of a GPU that this process was given and TensorFlow does not find."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "-1")
    if given in ("", "-1") or tf.config.list_physical_devices("GPU"):
        return None
    return Note(
        text=f"was given the GPU {given}, but TensorFlow finds none: computes on the CPU; "
        "`hydra-tui doctor` tells what is missing"
    )


def _revision(folder: Path) -> dict[str, str]:
    try:
        said = subprocess.run(  # noqa: S603 (a folder is all that varies)
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607 (the user's own git)
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        # No git, or no repository: there is nothing to note.
        return {}
    return {"git": said.stdout.strip()}
