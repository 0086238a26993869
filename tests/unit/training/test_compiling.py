"""When XLA compiles a network: where a GPU trains long enough to pay for it, and nowhere else."""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.competition.findings import TargetKind
from engine.events.types import Note
from engine.experiment.phase import PhaseSpec
from engine.jobs.workspace import Workspace
from engine.models import inference
from engine.models.build import BuiltModel, build_model
from engine.training.compiling import compile_model
from engine.training.prediction import predict
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit

IMAGES = np.zeros((5, 8, 8, 3), np.uint8)


@pytest.fixture
def _with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that only Keras and this program take for there."""
    found = [SimpleNamespace(device_type="GPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind=None: found)


def network() -> BuiltModel:
    return build_model(tiny_spec(), TargetKind.MULTICLASS, 3)


def is_compiled_by_xla(epochs: int, steps: int, accumulation: int = 1) -> bool:
    built, phase = network(), PhaseSpec(epochs=epochs)
    targets = np.eye(3, dtype=np.float32)
    compile_model(built, built.model, TargetKind.MULTICLASS, phase, targets, steps, accumulation)
    return bool(built.model.jit_compile)


@pytest.mark.usefixtures("_with_gpu")
def test_only_a_long_phase_pays_for_xla() -> None:
    assert is_compiled_by_xla(epochs=100, steps=100)
    assert not is_compiled_by_xla(epochs=30, steps=100)


@pytest.mark.usefixtures("_with_gpu")
def test_a_phase_gets_no_longer_by_smaller_batches() -> None:
    """Else halving them, when memory is short, began to compile what was not compiled before."""
    assert not is_compiled_by_xla(epochs=90, steps=200, accumulation=2)
    assert is_compiled_by_xla(epochs=100, steps=200, accumulation=2)


def test_a_cpu_never_does() -> None:
    assert not is_compiled_by_xla(epochs=30, steps=10_000)


@pytest.mark.usefixtures("_with_gpu")
def test_what_only_predicts_is_not_compiled_by_xla() -> None:
    """For every other size of the last batch it would be anew."""
    model, frozen = network().model, network().model
    predict(model, IMAGES, np.arange(5), lambda _done, _all: None, 2)
    inference.forward_function(frozen)
    assert not model.jit_compile
    assert not frozen.jit_compile


@pytest.fixture
def _by_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every phase counts as long, on a GPU."""

    def compiled(built: BuiltModel, model: keras.Model, *args: Any) -> None:
        compile_model(built, model, *args)
        model.jit_compile = True

    monkeypatch.setattr("engine.training.fit.compile_model", compiled)


def failing(patch: pytest.MonkeyPatch, error: Exception, *, also_without: bool) -> list[bool]:
    """Let training fail where XLA compiles it; notes whether it did, each time."""
    tried: list[bool] = []
    original = keras.Model.fit

    def fit_model(model: keras.Model, *args: object, **options: object) -> object:
        tried.append(bool(model.jit_compile))
        if model.jit_compile or also_without:
            raise error
        return original(model, *args, **options)

    patch.setattr(keras.Model, "fit", fit_model)
    return tried


@pytest.mark.usefixtures("untraced", "_by_xla")
def test_where_xla_can_not_compile_a_fit_goes_on_without_it(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_spec("phases.0.epochs=2", "phases.1.train=all", "phases.1.epochs=1")
    error = tf.errors.UnavailableError(None, None, "No PTX compilation provider is available.")
    told = Told()
    with monkeypatch.context() as patch:
        tried = failing(patch, error, also_without=False)
        scores = fit(place, spec, place.root / "without", told)
    assert tried == [True, False, False]
    assert [
        event.text for event in told.events if isinstance(event, Note) and "XLA" in event.text
    ] == [
        "failed when compiled by XLA (No PTX compilation provider is available.): "
        "goes on without it"
    ]
    monkeypatch.undo()
    plain = fit(place, spec, place.root / "plain")
    assert scores.val_log_loss == pytest.approx(plain.val_log_loss, abs=1e-6)


@pytest.mark.usefixtures("untraced", "_by_xla")
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (tf.errors.InvalidArgumentError(None, None, "shapes differ"), [True, False]),
        # For these XLA is not to blame.
        (tf.errors.InternalError(None, None, "No DNN in stream executor."), [True, True]),
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), [True] * 4),
    ],
)
def test_what_fails_without_xla_too_is_raised(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: list[bool]
) -> None:
    tried = failing(monkeypatch, error, also_without=True)
    with pytest.raises(type(error)):
        fit(place, tiny_spec("batch_size=8"), place.root / type(error).__name__)
    assert tried == expected
