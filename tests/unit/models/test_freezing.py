"""What trains in which phase."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec, Stage
from engine.models.build import BuiltModel, build_model
from engine.models.freezing import changing_weights, convolutions, set_trainable

pytestmark = pytest.mark.usefixtures("untraced")

Images = Callable[[int, int], NDArray[np.uint8]]
LITE0_CONVOLUTIONS = 49


def training_convolutions(built: BuiltModel) -> list[str]:
    layers = [built.backbone_layers[index] for index in convolutions(built)]
    return [layer.name for layer in layers if layer.trainable]


def train_one_step(built: BuiltModel, images: NDArray[np.uint8]) -> None:
    built.model.compile("sgd", "categorical_crossentropy", jit_compile=False)
    labels = np.eye(3, dtype=np.float32)[np.arange(len(images)) % 3]
    built.model.train_on_batch(images.astype(np.float32), labels)


def test_head_only(lite: BuiltModel) -> None:
    set_trainable(lite, "head")
    head = [weight.path for layer in lite.head_layers for weight in layer.trainable_weights]
    assert [weight.path for weight in lite.model.trainable_weights] == head


def test_last_convolutions_counts_depthwise_ones_in_graph_order(lite: BuiltModel) -> None:
    set_trainable(lite, "last_convolutions:4")
    assert training_convolutions(lite) == [
        "block16_expand_conv",
        "block16_depthwise_conv",
        "block16_project_conv",
        "top_conv",
    ]
    set_trainable(lite, f"last_convolutions:{LITE0_CONVOLUTIONS}")
    assert len(training_convolutions(lite)) == LITE0_CONVOLUTIONS


def test_too_many_convolutions_are_refused_with_the_true_number(lite: BuiltModel) -> None:
    with pytest.raises(UserError, match=r"has 49 convolutions"):
        set_trainable(lite, "last_convolutions:50")


def test_freezing_again_undoes_unfreezing(lite: BuiltModel) -> None:
    set_trainable(lite, "all")
    set_trainable(lite, "head")
    assert not any(layer.trainable_weights for layer in lite.backbone_layers)


def test_pretrained_statistics_do_not_move_while_convolutions_train(
    lite: BuiltModel, make_images: Images
) -> None:
    set_trainable(lite, "last_convolutions:4")
    norms = [
        layer
        for layer in lite.backbone_layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    before = [layer.get_weights() for layer in norms]
    kernel = lite.model.get_layer("top_conv").kernel.numpy()
    head = lite.model.get_layer("output_norm").moving_mean.numpy()
    frozen = lite.model.get_layer("stem_conv").kernel.numpy()
    train_one_step(lite, make_images(4, 32))
    for layer, weights in zip(norms, before, strict=True):
        for old, new in zip(weights, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
    assert not np.array_equal(kernel, lite.model.get_layer("top_conv").kernel.numpy())
    assert not np.array_equal(head, lite.model.get_layer("output_norm").moving_mean.numpy())
    np.testing.assert_array_equal(frozen, lite.model.get_layer("stem_conv").kernel.numpy())


@pytest.mark.parametrize("train", ["head", "last_convolutions:4"])
def test_training_changes_the_weights_that_it_may_and_no_other(
    lite: BuiltModel, make_images: Images, train: str
) -> None:
    set_trainable(lite, train)
    before = lite.model.get_weights()
    changing = changing_weights(lite.model)
    train_one_step(lite, make_images(4, 32))
    after = lite.model.get_weights()
    changed = {place for place, old in enumerate(before) if not np.array_equal(old, after[place])}
    # A weight may by chance have had no gradient.
    assert changed <= set(changing)
    assert len(changed) > len(changing) // 2
    assert all(changing[place] is lite.model.weights[place] for place in changing)


def test_a_network_from_scratch_learns_its_statistics(make_images: Images) -> None:
    spec = ExperimentSpec(stage=Stage.OVERFIT, image_size=8, backbone="wide_cnn")
    built = build_model(spec, TargetKind.MULTICLASS, 3)
    set_trainable(built, "all")
    before = built.model.get_layer("stem1_norm").moving_mean.numpy()
    train_one_step(built, make_images(4, 8))
    assert not np.array_equal(before, built.model.get_layer("stem1_norm").moving_mean.numpy())
