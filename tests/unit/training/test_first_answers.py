"""What a network answers before it has learnt anything."""

import numpy as np
import pytest

from engine.jobs.workspace import Workspace
from engine.training.fit import prepare_fit
from engine.training.stopping import StopSignal
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, order


@pytest.mark.parametrize("override", ["loss.balanced=false", "loss.balanced=true"])
def test_a_fit_begins_at_the_shares_of_its_training_rows(place: Workspace, override: str) -> None:
    made = order(place, tiny_spec(override))
    folder = place.task(made.experiment, made.task)
    fit = prepare_fit(made, folder, Told(), StopSignal())
    rows = fit.data.targets[fit.data.train_rows]
    odds = (rows.sum() + 0.5) / (len(rows) - rows.sum() + 0.5)
    bias = np.asarray(fit.built.model.get_layer("output").bias)
    expected = 0.0 if override.endswith("true") else np.log(odds)
    np.testing.assert_allclose(bias, expected, atol=1e-6)
