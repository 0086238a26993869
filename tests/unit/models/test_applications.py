"""Networks of `keras.applications`: prepared as Keras prepares, with the weights Keras loads."""

import functools
import logging
import sys
from pathlib import Path
from unittest.mock import patch

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format
from keras.src.utils import file_utils
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.backbones import BACKBONES
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.models.backbones import build_backbone
from engine.models.build import build_model
from engine.models.fingerprints import fingerprints
from engine.models.inference import forward_function
from engine.models.preprocessing import preprocess

APPLICATIONS = [facts.name for facts in BACKBONES.values() if facts.keras]


def photographs(side: int) -> NDArray[np.float32]:
    return np.random.default_rng(5).uniform(0, 255, (2, side, side, 3)).astype(np.float32)


def prepared_by_keras(name: str, images: NDArray[np.float32]) -> NDArray[np.float32]:
    builder = getattr(keras.applications, str(BACKBONES[name].keras))
    # It writes into what it is given.
    module = sys.modules[builder.__module__]
    return np.asarray(module.preprocess_input(images.copy()))


@functools.cache
def preparing(mode: str) -> keras.Model:
    images = keras.Input((8, 8, 3))
    return keras.Model(images, preprocess(images, mode), name=mode)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_images_are_prepared_as_keras_prepares_them(name: str) -> None:
    images = photographs(8)
    ours = np.asarray(preparing(BACKBONES[name].preprocessing)(images))
    np.testing.assert_allclose(ours, prepared_by_keras(name, images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
def test_preparing_goes_through_xnnpack(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    images = photographs(8)
    model = preparing(mode)
    with caplog.at_level(logging.WARNING):
        (answers,) = forward_function(model)([images.astype(np.uint8)])
    assert "without XNNPACK" not in caplog.text
    np.testing.assert_allclose(answers, model(images.astype(np.uint8)), rtol=1e-5, atol=1e-5)


def test_preparing_survives_saving() -> None:
    model = preparing("caffe")
    again = keras.Model.from_config(model.get_config())
    np.testing.assert_array_equal(again(photographs(8)), model(photographs(8)))


@pytest.mark.parametrize(
    ("name", "side", "shape"),
    [
        pytest.param("inception_v3", 75, (1, 1, 2048), marks=pytest.mark.slow),
        pytest.param("xception", 71, (3, 3, 2048), marks=pytest.mark.slow),
        pytest.param("resnet50", 32, (1, 1, 2048), marks=pytest.mark.slow),
        ("mobilenet_v3_small", 32, (1, 1, 576)),
    ],
)
def test_families_build_flat_at_their_smallest(
    name: str, side: int, shape: tuple[int, int, int]
) -> None:
    model = build_backbone(name, side, "none")
    assert (model.input.shape, model.output.shape) == ((None, side, side, 3), (None, *shape))
    assert not any(isinstance(layer, keras.Model | keras.layers.Lambda) for layer in model.layers)


@pytest.mark.parametrize("name", ["inception_v3", "xception", "resnet50"])
def test_smaller_images_are_refused_with_the_smallest_size(name: str) -> None:
    smallest = BACKBONES[name].smallest_size
    with pytest.raises(UserError) as caught:
        build_backbone(name, smallest - 1, "none")
    assert f"image_size={smallest}" in caught.value.fix


@functools.cache
def to_publish(name: str) -> keras.Model:
    """A network of Keras whose weights are written and never used, built once."""
    builder = getattr(keras.applications, str(BACKBONES[name].keras))
    return builder(include_top=False, weights=None, input_shape=(32, 32, 3))


def published(name: str, path: Path) -> None:
    """Write a file as Keras publishes them, with random weights."""
    network, generator = to_publish(name), np.random.default_rng(2)
    for layer in network.layers:
        # Otherwise scales of 1e-6 hide what the blocks compute.
        layer.set_weights(
            [
                weight + (0.03 * generator.random(weight.shape, np.float32)).astype(weight.dtype)
                for weight in layer.get_weights()
            ]
        )
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)


@pytest.mark.slow
def test_published_statistics_are_what_images_are_normalised_by(tmp_path: Path) -> None:
    """The layer computes with copies of its weights: setting these alone changes nothing."""
    network = to_publish("efficientnet_b0")
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    (normalisation,) = (
        layer for layer in network.layers if isinstance(layer, keras.layers.Normalization)
    )
    # Published with deviations where variances belong, which another layer makes up for.
    normalisation.set_weights([mean, deviation, np.array(0)])
    with h5py.File(tmp_path / "notop.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    ours = build_backbone("efficientnet_b0", 32, str(tmp_path / "notop.h5"))
    entering = keras.Model(ours.input, ours.get_layer("deviation").output)
    grey = entering(np.full((1, 32, 32, 3), 128, np.uint8))
    np.testing.assert_allclose(grey[0, 0, 0], (128 / 255 - mean) / deviation, rtol=1e-4)
    before = fingerprints(ours)[id(ours.output)]
    (twin,) = (layer for layer in ours.layers if isinstance(layer, keras.layers.Normalization))
    twin.mean = twin.mean * 0
    assert fingerprints(ours)[id(ours.output)] != before, "what was cached with others is not taken"


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined:UserWarning")
# One of each kind: caffe; tf; a layer that Keras adds for its own weights only; nested models.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("vgg16", marks=pytest.mark.slow),
        "mobilenet",
        pytest.param("efficientnet_b0", marks=pytest.mark.slow),
        pytest.param("convnext_tiny", marks=pytest.mark.slow),
    ],
)
def test_published_weights_give_what_keras_gives(name: str, tmp_path: Path) -> None:
    path = tmp_path / "notop.h5"
    published(name, path)
    path.chmod(0o444)
    before = path.stat()
    ours = build_backbone(name, 32, str(path))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert not any(isinstance(layer, keras.Model) for layer in ours.layers)
    builder = getattr(keras.applications, str(BACKBONES[name].keras))
    with patch.object(file_utils, "get_file", lambda *_, **__: str(path)):
        theirs = builder(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
    images = photographs(32)
    expected = np.asarray(theirs(prepared_by_keras(name, images), training=False))
    answers = np.asarray(ours(images, training=False))
    assert expected.std() > 0
    # Hundreds of layers in another order of sums; a wrong preprocessing is wrong by far more.
    np.testing.assert_allclose(answers, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_imagenet_is_the_file_in_keras_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = tmp_path / "models" / str(BACKBONES["mobilenet"].file)
    path.parent.mkdir()
    published("mobilenet", path)
    cached, named = (build_backbone("mobilenet", 32, source) for source in ("imagenet", str(path)))
    for weight, same in zip(cached.get_weights(), named.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)


def test_a_run_can_start_from_what_another_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole network's file, with its head."""
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = ExperimentSpec(
        stage=Stage.OVERFIT, image_size=16, backbone="wide_cnn", head=HeadSpec(batch_norm=True)
    )
    first = build_model(spec, TargetKind.BINARY, 2)
    first.model.save_weights(tmp_path / "mine.weights.h5")
    again = build_model(
        spec.model_copy(update={"seed": 1, "weights": "~/mine.weights.h5"}), TargetKind.BINARY, 2
    )
    assert again.is_pretrained
    for mine, yours in zip(first.backbone_layers, again.backbone_layers, strict=True):
        for weight, same in zip(mine.get_weights(), yours.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, same)


# Keras tells of every list of layers that the file lacks before it refuses.
@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
@pytest.mark.parametrize("file", ["mine.weights.h5", "notop.h5"])
def test_weights_that_do_not_fit_are_refused(file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    if file == "notop.h5":
        published("mobilenet", path)
    else:
        build_backbone("plain_cnn", 32, "none").save_weights(path)
    with pytest.raises(UserError, match="don't fit wide_cnn") as caught:
        build_backbone("wide_cnn", 32, str(path))
    assert "\n" not in caught.value.happened
    path.write_bytes(b"no weights at all")
    with pytest.raises(UserError, match="don't fit plain_cnn"):
        build_backbone("plain_cnn", 32, str(path))
    assert path.read_bytes() == b"no weights at all"
