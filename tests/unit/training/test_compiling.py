"""When XLA compiles a network: where a GPU trains long enough to pay for it, and nowhere else."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from engine.competition.findings import TargetKind
from engine.experiment.phase import PhaseSpec
from engine.models import inference
from engine.models.build import BuiltModel, build_model
from engine.training.compiling import compile_model
from engine.training.prediction import predict
from tests.support import tiny_spec

IMAGES = np.zeros((5, 8, 8, 3), np.uint8)


@pytest.fixture
def _with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that only Keras and this program take for there."""
    found = [SimpleNamespace(device_type="GPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind=None: found)


def network() -> BuiltModel:
    return build_model(tiny_spec(), TargetKind.MULTICLASS, 3)


def is_compiled_by_xla(epochs: int, steps: int) -> bool:
    built, phase = network(), PhaseSpec(epochs=epochs)
    targets = np.eye(3, dtype=np.float32)
    compile_model(built, built.model, TargetKind.MULTICLASS, phase, targets, steps)
    return bool(built.model.jit_compile)


@pytest.mark.usefixtures("_with_gpu")
def test_only_a_long_phase_pays_for_xla() -> None:
    assert is_compiled_by_xla(epochs=30, steps=100)
    assert not is_compiled_by_xla(epochs=10, steps=100)


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
