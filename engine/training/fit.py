"""The phases of one fit, and how it goes on after a stop."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from engine.competition.settings import load_settings
from engine.events.types import Note, PhaseStarted, Preparing
from engine.experiment.record import Scores
from engine.experiment.spec import PhaseSpec
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.models.build import BuiltModel, build_model
from engine.models.freezing import set_trainable
from engine.models.head import begin_at_shares
from engine.models.memory import is_not_started, is_out_of_memory, with_fewer
from engine.training.augmentation import Augmentation
from engine.training.checkpoint import Checkpoint, Position
from engine.training.compiling import compile_model, set_up_device
from engine.training.data import FoldData, load_fold
from engine.training.optimizers import carry_over
from engine.training.out_of_fold import write_out_of_fold
from engine.training.pipeline import (
    Source,
    batches_in,
    ordered_batches,
    training_batches,
)
from engine.training.prediction import Predictor, finish
from engine.training.range_test import run_range_test
from engine.training.reporter import Report, Reporter
from engine.training.stopping import StopRequested, StopSignal
from engine.training.trunk_inputs import Feed, Feeds
from engine.training.watch import Watch

_FEW = 8
_INFERENCE_BATCH = 64


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
    fit = prepare_fit(order, folder, report, stop)
    data = fit.data
    if order.spec.kind == "range_test":
        return run_range_test(fit.built, data, fit.feeds.training(0), report, stop)
    fit.run()
    workspace = Workspace(Path(order.workspace))
    parent, overfit = (
        workspace.task(one, order.task) if one is not None else None
        for one in (order.parent, order.overfit)
    )
    try:
        scores = finish(fit.predictor(), folder, parent, overfit)
    except StopRequested:
        fit.save()
        raise
    write_out_of_fold(workspace, order.experiment, data.competition, data.folds)
    Checkpoint(folder).clear()
    return scores


def prepare_fit(order: TaskOrder, folder: Path, report: Report, stop: StopSignal) -> "Fit":
    """Load a fold and build its network, as an earlier life has left it.

    Args:
        order: the task.
        folder: where its checkpoints go.
        report: is told of everything.
        stop: may stop it.

    Returns:
        What can be run, or gone on with.

    Raises:
        UserError: the data can't be used, or the backbone's weights are missing.
        StopRequested: it was stopped.
    """
    data = load_fold(order, report, stop)
    precision = set_up_device(order.spec)
    if precision != "float32":
        report(Note(text=f"computing in {precision}"))
    # Its weights may have to come from the network.
    report(Preparing(what="building the network", done=0, total=0))
    built = build_model(order.spec, data.competition.kind, len(data.competition.classes))
    if not order.spec.loss.balanced and order.spec.loss.name != "sparsemax":
        # Weighted classes are equal ones; sparsemax answers with no logarithm.
        begin_at_shares(built.model, data.targets[data.train_rows], data.competition.kind)
    checkpoint = Checkpoint(folder)
    if checkpoint.is_damaged:
        report(Note(text="its checkpoint is damaged and can't be gone on from: it begins anew"))
    checkpoint.restore(built.model)
    return Fit(order, data, built, checkpoint, report, stop)


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
        self.data = data
        self.built = built
        self._checkpoint = checkpoint
        self._report = report
        self._stop = stop
        self._position = checkpoint.position()
        self._watch: Watch | None = None
        # Kept while a phase runs: when its memory runs out, what it has learnt is not lost.
        self._optimizer: keras.optimizers.Optimizer | None = None
        # Whether XLA compiles the network of the phase, and whether that has failed.
        self._has_xla = self._is_xla_broken = False
        workspace = Workspace(Path(order.workspace))
        self.feeds = Feeds(
            built, data, workspace.cache, load_settings(workspace).cache, report, stop
        )

    def run(self) -> None:
        """Train what is left of every phase."""
        for number, phase in enumerate(self._spec.phases):
            if number >= self._position.phase:
                self._fitted(number, phase)
                # A phase may end early: the next one's curve goes on from there.
                epoch, accumulation = self._position.epoch, self._position.accumulation
                self._position = Position(
                    phase=number + 1, first=epoch, epoch=epoch, accumulation=accumulation
                )

    def save(self) -> None:
        """Save the fit between two phases, or behind the last.

        Raises:
            UserError: the disk is full; the checkpoint before is intact.
        """
        self._checkpoint.save(self._position, self.built.model, None, None)

    def predictor(self) -> Predictor:
        """What predicts with the network as it is now."""
        return Predictor(
            self.built, self.data, self.feeds, self._inference_batch, self._report, self._stop
        )

    @property
    def _inference_batch(self) -> int:
        """Images that are predicted at a time, fewer where the memory was short."""
        return max(_INFERENCE_BATCH // self._position.accumulation, 1)

    @property
    def _batch_size(self) -> int:
        """Images a batch; several batches may make one gradient step."""
        return -(-self._spec.batch_size // self._position.accumulation)

    @property
    def _validation_batch(self) -> int:
        """Images that are validated at a time: where few can be trained on, no more than these.

        Else validation would run out of memory, and training be cut to ever smaller batches for it.
        """
        size = self._batch_size
        is_tight = size < _FEW or self._position.accumulation > 1
        return size if is_tight else max(size, _INFERENCE_BATCH)

    def _fitted(self, number: int, phase: PhaseSpec) -> None:
        """Run a phase in batches small enough for the device's memory, by XLA where it can."""
        try:
            with_fewer(lambda _: self._phase(number, phase), self._batch_size, self._halve_batches)
        except tf.errors.OpError as error:
            if not self._has_xla or is_out_of_memory(error) or is_not_started(error):
                raise
            self._is_xla_broken = True
            self._begin_epoch_anew(self._position.accumulation)
            told = str(error).strip().partition("\n")[0]
            self._report(Note(text=f"failed when compiled by XLA ({told}): goes on without it"))
            self._fitted(number, phase)

    def _halve_batches(self, fewer: int) -> None:
        before = self._batch_size
        self._begin_epoch_anew(2 * self._position.accumulation)
        self._report(
            Note(
                text=f"the device ran out of memory at {before} images a batch: goes on with "
                f"{fewer}, adding up the gradients of {self._position.accumulation}"
            )
        )

    def _begin_epoch_anew(self, accumulation: int) -> None:
        """Not gone on with: its batches may no longer be the same."""
        position = self._position if self._watch is None else self._watch.position
        self._position = position.model_copy(update={"batch": 0, "accumulation": accumulation})

    def _phase(self, number: int, phase: PhaseSpec) -> None:
        self._has_xla = False
        set_trainable(self.built, phase.train, phase.batch_norm)
        feed = self.feeds.training(number)
        model = feed.model
        batches = batches_in(self.data.fitted_rows, self._batch_size)
        targets = self.data.targets
        compile_model(
            self.built,
            model,
            self.data.competition.kind,
            phase,
            targets[self.data.fitted_rows],
            batches,
            self._position.accumulation,
        )
        model.jit_compile = self._has_xla = model.jit_compile and not self._is_xla_broken
        if self._optimizer is not None:
            carry_over(self._optimizer, model.optimizer)
        elif self._position.is_within_phase:
            self._checkpoint.restore_optimizer(model.optimizer)
        self._optimizer = model.optimizer
        self._report(
            PhaseStarted(
                phase=number,
                train=phase.train,
                epochs=phase.epochs,
                batches=batches,
                trainable=_count(model.trainable_weights),
                total=self.built.model.count_params(),
            )
        )
        self._train(feed, Source(feed.inputs, targets, feed.bank), phase)

    def _train(self, feed: Feed, source: Source, phase: PhaseSpec) -> None:
        rows, spec, size = self.data.fitted_rows, self._spec, self._batch_size
        batches, end = batches_in(rows, size), self._position.first + phase.epochs
        watch = Watch(
            self._position, phase, batches, self._checkpoint, self.built.model, self._stop
        )
        # A fit that goes on behind its last epoch has the phase to end all the same.
        watch.set_model(feed.model)
        if self._watch is not None:
            watch.inherit(self._watch)
        self._watch = watch
        validation = ordered_batches(source, self.data.validation_rows, self._validation_batch)
        held_out = batches_in(self.data.validation_rows, self._validation_batch)
        # What comes from the trunk has been changed before, or is not to be.
        is_changed = spec.augmentation.is_active and not feed.is_cut
        while watch.position.epoch < end and not watch.gave_up:
            at = watch.position
            reporter = Reporter(self._report, batches, at.batch, held_out)
            averages = [keras.callbacks.SwapEMAWeights()] if phase.ema else []
            try:
                feed.model.fit(
                    training_batches(
                        source,
                        rows,
                        size,
                        spec.seed,
                        (at.epoch, at.batch),
                        Augmentation(spec.augmentation, spec.seed) if is_changed else None,
                    ),
                    steps_per_epoch=batches - at.batch,
                    initial_epoch=at.epoch,
                    # An epoch that was cut short is finished by itself: Keras wants equal ones.
                    epochs=at.epoch + 1 if at.batch else end,
                    validation_data=validation,
                    callbacks=[*averages, reporter, watch],
                    verbose=0,
                )
            finally:
                # Where memory ran out in validation, averages still stand in the weights' place.
                for swap in averages:
                    swap.on_test_end()
        watch.end_phase()
        self._position, self._watch, self._optimizer = watch.position, None, None


def _count(weights: list[keras.Variable]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)
