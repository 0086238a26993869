"""The preview of an augmentation is what training would see."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from engine.experiment.spec import AugmentationSpec
from engine.training.augmented import augmented
from tests.unit.competition.builders import picture


def pixels(view: dict[str, object]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(str(view["png"])))))


def test_the_first_is_as_it_is_and_the_others_are_changed(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 1, side=32)
    spec = AugmentationSpec(rotation=30).model_dump(mode="json")
    views = augmented(lambda _said: None, str(tmp_path), str(tmp_path / "a.png"), spec, 32, 16, 3)
    plain, *changed = map(pixels, views)
    none = AugmentationSpec().model_dump(mode="json")
    same = augmented(lambda _said: None, str(tmp_path), str(tmp_path / "a.png"), none, 32, 16, 1)
    np.testing.assert_array_equal(plain, pixels(same[0]))
    np.testing.assert_array_equal(plain, pixels(same[1]))
    assert len(changed) == 3
    assert all((one != plain).any() for one in changed)
    assert (changed[0] != changed[1]).any()
