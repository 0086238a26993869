"""From a spec to a network: shapes, outputs, seeds."""

import subprocess
import sys
from collections.abc import Callable

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import BackboneName, ExperimentSpec, HeadSpec, Stage
from engine.models.backbones import build_backbone
from engine.models.build import BuiltModel, build_model
from engine.models.head import begin_at_shares, build_head
from engine.models.offline import offline_weights
from tests.support import tiny_spec

Images = Callable[[int, int], NDArray[np.uint8]]


def spec(backbone: BackboneName = "plain_cnn", seed: int = 0, **head: object) -> ExperimentSpec:
    return ExperimentSpec(
        stage=Stage.BASELINE,
        seed=seed,
        image_size=8,
        backbone=backbone,
        head=HeadSpec.model_validate(head),
    )


def weights(built: BuiltModel) -> list[NDArray[np.float32]]:
    return list(built.model.get_weights())


@pytest.mark.parametrize("backbone", ["plain_cnn", "wide_cnn"])
@pytest.mark.parametrize(
    ("size", "side"), [(8, 4), (9, 4), (12, 6), (17, 4), (32, 4), (64, 4), (100, 6), (224, 7)]
)
def test_small_networks_fit_every_image_size(backbone: str, size: int, side: int) -> None:
    model = build_backbone(backbone, size, "none")
    assert model.input.shape == (None, size, size, 3)
    assert 4 <= model.output.shape[1] <= 8
    assert model.output.shape[1] == model.output.shape[2]
    if backbone == "plain_cnn":
        assert model.output.shape[1] == side


@pytest.mark.parametrize(
    ("kind", "classes", "outputs", "activation"),
    [
        (TargetKind.BINARY, 2, 1, "sigmoid"),
        (TargetKind.MULTICLASS, 5, 5, "softmax"),
        (TargetKind.MULTILABEL, 4, 4, "sigmoid"),
    ],
)
def test_the_output_suits_the_target(
    kind: TargetKind, classes: int, outputs: int, activation: str, make_images: Images
) -> None:
    built = build_model(spec(), kind, classes)
    output = built.head_layers[-1]
    assert output.get_config()["activation"] == activation
    assert output.compute_dtype == "float32"
    chances = np.asarray(built.model(make_images(3, 8).astype(np.float32)))
    assert chances.shape == (3, outputs)
    assert ((chances > 0) & (chances < 1)).all()


def test_a_full_head_has_its_layers_in_the_article_s_order() -> None:
    built = build_model(
        spec(pooling="none", layers=2, units=16, dropout=0.25, batch_norm=True),
        TargetKind.BINARY,
        2,
    )
    block = ["BatchNormalization", "Dropout", "Dense"]
    assert [type(layer).__name__ for layer in built.head_layers] == ["Flatten", *block * 3]
    assert built.features.shape == (None, 4, 4, 64)


def test_without_dense_layers_the_head_is_linear() -> None:
    built = build_model(spec(layers=0, pooling="max"), TargetKind.BINARY, 2)
    assert [layer.name for layer in built.head_layers] == ["max_pooling", "output"]
    assert built.features.shape == (None, 64)


def test_every_layer_is_either_backbone_or_head_and_none_is_a_model() -> None:
    built = build_model(spec("wide_cnn"), TargetKind.BINARY, 2)
    assert [*built.backbone_layers, *built.head_layers] == built.model.layers
    assert not any(isinstance(layer, keras.Model) for layer in built.model.layers)


def test_the_same_spec_gives_the_same_weights() -> None:
    first, again, other = (
        weights(build_model(spec(seed=seed), TargetKind.BINARY, 2)) for seed in (3, 3, 4)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_unknown_backbones_and_missing_weights_are_named() -> None:
    with pytest.raises(UserError, match=r"no backbone called resnet9000") as caught:
        build_backbone("resnet9000", 32, "none")
    assert caught.value.fix.startswith("set backbone=resnet")
    with pytest.raises(UserError, match=r"imagenet weights of plain_cnn are not here"):
        build_backbone("plain_cnn", 32, "imagenet")


def test_looking_for_weights_imports_nothing_heavy() -> None:
    assert "efficientnet_lite0" in offline_weights()
    code = (
        "import sys; from engine.models.offline import offline_weights; offline_weights();"
        "print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_users_own_keras_json_changes_nothing() -> None:
    expected = build_model(tiny_spec(), TargetKind.BINARY, 2).model
    try:
        keras.config.set_image_data_format("channels_first")
        keras.config.set_epsilon(1e-3)
        built = build_model(tiny_spec(), TargetKind.BINARY, 2).model
        assert keras.config.epsilon() == 1e-7
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_epsilon(1e-7)
    images = np.zeros((1, 8, 8, 3), np.uint8)
    np.testing.assert_array_equal(built(images), expected(images))


@pytest.mark.parametrize(
    ("kind", "targets", "shares"),
    [
        (TargetKind.BINARY, [[1.0]] * 3 + [[0.0]] * 97, [3.5 / 101]),
        (TargetKind.MULTILABEL, [[1.0, 0.0]] * 50 + [[0.0, 0.0]] * 50, [0.5, 0.5 / 101]),
        (TargetKind.MULTICLASS, [[1.0, 0.0]] * 10 + [[0.0, 1.0]] * 90, [10.5 / 101, 90.5 / 101]),
    ],
)
def test_an_untrained_output_answers_with_the_shares(
    kind: TargetKind, targets: list[list[float]], shares: list[float]
) -> None:
    features = keras.Input((4,))
    model = keras.Model(features, build_head(features, HeadSpec(layers=0), kind, 2))
    begin_at_shares(model, np.array(targets, np.float32), kind)
    answers = np.asarray(model(np.zeros((1, 4), np.float32)))
    np.testing.assert_allclose(answers[0], shares, rtol=1e-4)
