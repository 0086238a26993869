"""How Hyperband shares out its trials: brackets, each of rounds that halve (Li et al. 2018)."""

from collections.abc import Iterator
from math import ceil, log
from typing import NamedTuple

from engine.experiment.phase import PhaseSpec

# The best third of a round goes on, for three times as many epochs.
FACTOR = 3


class Round(NamedTuple):
    """Trials that are run equally long, the best of which go on.

    Args:
        trials: how many.
        epochs: of the last phase of each.
    """

    trials: int
    epochs: int


def fewest_epochs(phase: PhaseSpec) -> int:
    """Epochs of the shortest trials that can be trained: warm-up must leave one.

    Args:
        phase: the base's last one.
    """
    return phase.warmup + 1


def highest(longest: int, fewest: int) -> int:
    """The number of the first bracket, whose trials begin the shortest.

    Args:
        longest: epochs of the longest trials.
        fewest: epochs of the shortest trials that can be trained.
    """
    number = 0
    while longest / FACTOR ** (number + 1) >= fewest:
        number += 1
    return number


def bracket(number: int, longest: int, left: int, new: float) -> tuple[Round, ...]:
    """The rounds of a bracket, or of the next one below that can be run to its end.

    A bracket has as many trials as Li et al. give it, or fewer where they would not suffice: as
    many as are left, and no more in the first round than there are new combinations of values.

    Args:
        number: of rounds behind the first.
        longest: epochs of the trials in the last round.
        left: how many trials may still be run.
        new: how many combinations were not tried yet; infinite where there is a range.

    Returns:
        The rounds, the shortest trials first; none when nothing is left or new.
    """
    for rest in range(number, -1, -1):
        widest = ceil(ceil(1 + log(longest, FACTOR)) / (rest + 1) * FACTOR**rest)
        for size in range(int(min(widest, left, new)), FACTOR**rest - 1, -1):
            rounds = tuple(
                Round(ceil(size / FACTOR**step), ceil(longest / FACTOR ** (rest - step)))
                for step in range(rest + 1)
            )
            if sum(one.trials for one in rounds) <= left:
                return rounds
    return ()


def brackets(longest: int, fewest: int, trials: int, new: float) -> Iterator[tuple[Round, ...]]:
    """All brackets of a search in which no trial fails.

    Args:
        longest: epochs of the longest trials.
        fewest: epochs of the shortest trials that can be trained.
        trials: how many at most.
        new: how many combinations there are; infinite where there is a range.

    Yields:
        The rounds of each bracket, until there is nothing left or new.
    """
    number = top = highest(longest, fewest)
    while rounds := bracket(number, longest, trials, new):
        yield rounds
        trials -= sum(one.trials for one in rounds)
        new -= rounds[0].trials
        number = below(len(rounds) - 1, top)


def below(number: int, top: int) -> int:
    """The number of the bracket behind another; behind the last one comes the first again.

    Args:
        number: the other one's.
        top: the first one's.
    """
    return number - 1 if number else top
