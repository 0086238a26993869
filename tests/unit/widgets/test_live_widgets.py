"""The pure parts of what the live screen is made of."""

import pytest

from app.widgets.chart_grid import shape
from app.widgets.log_pane import matching_lines


@pytest.mark.parametrize(
    ("size", "wanted", "expected"),
    [
        ((80, 12), 5, (1, 1)),
        ((120, 24), 5, (2, 2)),
        ((120, 24), 1, (1, 1)),
        ((120, 24), 3, (2, 2)),
        ((154, 36), 5, (3, 2)),
        ((154, 36), 4, (2, 2)),
        ((200, 50), 2, (2, 1)),
        ((200, 60), 12, (3, 2)),
        ((0, 0), 4, (1, 1)),
    ],
)
def test_charts_are_as_many_as_fit(
    size: tuple[int, int], wanted: int, expected: tuple[int, int]
) -> None:
    assert shape(*size, wanted) == expected


def test_lines_match_whatever_their_case() -> None:
    lines = ["Epoch 1", "note", "EPOCH 2", ""]
    assert matching_lines(lines, "epoch") == (0, 2)
    assert matching_lines(lines, "[") == ()
    assert matching_lines(lines, "") == ()
