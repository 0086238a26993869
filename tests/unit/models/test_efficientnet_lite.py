"""The converted network against the truth."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import cross_val_predict

from engine.errors import UserError
from engine.models.efficientnet_lite import build_efficientnet_lite
from engine.models.inference import BATCH, forward_function
from engine.models.torch_checkpoint import read_torch_checkpoint

ROSE_OR_TULIP = Path(__file__).parents[4] / "shared" / "data" / "rose-or-tulip"
PALACE, DAISY = 698, 985


def middle(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The largest square in the middle, resized: how ImageNet networks are tried."""
    height, width = image.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    square = Image.fromarray(image[top : top + edge, left : left + edge])
    return np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))


def imagenet_classifier(checkpoint: Path) -> keras.Model:
    """The whole network as it was trained on ImageNet, with its layer of 1000 classes."""
    backbone = build_efficientnet_lite("efficientnet_lite0", 224, checkpoint)
    weights = read_torch_checkpoint(checkpoint)
    pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
    layer = keras.layers.Dense(1000, activation="softmax")
    model = keras.Model(backbone.input, layer(pooled))
    layer.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
    return model


def test_it_names_the_sample_photographs(lite_checkpoint: Path) -> None:
    """A tower of Beijing's Summer Palace, and a dahlia, whose nearest class is the daisy."""
    model = imagenet_classifier(lite_checkpoint)
    photographs = [middle(image, 224) for image in load_sample_images().images]
    answers = np.asarray(model(np.stack(photographs).astype(np.float32), training=False))
    assert answers.shape == (2, 1000)
    assert answers.argmax(axis=1).tolist() == [PALACE, DAISY]
    # Another layout of the weights gives nearly equal answers for every class.
    assert answers.max(axis=1).min() > 0.2


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("efficientnet_lite0", 4_652_008),
        ("efficientnet_lite1", 5_416_680),
        ("efficientnet_lite2", 6_092_072),
    ],
)
def test_members_have_their_published_size(name: str, parameters: int) -> None:
    model = build_efficientnet_lite(name, 32)
    classifier = 1280 * 1000 + 1000
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trained + classifier == parameters


def test_the_graph_is_flat_and_takes_odd_sizes() -> None:
    model = build_efficientnet_lite("efficientnet_lite0", 75)
    assert model.output.shape == (None, 3, 3, 1280)
    assert not any(isinstance(layer, keras.Model | keras.layers.Lambda) for layer in model.layers)


def test_weights_of_another_member_are_refused(lite_checkpoint: Path) -> None:
    with pytest.raises(UserError, match=r"don't fit efficientnet_lite2"):
        build_efficientnet_lite("efficientnet_lite2", 32, lite_checkpoint)


@pytest.mark.slow
@pytest.mark.skipif(not ROSE_OR_TULIP.exists(), reason="needs the photographs")
def test_its_features_tell_roses_from_tulips(lite_checkpoint: Path) -> None:
    labels = pd.read_csv(ROSE_OR_TULIP / "train_labels.csv").head(240)
    photographs = np.stack([photograph(name) for name in labels["name"]])
    backbone = build_efficientnet_lite("efficientnet_lite0", 224, lite_checkpoint)
    pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
    forward = forward_function(keras.Model(backbone.input, pooled))
    features = np.concatenate(
        [forward([photographs[i : i + BATCH]])[0] for i in range(0, len(photographs), BATCH)]
    )
    chances = cross_val_predict(
        LogisticRegression(C=0.05, max_iter=1000),
        features,
        labels["tulip"],
        cv=5,
        method="predict_proba",
    )[:, 1]
    # Weights laid out wrongly still reach 0.65; all 1000 photographs give 0.967 and 0.23.
    assert roc_auc_score(labels["tulip"], chances) > 0.94
    assert log_loss(labels["tulip"], chances) < 0.29


def photograph(name: int) -> NDArray[np.uint8]:
    with Image.open(ROSE_OR_TULIP / "train" / f"{name}.jpg") as image:
        image.draft("RGB", (224, 224))
        return np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))
