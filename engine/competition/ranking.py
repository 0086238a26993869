"""Telling answers that rank several classes, as mean average precision at 5 scores them."""

from collections.abc import Collection, Sequence

from engine.competition.names import composed
from engine.competition.spelling import spelled
from engine.competition.tags import SEPARATORS, joint, split_tags


def ranked_classes(cells: Collection[str], classes: Sequence[str]) -> tuple[int, str] | None:
    """How many classes the sample names in each answer, and what stands between them.

    Args:
        cells: its answers, none of them empty.
        classes: their names; each image has one.

    Returns:
        The number, 2 or more, and the text between two; None where an answer is one class: also
        where the name of one has a space or comma.
    """
    if not cells or {composed(cell) for cell in cells} & set(classes):
        return None
    for separator in SEPARATORS:
        answers = [split_tags(cell, separator) for cell in cells]
        counts = {len(set(answer)) for answer in answers} | {len(answer) for answer in answers}
        # A sample ranks as many in each row, and no class twice.
        if len(counts) != 1 or counts == {1}:
            continue
        shown = {name for answer in answers for name in answer}
        names = spelled(tuple(classes), shown)
        # Nobody could tell what an answer names that has a class with the separator in it.
        is_plain = all(len(split_tags(name, separator)) == 1 for name in names)
        # One in five may have no training image; more make it something else than a ranking.
        if is_plain and 5 * len(shown - set(names)) <= len(shown):
            return counts.pop(), joint(cells, separator)
    return None
