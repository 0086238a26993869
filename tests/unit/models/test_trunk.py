"""The frozen part, computed once, changes no result."""

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import UserError
from engine.experiment.spec import HeadSpec
from engine.models import activations, inference, trunk
from engine.models.activations import ActivationStore, Stored
from engine.models.build import BuiltModel
from engine.models.room import NoRoomError, make_room
from engine.models.trunk import ImageSet, Progress, Trunk
from tests.unit.models.networks import answers, around, cut_at

Images = Callable[[int, int], NDArray[np.uint8]]
MakeLite = Callable[[HeadSpec], BuiltModel]


@pytest.fixture(scope="module")
def tiny() -> BuiltModel:
    """Two convolutions, and a shortcut around the second."""
    inputs = keras.Input((8, 8, 3))
    first = keras.layers.Conv2D(4, 3, name="first")(inputs)
    second = keras.layers.Conv2D(4, 3, padding="same", name="second")(first)
    return around(keras.Model(inputs, keras.layers.Add()([first, second])), 8)


@pytest.fixture
def store(tmp_path: Path) -> ActivationStore:
    return ActivationStore(tmp_path / "activations")


def image_set(images: NDArray[np.uint8], key: str = "k") -> ImageSet:
    return ImageSet(key, len(images), lambda start, stop: images[start:stop])


def kept(
    built: BuiltModel,
    train: str,
    store: ActivationStore,
    images: NDArray[np.uint8],
    progress: Progress | None = None,
) -> tuple[NDArray[np.floating], ...]:
    frontier = cut_at(built, train).frontier
    return Trunk(built, frontier, store).activations(image_set(images), frontier, progress)


def files(store_folder: Path) -> list[str]:
    return sorted(path.suffix for path in (store_folder / "activations").iterdir())


def test_activations_are_those_of_keras(
    lite: BuiltModel, make_images: Images, store: ActivationStore, caplog: pytest.LogCaptureFixture
) -> None:
    images, seen = make_images(20, 32), list[tuple[int, int]]()
    with caplog.at_level(logging.WARNING):
        (found,) = kept(lite, "head", store, images, lambda done, all_: seen.append((done, all_)))
    assert not caplog.records, "the converter must have worked, and silently"
    assert found.dtype == np.float32
    assert seen == [(16, 20), (20, 20)]
    (expected,) = answers(cut_at(lite, "head").trunk, [images])
    assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()


def test_feature_maps_are_kept_in_half_precision(
    tiny: BuiltModel, make_images: Images, store: ActivationStore
) -> None:
    images = make_images(5, 8)
    (found,) = kept(tiny, "last_convolutions:1", store, images)
    assert found.dtype == np.float16
    assert found.shape == (5, 6, 6, 4)
    (expected,) = answers(cut_at(tiny, "last_convolutions:1").trunk, [images])
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=0.2)
    assert not found.flags.writeable


def test_images_are_read_while_those_before_them_are_computed(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, is_ahead, waited = make_images(40, 8), threading.Event(), []

    def read(start: int, stop: int) -> NDArray[np.uint8]:
        if start:
            is_ahead.set()
        return images[start:stop]

    def slow(model: keras.Model) -> inference.Forward:
        forward = inference.forward_function(model)

        def run(inputs: Sequence[NDArray[np.generic]]) -> list[NDArray[np.float32]]:
            waited.append(is_ahead.wait(5))
            return forward(inputs)

        return run

    monkeypatch.setattr(trunk, "forward_function", slow)
    frontier = cut_at(tiny, "head").frontier
    (found,) = Trunk(tiny, frontier, store).activations(ImageSet("k", 40, read), frontier)
    assert waited == [True, True, True]
    (expected,) = answers(cut_at(tiny, "head").trunk, [images])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_not_kept(
    tiny: BuiltModel, make_images: Images, store: ActivationStore,
    monkeypatch: pytest.MonkeyPatch, value: float,
) -> None:  # fmt: skip
    images = make_images(20, 8)
    expected = kept(tiny, "head", ActivationStore(store._folder.parent / "other"), images)

    def spoilt(model: keras.Model) -> inference.Forward:
        forward = inference.forward_function(model)
        return lambda inputs: [np.full_like(output, value) for output in forward(inputs)]

    with monkeypatch.context() as patch:
        patch.setattr(trunk, "forward_function", spoilt)
        with pytest.raises(UserError, match="no number") as caught:
            kept(tiny, "head", store, images)
    assert "precision=float32" in caught.value.fix
    np.testing.assert_array_equal(kept(tiny, "head", store, images), expected)


def test_the_converter_prints_nothing(
    tiny: BuiltModel, make_images: Images, store: ActivationStore,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    kept(tiny, "head", store, make_images(2, 8))
    assert capfd.readouterr() == ("", "")


def test_a_second_call_computes_nothing(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = make_images(3, 8)
    first = kept(tiny, "head", store, images)
    monkeypatch.setattr(trunk, "forward_function", None)
    np.testing.assert_array_equal(kept(tiny, "head", store, images), first)


def test_a_later_cut_is_computed_from_the_earlier_one(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, entries = make_images(5, 8), list[list[int]]()
    expected = kept(tiny, "head", ActivationStore(store._folder.parent / "other"), images)[0]
    kept(tiny, "last_convolutions:1", store, images)

    def watched(model: keras.Model) -> inference.Forward:
        entries.append([tensor.shape[-1] for tensor in model.inputs])
        return inference.forward_function(model)

    monkeypatch.setattr(trunk, "forward_function", watched)
    (found,) = kept(tiny, "head", store, images)
    channels = cut_at(tiny, "last_convolutions:1").frontier[0].shape[-1]
    assert entries == [[channels]], "not from the images"
    assert 0 < np.abs(found - expected).max() <= 5e-3 * np.abs(expected).max()


def test_several_cuts_are_computed_in_one_pass(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = make_images(3, 8)
    early, late = (cut_at(tiny, train).frontier for train in ("last_convolutions:1", "head"))
    Trunk(tiny, early + late, store).activations(image_set(images), early + late)
    monkeypatch.setattr(trunk, "forward_function", None)
    for train in ("last_convolutions:1", "head"):
        expected = answers(cut_at(tiny, train).trunk, [images])
        for found, whole in zip(kept(tiny, train, store, images), expected, strict=True):
            assert np.abs(found - whole).max() <= 2e-3 * np.abs(whole).max()


def test_few_other_images_go_through_what_is_converted_already(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = (cut_at(tiny, train).frontier for train in ("last_convolutions:1", "head"))
    both, more = Trunk(tiny, early + late, store), make_images(5, 8)
    both.activations(image_set(make_images(3, 8)), early + late)
    (expected,) = kept(tiny, "head", ActivationStore(store._folder.parent / "other"), more)
    converted = list[keras.Model]()

    def watched(model: keras.Model) -> inference.Forward:
        converted.append(model)
        return inference.forward_function(model)

    monkeypatch.setattr(trunk, "forward_function", watched)
    (found,) = both.activations(image_set(more, "few"), late)
    assert converted == []
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
    monkeypatch.setattr(trunk, "_FEW", 4)
    both.activations(image_set(more, "many"), late)
    assert len(converted) == 1, "many images go through no more than they need"


def test_two_at_once_share_one_computation_and_the_other_says_so(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, waited = make_images(20, 8), threading.Event()
    frontier = cut_at(tiny, "head").frontier
    built, said = list[int](), list[tuple[int, int]]()

    def counted(model: keras.Model) -> inference.Forward:
        built.append(1)
        return inference.forward_function(model)

    def wait(done: int, total: int) -> None:
        said.append((done, total))
        waited.set()

    monkeypatch.setattr(trunk, "forward_function", counted)
    monkeypatch.setattr(activations, "_POLL_SECONDS", 0.01)
    trunks = [Trunk(tiny, frontier, store) for _ in range(2)]
    threads: list[threading.Thread] = []

    def first_batch(done: int, total: int) -> None:
        if done == 16:
            threads[1].start()
            assert waited.wait(20)

    for one, step in zip(trunks, (first_batch, None), strict=True):
        arguments = (image_set(images), frontier, step, wait)
        threads.append(threading.Thread(target=one.activations, args=arguments))
    threads[0].start()
    for thread in threads:
        thread.join()
    assert built == [1]
    assert said[0] == (16, 20)


def test_who_waits_can_be_stopped(
    tiny: BuiltModel, make_images: Images, store: ActivationStore
) -> None:
    frontier, images = cut_at(tiny, "head").frontier, image_set(make_images(3, 8))

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with store.computing(f"plain_cnn-8-{images.key}", lambda: None):
        other = ActivationStore(store._folder)
        with pytest.raises(KeyboardInterrupt):
            Trunk(tiny, frontier, other).activations(images, frontier, None, stop)


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY rubbish", None])
def test_a_damaged_cache_is_computed_again(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, damage: bytes | None
) -> None:
    images = make_images(3, 8)
    expected = np.array(kept(tiny, "head", store, images))
    (path,) = store._folder.glob("*.npy")
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    np.testing.assert_array_equal(kept(tiny, "head", store, images), expected)


def test_an_interrupted_computation_is_gone_on_with(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, tmp_path: Path
) -> None:
    images, seen = make_images(40, 8), list[int]()

    def stop(done: int, _total: int) -> None:
        if done == 32:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tiny, "last_convolutions:1", store, images, stop)
    assert ".npy" not in files(tmp_path)
    (partial,) = store._folder.glob("*.partial")
    with partial.open("r+b") as stream:  # a row torn by a crash
        stream.truncate(partial.stat().st_size - 5)
    (found,) = kept(
        tiny, "last_convolutions:1", store, images, lambda done, _all: seen.append(done)
    )
    assert seen == [32, 40], "the first batch was not computed again"
    other = ActivationStore(tmp_path / "whole")
    np.testing.assert_array_equal(found, kept(tiny, "last_convolutions:1", other, images)[0])
    assert ".partial" not in files(tmp_path)


def test_a_gpu_sees_more_images_at_a_time_than_are_read(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes images draws its numbers by those that are read together."""
    images, read, seen = make_images(300, 8), list[tuple[int, int]](), list[int]()
    frontier, original = cut_at(tiny, "head").frontier, keras.Model.predict_on_batch
    expected = kept(tiny, "head", ActivationStore(store._folder.parent / "other"), images)

    def noted(start: int, stop: int) -> NDArray[np.uint8]:
        read.append((start, stop))
        return images[start:stop]

    def crowded(model: keras.Model, batch: NDArray[np.float32]) -> object:
        seen.append(len(batch))
        if len(seen) == 2:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return original(model, batch)

    def stop(done: int, _total: int) -> None:
        if done == 128:
            raise KeyboardInterrupt

    gpus = [SimpleNamespace(device_type="GPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind=None: gpus)
    monkeypatch.setattr(keras.Model, "predict_on_batch", crowded)
    # Read ahead, more than that may have been when it is stopped.
    begun = ImageSet("k", 300, lambda start, stop: images[start:stop])
    with pytest.raises(KeyboardInterrupt):
        Trunk(tiny, frontier, store).activations(begun, frontier, stop)
    found = Trunk(tiny, frontier, store).activations(ImageSet("k", 300, noted), frontier)
    assert seen == [128, 128, 64, 64, 64, 64]
    assert read == [(at, min(at + 16, 300)) for at in range(128, 300, 16)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_a_disk_that_fills_up_leaves_nothing_behind(
    tiny: BuiltModel, make_images: Images, store: ActivationStore, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(activations, "_write_rows", refuse)
    with pytest.raises(NoRoomError):
        kept(tiny, "head", store, make_images(3, 8))
    assert set(files(tmp_path)) <= {".lock"}


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "activations").write_text("in the way")
    with pytest.raises(UserError, match="can't be written"):
        ActivationStore(tmp_path / "activations")


def test_keras_takes_over_when_the_converter_fails(
    tiny: BuiltModel, make_images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ArithmeticError("the converted network differs")

    monkeypatch.setattr(inference, "_check_equal", refuse)
    model, images = cut_at(tiny, "last_convolutions:1").trunk, make_images(3, 8)
    (found,) = inference.forward_function(model)([images])
    np.testing.assert_allclose(found, answers(model, [images])[0], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("through_keras", [False, True])
def test_several_inputs_and_outputs_keep_their_order(
    through_keras: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = keras.Input((4, 4, 3)), keras.Input((2,))
    wide = keras.layers.Conv2D(5, 1)(a)
    model = keras.Model([b, a], [wide, keras.layers.Dense(3)(b), keras.layers.ReLU()(a)])
    random = np.random.default_rng(0)
    inputs = [random.normal(size=(3, 2)), random.normal(size=(3, 4, 4, 3))]
    if through_keras:
        monkeypatch.setattr(inference, "_xnnpack", inference._keras)
    found = inference.forward_function(model)(inputs)
    # TensorFlow warns of many networks in one process.
    assert inference.__name__ not in {record.name for record in caplog.records}
    for one, expected in zip(found, answers(model, inputs), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-4)


def test_names_tell_cuts_images_and_weights_apart_but_not_the_layers_names(
    make_images: Images, store: ActivationStore, tmp_path: Path
) -> None:
    def count(built: BuiltModel, train: str, images: NDArray[np.uint8], key: str = "k") -> int:
        frontier = cut_at(built, train).frontier
        Trunk(built, frontier, store).activations(image_set(images, key), frontier)
        return files(tmp_path).count(".npy")

    def build() -> BuiltModel:
        keras.utils.set_random_seed(1)
        inputs = keras.Input((8, 8, 3))
        tensor = keras.layers.Conv2D(4, 3)(keras.layers.Rescaling(1 / 255)(inputs))
        return around(keras.Model(inputs, keras.layers.Conv2D(4, 3)(tensor)), 8)

    images, built, again = make_images(3, 8), build(), build()
    assert [layer.name for layer in built.model.layers] != [la.name for la in again.model.layers]
    assert count(built, "head", images) == 1
    assert count(again, "head", images) == 1
    assert count(built, "last_convolutions:1", images) == 2
    assert count(built, "head", images, "other") == 3
    first = built.backbone_layers[2]
    first.kernel.assign(first.kernel + 0.1)
    assert count(built, "head", images) == 4
    assert count(again, "head", images) == 4


def filled(folder: Path, name: str, used: float, size: int = 1000) -> Path:
    path = folder / name
    path.write_bytes(bytes(size))
    os.utime(path, (used, used))
    return path


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    old, newer = filled(tmp_path, "a.partial", 1), filled(tmp_path, "b.npy", 2)
    newest, lock = filled(tmp_path, "c.npy", 3), filled(tmp_path, "d.lock", 0)
    make_room(tmp_path, 500, 3000)
    assert [path.exists() for path in (old, newer, newest, lock)] == [False, True, True, True]
    make_room(tmp_path, 500, 2600)
    assert newer.exists()
    with pytest.raises(NoRoomError):
        make_room(tmp_path, 3000, 2999)
    assert newer.exists(), "what does not help is not removed"
    with pytest.raises(NoRoomError):
        make_room(tmp_path, 10**18, 10**19)


def test_what_is_open_is_not_removed_until_it_is_closed(
    tmp_path: Path, tiny: BuiltModel, make_images: Images
) -> None:
    store = ActivationStore(tmp_path / "activations", limit=3000)
    found = kept(tiny, "last_convolutions:1", store, make_images(8, 8))[0]
    with pytest.raises(NoRoomError):
        make_room(tmp_path / "activations", 2000, 3000)
    np.testing.assert_array_equal(found[0].shape, (6, 6, 4))
    del found
    make_room(tmp_path / "activations", 2000, 3000)
    assert ".npy" not in files(tmp_path)


def test_another_process_keeps_what_it_has_open(tmp_path: Path) -> None:
    stored = Stored("k", (4, 3))
    store = ActivationStore(tmp_path)
    store.write([stored], lambda first: iter([[np.ones((4 - first, 3))]]), 4)
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.models.activations import ActivationStore, Stored\n"
        "found = ActivationStore(Path(sys.argv[1])).open(Stored('k', (4, 3)))\n"
        "print(found.sum(), flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "12.0\n"
    with pytest.raises(NoRoomError):
        make_room(tmp_path, 100, 150)
    child.kill()
    child.communicate()
    make_room(tmp_path, 100, 150)
    assert not list(tmp_path.glob("*.npy"))


def test_opening_counts_as_use(tmp_path: Path) -> None:
    stored, store = Stored("k", (2, 3)), ActivationStore(tmp_path)
    store.write([stored], lambda first: iter([[np.ones((2 - first, 3))]]), 2)
    path = tmp_path / "k.npy"
    os.utime(path, (1, 1))
    assert store.open(stored) is not None
    assert path.stat().st_mtime > 1
