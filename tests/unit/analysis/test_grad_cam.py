"""Grad-CAM lights what a network looks at, whatever its head."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.analysis.grad_cam import grad_cam
from engine.analysis.overlay import write_overlay
from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.models.build import BuiltModel, build_model
from tests.unit.models.networks import around

SIDE = 16
BARE = HeadSpec(layers=0, pooling="avg")


def bright_corner() -> NDArray[np.float32]:
    """Black, but for the upper left quarter."""
    image = np.zeros((1, SIDE, SIDE, 3), np.float32)
    image[:, : SIDE // 2, : SIDE // 2] = 255
    return image


def averaging(pooling: str) -> BuiltModel:
    """One convolution that averages over its patch; class 1 is for brightness, class 2 against."""
    inputs = keras.Input((SIDE, SIDE, 3))
    convolution = keras.layers.Conv2D(1, 4, strides=4, kernel_initializer="ones")
    backbone = keras.Model(inputs, convolution(inputs))
    built = around(backbone, SIDE, BARE.model_copy(update={"pooling": pooling}))
    output = built.model.layers[-1]
    kernel = np.zeros(output.kernel.shape, np.float32)
    kernel[:, 1], kernel[:, 2] = 1e-4, -1e-4
    output.kernel.assign(kernel)
    return built


def direction(column: int, outputs: int = 3) -> NDArray[np.float32]:
    return np.eye(outputs, dtype=np.float32)[[column]]


@pytest.mark.parametrize("pooling", ["avg", "max", "none"])
def test_the_corner_that_makes_the_class_is_lit(pooling: str) -> None:
    lit = grad_cam(averaging(pooling), bright_corner(), direction(1))
    expected = np.zeros((1, 4, 4))
    expected[:, :2, :2] = 1
    np.testing.assert_allclose(lit, expected)


def test_what_speaks_against_a_class_is_dark() -> None:
    assert not grad_cam(averaging("avg"), bright_corner(), direction(2)).any()
    # The same evidence, of two classes that share an output, is the other's.
    assert grad_cam(averaging("avg"), bright_corner(), -direction(2)).max() == 1


def test_a_head_that_reads_one_corner_lights_it_though_all_is_alike() -> None:
    built = averaging("none")
    output = built.model.layers[-1]
    kernel = np.zeros(output.kernel.shape, np.float32)
    kernel[3, 1] = 1e-4
    output.kernel.assign(kernel)
    lit = grad_cam(built, np.full((1, SIDE, SIDE, 3), 255, np.float32), direction(1))
    expected = np.zeros((1, 4, 4))
    expected[0, 0, 3] = 1
    np.testing.assert_allclose(lit, expected)


@pytest.mark.parametrize(
    ("backbone", "side", "pooling", "map_side"),
    [
        ("plain_cnn", 32, "avg", 8),
        ("plain_cnn", 32, "none", 4),
        ("efficientnet_lite0", 64, "max", 2),
        ("efficientnet_lite0", 64, "none", 2),
        ("wide_cnn", 16, "avg", 4),
    ],
)
def test_maps_are_as_fine_as_the_last_convolution(
    backbone: str, side: int, pooling: str, map_side: int
) -> None:
    spec = ExperimentSpec(
        stage=Stage.OVERFIT,
        backbone=backbone,
        image_size=side,
        head=HeadSpec(units=8, dropout=0.5, batch_norm=True, pooling=pooling),
    )
    built = build_model(spec, TargetKind.BINARY, 2)
    images = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    lit = grad_cam(built, images, np.array([[1], [-1]], np.float32))
    assert lit.shape == (2, map_side, map_side)
    assert lit.min() >= 0
    assert set(lit.max(axis=(1, 2))) <= {0, 1}
    assert lit.any()


def test_an_overlay_shows_the_plain_image_beside_the_map(tmp_path: Path) -> None:
    image = Image.new("RGB", (20, 10), (200, 0, 0))
    path = tmp_path / "grad-cam" / "a.png"
    write_overlay(image, np.array([[0.0, 1.0]]), path)
    with Image.open(path) as written:
        page = np.asarray(written).astype(int)
    assert page.shape == (10, 48, 3)
    assert (page[:, :20] == (200, 0, 0)).all()
    dark, bright = page[5, 28], page[5, 47]
    assert bright.sum() > dark.sum() + 100, "brightness alone tells the map"
    assert [one.name for one in path.parent.iterdir()] == ["a.png"]


def test_an_overlay_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "grad-cam").write_text("in the way")
    with pytest.raises(UserError, match="in the way"):
        write_overlay(Image.new("RGB", (4, 4)), np.zeros((2, 2)), tmp_path / "grad-cam" / "a.png")
