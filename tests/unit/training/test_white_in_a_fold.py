"""What a fold trains on and predicts has one scale of brightness."""

from pathlib import Path

import numpy as np

from engine.training.data import load_fold
from tests.support import tiny_spec
from tests.unit.competition.builders import workspace
from tests.unit.competition.test_white import scans
from tests.unit.training.fitting import Told, order


def test_training_and_test_images_are_scaled_alike(tmp_path: Path) -> None:
    """Of 12 bits in 16, which by the files' range are 17 shades of nearly black."""
    scans(tmp_path / "data", 4095)
    told = Told()
    data = load_fold(order(workspace(tmp_path), tiny_spec()), told, told.stop)
    # One test image holds the largest value; all others half of it at most.
    for images in (data.train.array, data.test.array):
        assert images.max() > 70
        assert len(np.unique(images)) > 20
