"""A device that is short of memory: smaller batches, and nothing learnt is lost."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.events.types import EpochEnded, Note
from engine.experiment.spec import PhaseSpec
from engine.jobs.workspace import Workspace
from engine.training import pipeline
from engine.training.checkpoint import Checkpoint
from engine.training.inputs import Rows
from engine.training.optimizers import carry_over
from engine.training.reporter import Reporter
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit
from tests.unit.training.test_phases import compiled

# Gradients that are added up are traced, and a range test, which takes many steps; both come
# first, as the rest of the module is not.
untraced = pytest.mark.usefixtures("untraced")


def test_short_of_memory_it_goes_on_with_half_the_batch(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec("phases.0.epochs=2", "phases.0.learning_rate=0.01", "batch_size=8")
    plain = fit(place, spec, place.root / "roomy")
    sizes: list[int] = []
    original = keras.Model.fit

    def crowded(model: keras.Model, data: tf.data.Dataset, **options: object) -> object:
        sizes.append(int(next(iter(data))[0].shape[0]))
        if sizes[-1] > 2:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return original(model, data, **options)

    monkeypatch.setattr(keras.Model, "fit", crowded)
    told = Told()
    scores = fit(place, spec, place.root / "crowded", told)
    assert sizes == [8, 4, 2]
    notes = [event.text for event in told.events if isinstance(event, Note)]
    assert "4 images a batch" in notes[1]
    assert "goes on with 2, adding up the gradients of 4" in notes[1]
    assert len([event for event in told.events if isinstance(event, EpochEnded)]) == 2
    # The same images make each step: only sums of floats differ.
    assert scores.val_log_loss == pytest.approx(plain.val_log_loss, abs=5e-3)


@pytest.mark.slow
def test_a_range_test_short_of_memory_begins_anew_with_smaller_batches(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    begun: list[list[np.ndarray]] = []
    original = keras.Model.train_on_batch

    def crowded(model: keras.Model, batch: np.ndarray, *args: object, **options: object) -> object:
        if not sizes or len(batch) != sizes[-1]:
            begun.append(model.get_weights())
        sizes.append(len(batch))
        if len(batch) > 2 and len(sizes) > 1:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return original(model, batch, *args, **options)

    monkeypatch.setattr(keras.Model, "train_on_batch", crowded)
    told = Told()
    spec = tiny_spec("kind=range_test", "batch_size=8")
    scores = fit(place, spec, place.root / "range", told)
    assert sizes[:4] == [8, 8, 4, 2]
    for one, again in zip(begun[0], begun[-1], strict=True):
        np.testing.assert_array_equal(one, again)
    assert scores.suggested_rate is not None
    notes = [event.text for event in told.events if isinstance(event, Note)]
    assert "begins anew with 2 images a batch" in notes[-1]


@pytest.mark.parametrize("name", ["adam", "nadam", "sgd"])
def test_half_the_batch_goes_on_with_the_optimizers_state(name: str) -> None:
    phase = PhaseSpec.model_validate({"optimizer": name, "learning_rate": 0.1})
    old = compiled(phase).optimizer
    variables = old._trainable_variables
    old.apply([np.full(variable.shape, 0.1, np.float32) for variable in variables])
    new = compiled(phase, accumulation=2).optimizer
    carry_over(old, new)
    assert int(old._iterations) == int(new.iterations) == 1
    # Another step is the same step, in two halves.
    for weight, value in zip(new._trainable_variables, variables, strict=True):
        weight.assign(value)
    old.apply([np.full(variable.shape, 0.3, np.float32) for variable in variables])
    for half in (0.2, 0.4):
        new.apply([np.full(variable.shape, half, np.float32) for variable in variables])
    for weight, value in zip(new._trainable_variables, variables, strict=True):
        np.testing.assert_allclose(weight, value, atol=1e-5)


def without_memory_at(number: int, patch: pytest.MonkeyPatch) -> None:
    """Let the memory run out once, before a batch of training."""
    begun: list[int] = []

    def begin(_self: Reporter, batch: int, logs: object = None) -> None:
        begun.append(batch)
        if len(begun) == number:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    patch.setattr(Reporter, "on_train_batch_begin", begin)


@pytest.mark.slow
@untraced
def test_memory_that_runs_out_late_leaves_the_schedule_and_the_best_weights(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoint, "is_due", lambda _self: False)
    spec = tiny_spec(
        "phases.0.epochs=30", "phases.0.learning_rate=0.05", "phases.0.patience=3",
        "phases.0.schedule=cosine", "head.layers=1",
    )  # fmt: skip
    plain = Told()
    fit(place, spec, place.root / "ample", plain)
    losses = plain.losses()
    best = min(losses, key=losses.__getitem__)
    without_memory_at(4 * (best + 2) + 1, monkeypatch)
    told = Told()
    scores = fit(place, spec, place.root / "late", told)
    assert any(
        "ran out of memory" in event.text for event in told.events if isinstance(event, Note)
    )
    found, after = told.losses(), best + 2
    assert told.losses("learning_rate")[after] == pytest.approx(
        plain.losses("learning_rate")[after], rel=0.01
    )
    assert max(found) > after
    assert scores.val_log_loss == pytest.approx(min(found.values()), abs=1e-4)


def asked_for(patch: pytest.MonkeyPatch, *makers: str) -> list[int]:
    """How many images at a time are validated or predicted from now on."""
    sizes: list[int] = []

    def spied(make: Callable[..., object]) -> Callable[..., object]:
        def made(source: object, rows: Rows, batch_size: int) -> object:
            sizes.append(batch_size)
            return make(source, rows, batch_size)

        return made

    for maker in makers:
        made = getattr(pipeline, maker.rpartition(".")[2])
        patch.setattr(f"engine.training.{maker}", spied(made))
    return sizes


@pytest.mark.slow
@untraced
def test_short_of_memory_it_also_predicts_fewer_images_at_a_time(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = asked_for(monkeypatch, "fit.ordered_batches", "prediction.ordered_inputs")
    without_memory_at(1, monkeypatch)
    fit(place, tiny_spec(), place.root / "fewer")
    # Validation goes by what can be trained on from then on.
    assert sizes == [64, 4, 32, 32, 32]


@pytest.mark.slow
@untraced
def test_where_few_images_can_be_trained_on_no_more_are_validated_at_a_time(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = asked_for(monkeypatch, "fit.ordered_batches")
    fit(place, tiny_spec("batch_size=2"), place.root / "tight")
    assert sizes == [2]


@pytest.mark.slow
@untraced
def test_what_has_been_fitted_is_predicted_with_fewer_images_at_a_time(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec("views=2", "augmentation.horizontal_flip=true")
    plain = fit(place, spec, place.root / "roomy")
    sizes: list[int] = []
    original = keras.Model.predict_on_batch

    def crowded(model: keras.Model, batch: np.ndarray) -> object:
        sizes.append(len(batch))
        if len(batch) > 8:
            raise tf.errors.InternalError(None, None, "CUDNN_STATUS_ALLOC_FAILED")
        return original(model, batch)

    monkeypatch.setattr(keras.Model, "predict_on_batch", crowded)
    told = Told()
    scores = fit(place, spec, place.root / "crowded", told)
    # 32 rows go into a batch of 64 as into one of 32; what was too much is not tried again.
    assert [size for size in sizes if size > 8] == [32, 32, 16]
    notes = [event.text for event in told.events if isinstance(event, Note)]
    assert "predicting 16 images at a time: goes on with 8" in notes[-1]
    assert scores.val_log_loss == pytest.approx(plain.val_log_loss, abs=1e-2)


@pytest.mark.slow
@untraced
def test_short_of_memory_in_validation_it_trains_on_from_the_weights_not_their_averages(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec("phases.0.epochs=2", "phases.0.learning_rate=0.05", "phases.0.ema=0.9")
    trained: list[list[np.ndarray]] = []
    begun: list[list[np.ndarray]] = []
    fitted, evaluated = keras.Model.fit, keras.Model.evaluate

    def crowded(model: keras.Model, *args: object, callbacks: object, **options: object) -> object:
        if trained:
            return evaluated(model, *args, callbacks=callbacks, **options)
        trained.append(model.get_weights())
        assert isinstance(callbacks, keras.callbacks.CallbackList)
        callbacks.on_test_begin()
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    def watched(model: keras.Model, *args: object, **options: object) -> object:
        begun.append(model.get_weights())
        return fitted(model, *args, **options)

    monkeypatch.setattr(keras.Model, "evaluate", crowded)
    monkeypatch.setattr(keras.Model, "fit", watched)
    fit(place, spec, place.root / "validating")
    assert len(begun) == 2
    for weight, again in zip(trained[0], begun[1], strict=True):
        # Keras swaps by adding and taking away.
        np.testing.assert_allclose(weight, again, atol=1e-6)
