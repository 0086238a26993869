"""Scores of whole fits, from the trunk's activations as from the images, for true backbones."""

from pathlib import Path

import keras
import numpy as np
import pytest

from engine.events.types import EpochEnded
from engine.jobs.workspace import Workspace
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers
from tests.unit.training.fitting import Told, fit, stored

pytestmark = pytest.mark.usefixtures("untraced")

APPLICATIONS = {
    "inception_v3": keras.applications.InceptionV3,
    "resnet50": keras.applications.ResNet50,
    "xception": keras.applications.Xception,
}
SIDES = [
    ("efficientnet_lite0", 32),
    ("inception_v3", 75),
    ("resnet50", 32),
    ("xception", 71),
]


# The converter takes a minute for the large ones.
@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "side"), SIDES)
def test_head_last_convolutions_and_blocks_score_like_the_whole_network(
    backbone: str, side: int, tmp_path: Path
) -> None:
    weights = tmp_path / "learnt.weights.h5"
    made = APPLICATIONS.get(backbone)
    if made is not None:
        made(include_top=False, weights=None, input_shape=(side, side, 3)).save_weights(weights)
    # Every phase is compiled twice: the one that learned something does without one.
    trains = ("head", "last_convolutions:2", "last_blocks:1") if made else ("head", "last_blocks:1")
    phases = [
        f"phases.{number}.{field}"
        for number, train in enumerate(trains)
        for field in (
            f"train={train}",
            f"learning_rate={0.0001 if number else 0.001}",
            "epochs=1",
        )
    ]
    spec = tiny_spec(
        f"backbone={backbone}", f"weights={weights if made else 'imagenet'}",
        f"image_size={side}", *phases,
    )  # fmt: skip
    flowers(tmp_path / "data", rows=24, test=4)
    runs = {}
    for name in ("cached", "plain"):
        place = Workspace(tmp_path / name)
        place.root.mkdir()
        place.settings.write_text(f"[cache]\ntrunk = {str(name == 'cached').lower()}\n")
        told = Told()
        scores = fit(place, spec, tmp_path / name / "task", told)
        runs[name] = (told, scores, stored(tmp_path / name / "task"))
    (told, scores, predictions), (plainly, expected, wanted) = runs["cached"], runs["plain"]
    for figure in ("loss", "val_log_loss"):
        assert told.losses(figure) == pytest.approx(plainly.losses(figure), abs=5e-3)
    assert scores.train_log_loss == pytest.approx(expected.train_log_loss, abs=5e-3)
    assert scores.val_log_loss == pytest.approx(expected.val_log_loss, abs=5e-3)
    for name, values in wanted.items():
        np.testing.assert_allclose(predictions[name], values, atol=5e-3)
    curve = [e.figures["loss"] for e in told.events if isinstance(e, EpochEnded)]
    assert len(set(curve)) == len(trains), "each phase has trained"
