"""A competition may have no test images yet: blends are judged all the same."""

from pathlib import Path

import pytest

from engine.blending.methods import Method
from engine.experiment.ensemble import EnsembleSpec
from engine.predictions.blend import blend_experiments
from engine.predictions.stored import load_fold
from tests.unit.predictions.folded import folded


@pytest.mark.parametrize("method", [Method.MEAN, Method.STACK])
def test_a_blend_needs_no_test_images(tmp_path: Path, method: Method) -> None:
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(24)])
    members = [("1", (0, 1)), ("2", (0, 1))]
    for name, folds in members:
        place.predict(name, folds)
    spec = EnsembleSpec(members=("1", "2"), method=method, calibrated=True)
    run = place.workspace.run("3")
    run.mkdir()
    blend_experiments(place.root, place.workspace, members, spec, run)
    assert load_fold(place.workspace, "3", 1, place.competition).test.shape == (0, 1)
