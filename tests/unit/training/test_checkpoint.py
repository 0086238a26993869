"""What a fit is saved in is whole or not there, whatever happens meanwhile."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from engine.events.types import EpochEnded, Note
from engine.experiment.overrides import apply_overrides
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.training.arrays import write_arrays
from engine.training.checkpoint import Checkpoint, Position
from engine.training.fit import resumable_epoch
from engine.training.optimizers import inner_optimizer
from engine.training.stopping import StopRequested
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit, stop_at

pytestmark = pytest.mark.usefixtures("untraced")

SPEC = tiny_spec("phases.0.epochs=3", "phases.0.learning_rate=0.01")


def test_a_torn_checkpoint_leaves_the_one_before(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StopRequested):
        fit(place, SPEC, tmp_path, stop_at(EpochEnded, 0))
    saved = sorted(path.name for path in tmp_path.glob("*"))

    def torn(path: Path, arrays: dict[str, np.ndarray]) -> None:
        path.write_bytes(b"PK\x03\x04 half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.training.checkpoint.write_arrays", torn)
    with pytest.raises(OSError, match="No space"):
        fit(place, SPEC, tmp_path)
    monkeypatch.undo()
    assert Checkpoint(tmp_path).position().epoch == 1
    rest = Told()
    fit(place, SPEC, tmp_path, rest)
    assert list(rest.losses()) == [1, 2]
    assert saved


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["checkpoint-*.npz", "checkpoint.json"])
def test_a_damaged_checkpoint_is_told_of_and_begun_anew_from(
    place: Workspace, tmp_path: Path, broken: str
) -> None:
    """As a half copied one: it could never be got past."""
    with pytest.raises(StopRequested):
        fit(place, SPEC, tmp_path, stop_at(EpochEnded, 0))
    (file,) = tmp_path.glob(broken)
    os.truncate(file, 3)
    told = Told()
    fit(place, SPEC, tmp_path, told)
    assert list(told.losses()) == [0, 1, 2]
    assert any("damaged" in one.text for one in told.events if isinstance(one, Note))


def test_a_checkpoint_that_holds_all_best_weights_is_gone_on_from(
    place: Workspace, tmp_path: Path
) -> None:
    """As they were saved once: those of frozen layers, too."""
    spec = apply_overrides(SPEC, ["phases.0.train=head", "phases.0.patience=2"])
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    for folder in (whole, halted):
        folder.mkdir()
    fit(place, spec, whole)
    with pytest.raises(StopRequested):
        fit(place, spec, halted, stop_at(EpochEnded, 0))
    (file,) = halted.glob("checkpoint-*.npz")
    with np.load(file) as stored:
        arrays = dict(stored)
    models = {name.removeprefix("model_"): arrays[name] for name in arrays if "model_" in name}
    kept = [name for name in arrays if name.startswith("best_")]
    assert 0 < len(kept) < len(models)
    write_arrays(file, {f"best_{place}": value for place, value in models.items()} | arrays)
    fit(place, spec, halted)
    for name in ("validation", "test"):
        one, other = (np.load(folder / PREDICTIONS)[name] for folder in (whole, halted))
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_checkpoint_half_forgotten_is_none(place: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StopRequested):
        fit(place, SPEC, tmp_path, stop_at(EpochEnded, 0))
    removed: list[str] = []
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if removed:
            raise KeyboardInterrupt
        removed.append(path.name)
        unlink(path, missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            Checkpoint(tmp_path).clear()
    assert resumable_epoch(tmp_path) == 0
    assert Checkpoint(tmp_path).best() is None


def test_arrays_are_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.arange(3)})
    with pytest.raises(ValueError, match="pickle"):
        write_arrays(path, {"x": np.array([{}], dtype=object)})
    with np.load(path) as arrays:
        assert arrays.files == ["x"]
        np.testing.assert_array_equal(arrays["x"], [0, 1, 2])
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("is_of_before", [True, False])
def test_the_loss_scale_is_gone_on_with(tmp_path: Path, is_of_before: bool) -> None:
    """Else a fit that had found one overflows until it has found it again."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    saved, restored = (
        keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)) for _ in range(2)
    )
    for optimizer in (saved, restored):
        optimizer.build(model.trainable_variables)
    saved.dynamic_scale.assign(512.0)
    saved.step_counter.assign(77)
    Checkpoint(tmp_path).save(Position(), model, saved, None)
    if is_of_before:
        (file,) = tmp_path.glob("checkpoint-*.npz")
        with np.load(file) as stored:
            kept = {name: stored[name] for name in stored if not name.startswith("scale_")}
        write_arrays(file, kept)
    Checkpoint(tmp_path).restore_optimizer(restored)
    expected = (2.0**15, 0) if is_of_before else (512.0, 77)
    assert (float(restored.dynamic_scale), int(restored.step_counter)) == expected


@pytest.mark.parametrize("is_saved_scaled", [True, False])
def test_an_optimizers_state_outlives_another_precision(
    tmp_path: Path, is_saved_scaled: bool
) -> None:
    """A fit stopped on a GPU in half precision goes on without one, and the other way round."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])

    def built(is_scaled: bool) -> keras.optimizers.Optimizer:
        inner = keras.optimizers.Adam(0.01)
        one = keras.optimizers.LossScaleOptimizer(inner) if is_scaled else inner
        one.build(model.trainable_variables)
        return one

    saved, restored = built(is_saved_scaled), built(not is_saved_scaled)
    before, after = inner_optimizer(saved), inner_optimizer(restored)
    for number, variable in enumerate(before.variables):
        variable.assign(np.full(variable.shape, number, variable.dtype))
    Checkpoint(tmp_path).save(Position(), model, saved, None)
    Checkpoint(tmp_path).restore_optimizer(restored)
    for variable, value in zip(after.variables, before.variables, strict=True):
        np.testing.assert_array_equal(variable, value)
