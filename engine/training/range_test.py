"""The learning-rate range test: which rates learn, before a fit is spent on one."""

import math
import time
from itertools import islice

import numpy as np

from engine.events.types import EpochEnded, Note, PhaseStarted
from engine.experiment.record import Scores
from engine.experiment.spec import RANGE_STEPS
from engine.models.build import BuiltModel
from engine.models.freezing import set_trainable
from engine.models.memory import with_fewer
from engine.training.augmentation import Augmentation
from engine.training.compiling import compile_model
from engine.training.data import FoldData
from engine.training.pipeline import Source, training_batches
from engine.training.reporter import Report
from engine.training.stopping import StopSignal
from engine.training.trunk_inputs import Feed

_LOWEST, _HIGHEST = 1e-7, 1.0
_SMOOTHING = 0.9
# The loss of single batches is noisy: only far above the best has it diverged.
_DIVERGED = 4.0
# The rate of the lowest loss is about to diverge; a tenth of it learns and is safe.
_MARGIN = 10.0


def run_range_test(
    built: BuiltModel, data: FoldData, feed: Feed, report: Report, stop: StopSignal
) -> Scores:
    """Train the first phase for some batches while the rate rises (Smith 2017, section 3.3).

    Args:
        built: the network, which is spoilt by it.
        data: the fold.
        feed: what the first phase trains on.
        report: is told of every batch as of an epoch: its smoothed loss and its rate.
        stop: may stop it after any batch.

    Returns:
        Scores with nothing but the suggested rate: a tenth of that with the lowest loss.

    Raises:
        StopRequested: it was stopped.
    """
    begun = built.model.get_weights()

    def halve(fewer: int) -> None:
        built.model.set_weights(begun)
        report(
            Note(
                text="the device ran out of memory: begins anew with "
                f"{fewer} images a batch; a larger batch may take a larger rate"
            )
        )

    return with_fewer(
        lambda size: _run(built, data, feed, size, report, stop), built.spec.batch_size, halve
    )


def _run(
    built: BuiltModel, data: FoldData, feed: Feed, size: int, report: Report, stop: StopSignal
) -> Scores:
    """The test in batches of a size."""
    spec, rows = built.spec, data.fitted_rows
    phase = spec.phases[0].model_copy(
        update={"epochs": 1, "schedule": "constant", "warmup": 0, "ema": 0.0}
    )
    set_trainable(built, phase.train, phase.batch_norm)
    targets = data.targets
    compile_model(built, feed.model, data.competition.kind, phase, targets[rows], RANGE_STEPS)
    report(
        PhaseStarted(
            phase=0,
            train=phase.train,
            epochs=RANGE_STEPS,
            batches=1,
            trainable=sum(math.prod(weight.shape) for weight in feed.model.trainable_weights),
            total=built.model.count_params(),
        )
    )
    changes = spec.augmentation
    batches = training_batches(
        Source(feed.inputs, targets, feed.bank),
        rows,
        size,
        spec.seed,
        (0, 0),
        Augmentation(changes, spec.seed) if changes.is_active and not feed.is_cut else None,
    )
    rates = np.geomspace(_LOWEST, _HIGHEST, RANGE_STEPS)
    average, best, suggested = 0.0, math.inf, _LOWEST
    for step, (inputs, labels) in enumerate(islice(batches, RANGE_STEPS)):
        began = time.monotonic()
        feed.model.optimizer.learning_rate = rates[step]
        feed.model.reset_metrics()
        loss = float(feed.model.train_on_batch(inputs, labels, return_dict=True)["loss"])
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        # Early averages lack the weight of batches that never were.
        smoothed = average / (1 - _SMOOTHING ** (step + 1))
        if not math.isfinite(loss) or smoothed > _DIVERGED * best:
            break
        if smoothed < best:
            best, suggested = smoothed, max(float(rates[step]) / _MARGIN, _LOWEST)
        figures = {"loss": round(smoothed, 6), "learning_rate": float(rates[step])}
        report(EpochEnded(epoch=step, figures=figures, seconds=time.monotonic() - began))
        stop.check()
    return Scores(suggested_rate=suggested, train_rows=len(rows))
