"""Telling answers that rank several classes, as mean average precision at 5 scores them."""

import re
from collections.abc import Collection, Sequence

from engine.competition.findings import NAMED
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
        # One in five may have no training image; more, where they are written as classes are, and
        # as many of them as competitions rank.
        foreign = shown - set(names)
        is_usual = counts <= set(NAMED.values()) and _are_like(foreign, classes)
        if is_plain and (5 * len(foreign) <= len(shown) or is_usual):
            return counts.pop(), joint(cells, separator)
    return None


def _are_like(names: Collection[str], classes: Sequence[str]) -> bool:
    """Whether names are numbers where classes are, or words without a point and as long as they."""
    if all(map(str.isdecimal, classes)):
        return all(map(str.isdecimal, names))
    lengths = set(map(len, classes))
    return all(len(name) in lengths and re.fullmatch(r"\w+", name) for name in names)
