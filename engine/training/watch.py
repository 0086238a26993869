"""A Keras callback that keeps a phase's position, its best weights and its checkpoint."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from engine.experiment.phase import PhaseSpec
from engine.models.freezing import changing_weights
from engine.training.checkpoint import Checkpoint, Position
from engine.training.optimizers import averaged_weights
from engine.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE
from engine.training.stopping import StopRequested, StopSignal


class Watch(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    """Knows where the fit is, saves it now and then and when asked to stop, ends it in time.

    Args:
        position: where the phase begins, or goes on.
        phase: its patience, its plateaus, and whether it averages the weights.
        batches: batches in a whole epoch.
        checkpoint: where the fit is saved.
        network: the whole network, of which the model being trained may be a part.
        stop: may stop it after any batch.
    """

    def __init__(
        self,
        position: Position,
        phase: PhaseSpec,
        batches: int,
        checkpoint: Checkpoint,
        network: keras.Model,
        stop: StopSignal,
    ) -> None:
        super().__init__()
        self.position = position
        self.gave_up = phase.patience > 0 and position.waited >= phase.patience
        self._phase = phase
        self._batches = batches
        self._checkpoint = checkpoint
        self._network = network
        self._stop = stop
        self._best: dict[int, NDArray[Any]] | None = (
            checkpoint.best() if position.best is not None else None
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the batch; save and stop here if asked to.

        Raises:
            StopRequested: somebody asked; the checkpoint is saved.
        """
        self._move(batch=self.position.batch + 1)
        # After the last batch the validation still belongs to the epoch.
        if self._stop.is_set and self.position.batch < self._batches:
            self._save()
            raise StopRequested

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the best weights, end the phase when it no longer gets better, save.

        Raises:
            StopRequested: somebody asked; the checkpoint is saved.
        """
        self._move(epoch=epoch + 1, batch=0)
        self._compare(float((logs or {})["val_log_loss"]))
        if self._stop.is_set:
            self._save()
            raise StopRequested
        if self._checkpoint.is_due():
            self._save()

    def inherit(self, earlier: "Watch") -> None:
        """Take over the best weights of a watch on the same phase, which need not be saved yet."""
        self._best = earlier._best

    def end_phase(self) -> None:
        """End with the weights the phase is for: its best, its averaged, or its last ones."""
        if self._best is None and not self._phase.ema:
            return
        weights = self._network.weights
        for place, value in (self._best or self._learnt()).items():
            weights[place].assign(value)

    def _compare(self, loss: float) -> None:
        position = self.position
        if position.best is None or loss < position.best:
            self._move(best=loss, waited=0, flat=0)
            if self._phase.patience:
                self._best = self._learnt()
        else:
            self._move(waited=position.waited + 1, flat=position.flat + 1)
        if self._phase.schedule == "plateau" and self.position.flat >= PLATEAU_PATIENCE:
            rate = self.model.optimizer.learning_rate
            rate.assign(rate * PLATEAU_FACTOR)
            self._move(flat=0)
        if 0 < self._phase.patience <= self.position.waited:
            self.gave_up = self.model.stop_training = True

    def _learnt(self) -> dict[int, NDArray[Any]]:
        """What the phase has made of the network; frozen weights are as they were."""
        changing = changing_weights(self._network)
        if self._phase.ema:
            return averaged_weights(self.model.optimizer, changing)
        return {place: np.asarray(weight) for place, weight in changing.items()}

    def _move(self, **changes: Any) -> None:
        self.position = self.position.model_copy(update=changes)

    def _save(self) -> None:
        self._checkpoint.save(self.position, self._network, self.model.optimizer, self._best)
