"""The frozen part, computed once, changes no result."""

import errno
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import UserError
from engine.experiment.spec import HeadSpec
from engine.models import inference, trunk
from engine.models.build import BuiltModel
from engine.models.freezing import set_trainable
from engine.models.trunk import activations_key, compute_activations, cut_at_head

Images = Callable[[int, int], NDArray[np.uint8]]
MakeLite = Callable[[HeadSpec], BuiltModel]
CUTS = ("avg", "max", "none")


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    return keras.Model(inputs, keras.layers.Conv2D(4, 3, name="conv")(inputs))


def answers(model: keras.Model, inputs: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.asarray(model(inputs.astype(np.float32), training=False))


@pytest.mark.parametrize("pooling", CUTS)
def test_the_parts_answer_like_the_whole(
    pooling: str, make_lite: MakeLite, make_images: Images
) -> None:
    built = make_lite(HeadSpec.model_validate({"pooling": pooling, "units": 8}))
    front, rest = cut_at_head(built)
    images = make_images(3, 32)
    np.testing.assert_allclose(
        answers(rest, answers(front, images)), answers(built.model, images), atol=1e-6
    )


def test_training_the_rest_trains_the_whole(lite: BuiltModel, make_images: Images) -> None:
    set_trainable(lite, "head")
    front, rest = cut_at_head(lite)
    images = make_images(6, 32)
    before = answers(lite.model, images)
    rest.compile("sgd", "categorical_crossentropy", jit_compile=False)
    rest.train_on_batch(answers(front, images), np.eye(3)[[0, 1, 2] * 2])
    assert not np.allclose(answers(lite.model, images), before)
    np.testing.assert_allclose(
        answers(rest, answers(front, images)), answers(lite.model, images), atol=1e-6
    )


def test_activations_are_those_of_keras(
    lite: BuiltModel, make_images: Images, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    front, _ = cut_at_head(lite)
    images, seen = make_images(20, 32), list[tuple[int, int]]()
    with caplog.at_level(logging.WARNING):
        found = compute_activations(
            front, images, tmp_path, "k", lambda done, total: seen.append((done, total))
        )
    assert not caplog.records, "the converter must have worked, and silently"
    assert found.dtype == np.float32
    assert seen == [(16, 20), (20, 20)]
    expected = answers(front, images)
    assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()


def test_feature_maps_are_kept_in_half_precision(
    tiny: keras.Model, make_images: Images, tmp_path: Path
) -> None:
    images = make_images(5, 8)
    found = compute_activations(tiny, images, tmp_path, "k")
    assert found.dtype == np.float16
    assert found.shape == (5, 6, 6, 4)
    np.testing.assert_allclose(found, answers(tiny, images), rtol=1e-2, atol=0.2)
    assert not found.flags.writeable


def test_the_converter_prints_nothing(
    tiny: keras.Model, make_images: Images, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    compute_activations(tiny, make_images(2, 8), tmp_path, "k")
    assert capfd.readouterr() == ("", "")


def test_a_second_call_computes_nothing(
    tiny: keras.Model, make_images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = make_images(3, 8)
    first = compute_activations(tiny, images, tmp_path, "k")
    monkeypatch.setattr(trunk, "forward_function", None)
    np.testing.assert_array_equal(compute_activations(tiny, images, tmp_path, "k"), first)


def test_two_at_once_share_one_computation(
    tiny: keras.Model, make_images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, built = make_images(3, 8), list[int]()

    def counted(model: keras.Model) -> inference.Forward:
        built.append(1)
        return inference.forward_function(model)

    monkeypatch.setattr(trunk, "forward_function", counted)
    threads = [
        threading.Thread(target=compute_activations, args=(tiny, images, tmp_path, "k"))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [1]


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY rubbish"])
def test_a_damaged_cache_is_computed_again(
    tiny: keras.Model, make_images: Images, tmp_path: Path, damage: bytes
) -> None:
    images = make_images(3, 8)
    expected = np.array(compute_activations(tiny, images, tmp_path, "k"))
    (tmp_path / "activations" / "k.npy").write_bytes(damage)
    np.testing.assert_array_equal(compute_activations(tiny, images, tmp_path, "k"), expected)


def test_an_interrupted_computation_leaves_nothing_behind(
    tiny: keras.Model, make_images: Images, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_activations(tiny, make_images(3, 8), tmp_path, "k", stop)
    assert [path.suffix for path in (tmp_path / "activations").iterdir()] in ([], [".lock"])


def test_a_full_disk_is_explained(
    tiny: keras.Model, make_images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(trunk, "_write", refuse)
    with pytest.raises(UserError, match=r"disk is full"):
        compute_activations(tiny, make_images(3, 8), tmp_path, "k")


def test_keras_takes_over_when_the_converter_fails(
    tiny: keras.Model, make_images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ArithmeticError("the converted network differs")

    monkeypatch.setattr(inference, "_check_equal", refuse)
    images = make_images(3, 8)
    forward = inference.forward_function(tiny)
    np.testing.assert_allclose(forward(images), answers(tiny, images), rtol=1e-4, atol=1e-3)


def test_keys_tell_cuts_images_and_weights_apart(make_lite: MakeLite) -> None:
    built = {pooling: make_lite(HeadSpec.model_validate({"pooling": pooling})) for pooling in CUTS}
    cuts = {pooling: cut_at_head(built[pooling])[0] for pooling in CUTS}
    keys = [activations_key(built[pooling], cuts[pooling], "train") for pooling in CUTS]
    keys.append(activations_key(built["avg"], cuts["avg"], "test"))
    assert activations_key(built["avg"], cuts["avg"], "train") == keys[0]
    kernel = built["avg"].model.get_layer("top_conv").kernel
    kernel.assign(kernel + 0.1)
    keys.append(activations_key(built["avg"], cuts["avg"], "train"))
    assert len(set(keys)) == len(keys)
