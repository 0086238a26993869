"""What a person asks a stage to run is refused before it is queued, where it can't run."""

import pytest

from engine.errors import UserError
from engine.experiment.spec import Stage
from engine.recipe.requests import requested
from tests.unit.recipe.made_up import done, photographs


def test_pseudo_labelling_needs_what_labels() -> None:
    records = [done("1", Stage.REGULARIZE, 0.3, folds=5)]
    with pytest.raises(UserError, match=r"without pseudo\.source") as refused:
        requested(Stage.PSEUDO_LABEL, ["pseudo.source="], None, photographs(), records)
    assert "pseudo ID" in refused.value.fix
    assert refused.value.expected
    ((spec, _),) = requested(Stage.PSEUDO_LABEL, [], None, photographs(), records)
    assert spec.pseudo.source == "1"
