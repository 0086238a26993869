"""The phases of one fit, and how it goes on after a stop."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from engine.competition.findings import TargetKind
from engine.competition.settings import load_settings
from engine.events.types import PhaseStarted
from engine.experiment.record import Scores
from engine.experiment.spec import ExperimentSpec, PhaseSpec
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.models.build import BuiltModel, build_model
from engine.models.freezing import set_trainable
from engine.training.augmentation import make_augmentation
from engine.training.checkpoint import Checkpoint, Position
from engine.training.data import FoldData, load_fold
from engine.training.losses import make_loss, make_metrics
from engine.training.pipeline import (
    Source,
    batches_in,
    ordered_batches,
    training_batches,
)
from engine.training.prediction import finish
from engine.training.reporter import Report, Reporter
from engine.training.stopping import StopRequested, StopSignal
from engine.training.trunk_inputs import Feed, Feeds
from engine.training.watch import Watch


def resumable_epoch(folder: Path) -> int:
    """Epochs that an earlier life of the task has finished and saved."""
    return Checkpoint(folder).position().epoch


def fit_fold(order: TaskOrder, folder: Path, report: Report, stop: StopSignal) -> Scores:
    """Train one fold, predict with it, score it. Goes on from a checkpoint where there is one.

    Args:
        order: the task.
        folder: its folder; weights, predictions and checkpoints go there.
        report: is told of everything.
        stop: may stop it after any batch.

    Returns:
        The scores.

    Raises:
        UserError: the data can't be used, the loss is no number, the disk is full.
        StopRequested: it was stopped; a checkpoint is saved.
    """
    data = load_fold(order, report, stop)
    built = build_model(order.spec, data.competition.kind, len(data.competition.classes))
    checkpoint = Checkpoint(folder)
    checkpoint.restore(built.model)
    fit = Fit(order, data, built, checkpoint, report, stop)
    fit.run()
    workspace = Workspace(Path(order.workspace))
    parent = workspace.task(order.parent, order.task) if order.parent is not None else None
    try:
        scores = finish(built, data, fit.feeds, folder, parent, report, stop)
    except StopRequested:
        fit.save()
        raise
    checkpoint.clear()
    return scores


class Fit:
    """One model through its phases.

    Args:
        order: the task.
        data: the fold.
        built: the network, with the weights to start from.
        checkpoint: where the fit is saved, and perhaps was.
        report: is told of everything.
        stop: may stop it after any batch.
    """

    def __init__(
        self,
        order: TaskOrder,
        data: FoldData,
        built: BuiltModel,
        checkpoint: Checkpoint,
        report: Report,
        stop: StopSignal,
    ) -> None:
        self._order = order
        self._spec = order.spec
        self._data = data
        self._built = built
        self._checkpoint = checkpoint
        self._report = report
        self._stop = stop
        self._position = checkpoint.position()
        workspace = Workspace(Path(order.workspace))
        self.feeds = Feeds(
            built, data, workspace.cache, load_settings(workspace).cache, report, stop
        )

    def run(self) -> None:
        """Train what is left of every phase."""
        for number, phase in enumerate(self._spec.phases):
            if number >= self._position.phase:
                self._phase(number, phase)
                # A phase may end early: the next one's curve goes on from there.
                epoch = self._position.epoch
                self._position = Position(phase=number + 1, first=epoch, epoch=epoch)

    def save(self) -> None:
        """Save the fit between two phases, or behind the last.

        Raises:
            UserError: the disk is full; the checkpoint before is intact.
        """
        self._checkpoint.save(self._position, self._built.model, None, None)

    def _phase(self, number: int, phase: PhaseSpec) -> None:
        set_trainable(self._built, phase.train)
        feed = self.feeds.training(number)
        model = feed.model
        compile_model(model, self._spec, self._data.competition.kind, phase.learning_rate)
        if self._position.is_within_phase:
            self._checkpoint.restore_optimizer(model.optimizer)
        self._report(
            PhaseStarted(
                phase=number,
                train=phase.train,
                epochs=phase.epochs,
                batches=batches_in(self._data.train_rows, self._spec.batch_size),
                trainable=_count(model.trainable_weights),
                total=self._built.model.count_params(),
            )
        )
        self._train(feed, phase)

    def _train(self, feed: Feed, phase: PhaseSpec) -> None:
        rows, spec = self._data.train_rows, self._spec
        source = Source(feed.inputs, self._data.competition.targets, feed.bank)
        batches, end = batches_in(rows, spec.batch_size), self._position.first + phase.epochs
        watch = Watch(
            self._position, phase.patience, batches, self._checkpoint, self._built.model, self._stop
        )
        validation = ordered_batches(source, self._data.validation_rows, max(spec.batch_size, 64))
        while watch.position.epoch < end and not watch.gave_up:
            at = watch.position
            augmentation = [] if feed.is_cut else make_augmentation(spec.augmentation, spec.seed)
            feed.model.fit(
                training_batches(
                    source, rows, spec.batch_size, spec.seed, (at.epoch, at.batch), augmentation
                ),
                steps_per_epoch=batches - at.batch,
                initial_epoch=at.epoch,
                # An epoch that was cut short is finished by itself: Keras wants equal ones.
                epochs=at.epoch + 1 if at.batch else end,
                validation_data=validation,
                callbacks=[Reporter(self._report, batches, at.batch), watch],
                verbose=0,
            )
        watch.restore_best()
        self._position = watch.position


def compile_model(
    model: keras.Model, spec: ExperimentSpec, kind: TargetKind, learning_rate: float
) -> None:
    """Compile a model for one phase, with a new optimizer.

    Args:
        model: the whole network, or its head over a trunk's activations.
        spec: names the loss.
        kind: what a prediction is.
        learning_rate: Adam's.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=make_loss(spec.loss, kind),
        metrics=make_metrics(kind),
        # XLA's compilation costs a CPU more than it saves on fits of minutes.
        jit_compile="auto" if tf.config.list_physical_devices("GPU") else False,
    )
    model.optimizer.build(model.trainable_variables)


def _count(weights: list[keras.Variable]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)
