"""A blend leaves the table of its held-out predictions as every fit does."""

import csv
from pathlib import Path

import numpy as np
import pytest

from engine.blending.methods import Method
from engine.experiment.ensemble import EnsembleSpec
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.service import Service


@pytest.mark.parametrize("method", [Method.MEAN, Method.WEIGHTED])
def test_a_blend_leaves_its_out_of_fold_table(regularized: Path, method: Method) -> None:
    made = Service(regularized).workbench.blend(EnsembleSpec(members=("3", "4"), method=method))
    run = Workspace(regularized).run(made.id)
    with (run / "out_of_fold.csv").open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading[:2] == ["id", "fold"]
    assert len(heading) == 3
    assert len(rows) == 8
    stored = np.load(run / "fold0" / PREDICTIONS)
    told = {name: (fold, value) for name, fold, value in rows}
    places = stored["validation_rows"]
    for place, (predicted,) in zip(places, stored["validation"], strict=True):
        fold, value = told[rows[place][0]]
        assert fold == "0"
        assert float(value) == pytest.approx(float(predicted), rel=1e-6)
    others = [row for number, row in enumerate(rows) if number not in places]
    assert {tuple(row[1:]) for row in others} == {("", "")}
