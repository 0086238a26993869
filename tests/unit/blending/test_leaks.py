"""What labels for a fold has not seen its held-out rows."""

import numpy as np
import pytest

from engine.blending.pseudo_labels import refuse_leak
from engine.errors import UserError

HELD_OUT, OTHERS = np.arange(4), np.arange(4, 12)


@pytest.mark.parametrize(
    ("trained_on", "predicted", "seen"),
    [
        pytest.param([*HELD_OUT[:3], *OTHERS[4:]], [3, *OTHERS[:4]], 3, id="some of the fold"),
        pytest.param([*HELD_OUT, *OTHERS[4:]], OTHERS[:4], 4, id="all of the fold"),
    ],
)
def test_another_run_helps_a_fit_of_folds_that_were_drawn_anew(
    trained_on: list[int], predicted: list[int], seen: int
) -> None:
    with pytest.raises(UserError) as refused:
        refuse_leak("7", 0, np.array(trained_on), np.array(predicted), HELD_OUT)
    assert f"{seen} of the rows that fold 0 holds out" in refused.value.happened
    assert "`hydra-tui rerun 7`" in refused.value.fix


def test_another_run_does_not_help_a_blend_that_was_fitted_on_its_fold() -> None:
    with pytest.raises(UserError) as refused:
        refuse_leak("7", 0, np.arange(12), HELD_OUT, HELD_OUT)
    assert "4 of the rows that fold 0 holds out" in refused.value.happened
    # A plain mean may have a member that was fitted: that it is a mean helps nothing.
    assert "label by a single fit, or by a plain mean of such" in refused.value.fix


def test_what_has_not_seen_the_fold_may_label() -> None:
    refuse_leak("7", 0, OTHERS, HELD_OUT, HELD_OUT)
