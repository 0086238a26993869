"""What the leaderboard said, as it is typed."""

from typing import NamedTuple

from app.presentation.text import number_of

# What takes a score back.
NO_SCORE = "none"


class Noted(NamedTuple):
    """What is to stand in the ledger.

    Args:
        leaderboard: the score; None where it was none.
    """

    leaderboard: float | None


def noted(text: str) -> Noted:
    """What the leaderboard said, or that it said nothing.

    Args:
        text: as it was typed: a number, or `none`.

    Raises:
        UserError: it is neither.
    """
    return Noted(None if text.strip().lower() == NO_SCORE else number_of(text))
