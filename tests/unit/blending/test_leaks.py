"""What labels for a fold has not seen its held-out rows."""

import numpy as np
import pytest

from engine.blending.pseudo_labels import refuse_leak
from engine.errors import UserError

HELD_OUT = np.arange(4)


def test_another_run_helps_a_fit_of_other_folds_and_not_a_blend_fitted_on_this_one() -> None:
    refuse_leak("7", 0, np.arange(4, 9), HELD_OUT)
    for seen, helps in ((3, True), (4, False)):
        with pytest.raises(UserError) as refused:
            refuse_leak("7", 0, np.arange(seen), HELD_OUT)
        assert f"{seen} of the rows that fold 0 holds out" in refused.value.happened
        assert ("`hydra-tui rerun 7`" in refused.value.fix) is helps
        assert ("label by one of its members" in refused.value.fix) is not helps
