"""What a chart's title says of the picture."""

import pytest

from app.presentation.view import View
from app.screens.charting import _manner


@pytest.mark.parametrize(("folds", "said"), [(0, ""), (1, ""), (2, " · mean of 2 folds")])
def test_one_fold_has_no_mean(folds: int, said: str) -> None:
    assert _manner(View(), folds) == said
