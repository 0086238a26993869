"""Where the frozen part ends, for every kind of backbone."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import UserError
from engine.experiment.spec import HeadSpec
from engine.models.build import BuiltModel
from engine.models.cutting import FrozenBelow, cut_network
from engine.models.efficientnet_lite import build_efficientnet_lite
from engine.models.freezing import blocks, set_trainable, training_layers
from tests.unit.models.networks import answers, around, cut_at

pytestmark = pytest.mark.usefixtures("untraced")

Images = Callable[[int, int], NDArray[np.uint8]]
SIDES = {"inception_v3": 75, "resnet50": 32, "xception": 71, "efficientnet_lite0": 32}
BUILDERS = {
    "inception_v3": keras.applications.InceptionV3,
    "resnet50": keras.applications.ResNet50,
    "xception": keras.applications.Xception,
}
# Without dropout, so that two ways to train can be compared.
PLAIN_HEAD = HeadSpec(units=8, batch_norm=True)


# The seeds' three take seconds each to build and as many for their gradients.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.slow) if name in BUILDERS else name for name in SIDES
    ],
)
def network(request: pytest.FixtureRequest) -> tuple[str, BuiltModel]:
    name: str = request.param
    side = SIDES[name]
    if name in BUILDERS:
        backbone = BUILDERS[name](include_top=False, weights=None, input_shape=(side, side, 3))
    else:
        backbone = build_efficientnet_lite(name, side)
    return name, around(backbone, side, PLAIN_HEAD)


FRONTIERS = {
    # Pooled features; several branches of one block; the end of the block before.
    ("inception_v3", "head"): 1,
    ("inception_v3", "last_convolutions:3"): 5,
    ("inception_v3", "last_convolutions:8"): 2,
    ("inception_v3", "last_blocks:1"): 1,
    ("resnet50", "last_convolutions:2"): 2,
    ("resnet50", "last_blocks:1"): 1,
    ("xception", "last_convolutions:3"): 2,
    ("xception", "last_blocks:1"): 1,
    ("efficientnet_lite0", "last_convolutions:4"): 1,
    ("efficientnet_lite0", "last_blocks:2"): 1,
}


def gradients(
    model: keras.Model, inputs: Sequence[NDArray[np.generic]], weights: list[keras.Variable]
) -> list[NDArray[np.float32]]:
    """Of a loss on three images in training mode."""
    tensors: Any = [tf.cast(array, tf.float32) for array in inputs]
    with tf.GradientTape() as tape:
        found = model(tensors if isinstance(model.input, list) else tensors[0], training=True)
        loss = -tf.reduce_mean(tf.math.log(tf.linalg.diag_part(found)))
    return [np.asarray(one) for one in tape.gradient(loss, [w.value for w in weights])]


def test_the_parts_answer_and_learn_like_the_whole(
    network: tuple[str, BuiltModel], make_images: Images
) -> None:
    name, built = network
    images = make_images(3, SIDES[name])
    (whole,) = answers(built.model, [images])
    for (backbone, train), tensors in FRONTIERS.items():
        if backbone != name:
            continue
        cut = cut_at(built, train)
        assert len(cut.frontier) == tensors, train
        kept = answers(cut.trunk, [images])
        np.testing.assert_allclose(answers(cut.rest, kept)[0], whole, atol=1e-5, err_msg=train)
        set_trainable(built, train)
        weights = built.model.trainable_variables
        assert [w.path for w in cut.rest.trainable_variables] == [w.path for w in weights]
    # The last of them, with convolutions that learn; as it is kept, and as precisely.
    half = [one.astype(np.float16) for one in kept]
    np.testing.assert_allclose(answers(cut.rest, half)[0], whole, atol=2e-3)
    expected = gradients(built.model, [images], weights)
    found = gradients(cut.rest, kept, weights)
    for weight, one, other in zip(weights, found, expected, strict=True):
        scale = np.abs(other).max()
        assert np.abs(one - other).max() <= 1e-4 * scale + 1e-6, weight.path


LAST_BLOCKS = {
    "inception_v3": (13, "mixed9"),
    "resnet50": (17, "conv5_block2_out"),
    "xception": (14, "add_"),
    "efficientnet_lite0": (15, "block15_add"),
}


def test_a_block_ends_where_everything_flows_through_one_tensor(
    network: tuple[str, BuiltModel],
) -> None:
    name, built = network
    count, below = LAST_BLOCKS[name]
    assert len(blocks(built)) == count
    (tensor,) = cut_at(built, "last_blocks:1").frontier
    assert tensor._keras_history.operation.name.startswith(below)
    first = training_layers(built, f"last_blocks:{count}")[0]
    assert first.weights, "the first block begins with the first convolution"
    with pytest.raises(UserError, match=f"has {count} blocks"):
        training_layers(built, f"last_blocks:{count + 1}")


def test_where_everything_trains_nothing_is_cut(network: tuple[str, BuiltModel]) -> None:
    assert cut_network(network[1], training_layers(network[1], "all")) is None


def chain(*layers: keras.layers.Layer) -> keras.Model:
    inputs = tensor = keras.Input((8, 8, 3))
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor)


@pytest.mark.parametrize(("pooling", "shape"), [("avg", (4,)), ("max", (4,)), ("none", (6, 6, 4))])
def test_the_head_is_cut_where_least_is_to_be_kept(pooling: str, shape: tuple[int, ...]) -> None:
    head = HeadSpec.model_validate({"pooling": pooling})
    built = around(chain(keras.layers.Conv2D(4, 3)), 8, head)
    (tensor,) = cut_at(built, "head").frontier
    assert tensor.shape[1:] == shape


def test_a_map_is_kept_without_its_padding() -> None:
    layers = keras.layers
    built = around(chain(layers.Conv2D(4, 3), layers.ZeroPadding2D(2), layers.Conv2D(4, 3)), 8)
    (tensor,) = cut_at(built, "last_convolutions:1").frontier
    assert tensor.shape[1:] == (6, 6, 4)


def test_dropout_in_the_frozen_part_does_nothing_in_the_head_it_drops() -> None:
    built = around(chain(keras.layers.Conv2D(64, 3), keras.layers.Dropout(0.5)), 8)
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.float32)
    cut = cut_at(built, "head")
    assert not cut.trains_like_the_whole
    assert "dropout" in cut.trunk.layers[-2].name
    assert any("dropout" in layer.name for layer in cut.rest.layers)
    set_trainable(built, "head")
    plain = FrozenBelow(cut)
    plain.compile("sgd", "categorical_crossentropy", jit_compile=False)
    (kept,) = answers(cut.trunk, [images])
    for model, inputs in ((plain, images), (cut.rest, kept)):
        keras.utils.set_random_seed(3)
        fed = tf.constant(inputs)
        first, second = model(fed, training=True), model(fed, training=True)
        assert not np.allclose(first, second), "the head's dropout"
    # With the head's out of the way nothing random is left.
    for layer in cut.rest.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    np.testing.assert_allclose(
        plain(tf.constant(images), training=True), cut.rest(tf.constant(kept), training=True),
        atol=1e-5,
    )  # fmt: skip
    assert plain.fit(images, np.eye(3)[[0, 1]], verbose=0).history["loss"]


def test_dropout_above_the_first_layer_that_trains_belongs_to_the_rest() -> None:
    layers = keras.layers
    built = around(chain(layers.Conv2D(4, 3), layers.Conv2D(4, 3), layers.Dropout(0.5)), 8)
    cut = cut_at(built, "last_convolutions:1")
    assert cut.trains_like_the_whole
    assert cut.frontier[0].shape[1:] == (6, 6, 4)


def test_a_layer_used_on_both_sides_is_shared() -> None:
    inputs = keras.Input((8, 8, 3))
    twice = keras.layers.Conv2D(4, 3, padding="same", name="twice")
    first = keras.layers.ReLU()(twice(keras.layers.Conv2D(4, 1, name="first")(inputs)))
    middle = keras.layers.Conv2D(4, 1, name="middle")(first)
    built = around(keras.Model(inputs, twice(middle)), 8)
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3))
    frozen = [built.model.get_layer(name) for name in ("first", "twice")]
    trained = [layer for layer in built.model.layers if layer not in frozen]
    cut = cut_network(built, trained)
    assert cut is not None
    assert built.model.get_layer("twice") in cut.rest.layers
    np.testing.assert_allclose(
        answers(cut.rest, answers(cut.trunk, [images]))[0],
        answers(built.model, [images])[0],
        atol=1e-6,
    )


def test_a_layer_of_the_frontier_that_is_used_again_forbids_the_cut() -> None:
    inputs = keras.Input((8, 8, 3))
    twice = keras.layers.Conv2D(3, 3, padding="same", name="twice")
    built = around(keras.Model(inputs, twice(keras.layers.Conv2D(3, 1)(twice(inputs)))), 8)
    trained = [layer for layer in built.model.layers if layer is not twice]
    assert cut_network(built, trained) is None


@pytest.mark.slow
def test_frozen_statistics_above_a_layer_that_trains_belong_to_the_rest(lite: BuiltModel) -> None:
    cut = cut_at(lite, "last_convolutions:1")
    norm = lite.model.get_layer("top_norm")
    assert norm in cut.rest.layers
    assert norm not in cut.trunk.layers
