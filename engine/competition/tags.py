"""Telling cells that hold several tags from class names that happen to hold a space or comma."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.competition.findings import Finding
from engine.competition.names import composed, match_names

SEPARATORS = ("|", ";", ",", " ")


@dataclass(frozen=True)
class Hints:
    """What says more about the labels than they do themselves.

    Args:
        shown: the answers in the sample submission's only answer column.
        target: what the user says a label is.
        positive: the class that the user says probabilities are of, where there are two.
    """

    shown: frozenset[str] = frozenset()
    target: Literal["multiclass", "multilabel"] | None = None
    positive: str | None = None


@dataclass(frozen=True)
class Reading:
    """How the cells of one column are read.

    Args:
        separator: what stands between tags; None where each cell is one class.
        guessed: the separator that might as well be, or not be, one; None where there is no doubt.
    """

    separator: str | None
    guessed: str | None = None


def split_tags(cell: str, separator: str) -> list[str]:
    """The tags of a cell.

    Args:
        cell: tags, with the separator between them.
        separator: one character, and maybe a space behind it.
    """
    parts = cell.split(separator.strip() or None)
    return [part.strip() for part in parts if part.strip()]


def read_cells(
    names: Sequence[str], answer_columns: tuple[str, ...], hints: Hints, are_folders: bool = False
) -> Reading:
    """Tell whether cells are classes or sets of tags: the user, the sample or their look decides.

    Args:
        names: the different cells, none of them empty.
        answer_columns: the sample submission's columns after its id; empty without a sample.
        hints: what else is known.
        are_folders: whether these are class folders: one folder is one class, unless the user or
            the sample's columns say otherwise.

    Returns:
        The reading.
    """
    # Folders are named by people, who write commas.
    separators = (" ",) if are_folders else SEPARATORS
    possible = [s for s in separators if any(len(split_tags(n, s)) > 1 for n in names)]
    if hints.target == "multiclass":
        return Reading(None)
    for separator in possible:
        if len(answer_columns) > 1 and asked_tags(names, separator, answer_columns):
            return Reading(separator)
        if not are_folders and (
            _is_shown(names, separator, hints.shown) or _are_numbers(names, separator, hints.shown)
        ):
            return Reading(separator)
    for separator in possible:
        if (hints.target or not are_folders) and _are_tags(names, separator):
            return Reading(separator, None if hints.target else separator)
    if hints.target == "multilabel":
        return Reading(next(iter(possible), " "))
    if are_folders:
        return Reading(None)
    return Reading(None, next((s for s in possible if _may_be_tags(names, s)), None))


def asked_tags(
    names: Iterable[str], separator: str, answer_columns: Sequence[str]
) -> tuple[str, ...] | None:
    """The tags that the sample has columns for.

    Args:
        names: the different cells.
        separator: what stands between tags.
        answer_columns: the sample submission's columns after its id.

    Returns:
        One tag a column; None when they don't fit. A tag without a column, such as `No Finding`,
        is possible where it always stands alone.
    """
    cells = [set(split_tags(name, separator)) for name in names]
    tags = sorted(set().union(*cells))
    named = match_names(answer_columns, tags)
    if named is None:
        return None
    asked = set(named.values())
    if len(asked) < len(tags):
        alone = all(len(cell) == 1 or cell <= asked for cell in cells)
        if not alone or not any(len(cell) > 1 for cell in cells):
            return None
    return tuple(named[column] for column in answer_columns)


def joint(cells: Iterable[str], separator: str) -> str:
    """What to write between tags: the separator, with the space that follows it everywhere."""
    joined = [cell for cell in cells if separator.strip() and separator in cell]
    spaced = joined and all(c.count(separator) == c.count(f"{separator} ") for c in joined)
    return f"{separator} " if spaced else separator


def shown_joint(cells: Collection[str], tags: Collection[str], fallback: str) -> str:
    """What the sample writes between tags.

    Args:
        cells: its answers.
        tags: all tags.
        fallback: what the label file writes between them.

    Returns:
        The text between tags; the fallback where no answer has several.
    """
    known = set(map(composed, tags))
    for separator in (fallback.strip() or " ", *SEPARATORS):
        if separator == " " and any(" " in tag for tag in tags):
            continue
        several = [cell for cell in cells if len(split_tags(cell, separator)) > 1]
        if any(known & set(split_tags(composed(cell), separator)) for cell in several):
            return joint(several, separator)
    return fallback


def doubtful(reading: Reading, names: Sequence[str], column: str) -> tuple[Finding, ...]:
    """Say how cells were read that could be read otherwise.

    Args:
        reading: how they were.
        names: the different cells, none of them empty.
        column: whose cells, in words.

    Returns:
        At most one finding.
    """
    if reading.guessed is None:
        return ()
    combined = next(name for name in names if len(split_tags(name, reading.guessed)) > 1)
    is_split = reading.separator is not None
    read, other, setting = (
        ("several tags", "the name of one class", "multiclass")
        if is_split
        else ("one class", "several tags", "multilabel")
    )
    return (
        Finding(
            severity="warning",
            happened=f"{column}: `{combined}` is read as {read}; it could be {other}.",
            expected="cells that can be read in one way, or a sample submission that decides.",
            fix=f"nothing if that is right; otherwise write `[competition]` and "
            f'`target = "{setting}"` into `hydra.toml`.',
        ),
    )


def _is_shown(names: Sequence[str], separator: str, shown: Iterable[str]) -> bool:
    """Whether the sample answers with tags in a combination that is no label, so no class."""
    cells = [split_tags(name, separator) for name in names]
    tags = {tag for cell in cells for tag in cell}
    known = set(names)
    fresh = [cell for cell in map(composed, shown) if cell not in known]
    if all(map(str.isdecimal, tags)) and len(tags) > len(known):
        # Pixels of masks: `1 2` is found among them, too.
        return False
    return _is_mixed(cells, separator) and any(
        bool(parts := split_tags(cell, mark)) and set(parts) <= tags
        for cell in fresh
        for mark in SEPARATORS
    )


def _are_numbers(names: Sequence[str], separator: str, shown: Collection[str]) -> bool:
    """Whether labels and answers are sets of whole numbers: no class is called by several.

    Masks are such numbers, too, but hardly one comes back: there are more of them than cells.
    """
    cells = [split_tags(name, separator) for name in names]
    answers = [split_tags(cell, mark) for cell in shown for mark in SEPARATORS]
    several = [answer for answer in answers if len(answer) > 1]
    numbers = (number for cell in (*cells, *several) for number in cell)
    are_few = len({number for cell in cells for number in cell}) < len(cells)
    is_set = bool(several) and are_few and _differ(cells)
    return is_set and all(map(str.isdecimal, numbers))


def _are_tags(names: Sequence[str], separator: str) -> bool:
    """Whether cells are sets of tags, not class names that have a space.

    The number of words differs from cell to cell, most words come back in other company, and the
    words are fewer than their combinations. Names with a space do that, too (`ace of clubs`,
    `long dress`): words must also change places, and stand alone or come and go freely.
    """
    cells = [split_tags(name, separator) for name in names]
    combinations = {tuple(cell) for cell in cells}
    counts = Counter(tag for cell in combinations for tag in set(cell))
    shared = sum(count > 1 for count in counts.values())
    # `0 16` and `16 0`: the order means nothing.
    is_reordered = len(set(map(frozenset, combinations))) < len(combinations)
    if not _differ(cells) or len(counts) >= len(combinations):
        return False
    if not is_reordered and 2 * shared <= len(counts):
        return False
    alone = len({cell[0] for cell in combinations if len(cell) == 1})
    # No name consists of several numbers.
    if separator != " " or all(map(str.isdecimal, counts)):
        return _is_mixed(cells, separator) and (alone > 0 or shared > 2)
    # `Sedan, 4 doors`: words that keep their comma are no tags.
    if any(tag[-1] in ",;|" for tag in counts) or _has_link(combinations):
        return False
    if alone == len(counts):
        return True
    come_and_go = 2 * _droppable(combinations) > len(counts)
    is_free = come_and_go and len(combinations) >= 2 * len(counts)
    return _is_mixed(cells, separator) and (2 * alone > len(counts) or is_free)


def _has_link(combinations: Collection[tuple[str, ...]]) -> bool:
    """Whether a word such as `of` joins the others: often there, never at an end."""
    several = [cell for cell in combinations if len(cell) > 1]
    ends = {end for cell in combinations for end in (cell[0], cell[-1])}
    inner = Counter(tag for cell in several for tag in cell[1:-1] if tag not in ends)
    return any(3 * count > len(several) for count in inner.values())


def _droppable(combinations: Collection[tuple[str, ...]]) -> int:
    """How many words can be left out of one cell so that another one remains."""
    sets = {frozenset(cell) for cell in combinations}
    return len({tag for cell in sets if len(cell) > 1 for tag in cell if cell - {tag} in sets})


def _may_be_tags(names: Sequence[str], separator: str) -> bool:
    """Whether cells look like tags, although there are few combinations of them."""
    cells = [split_tags(name, separator) for name in names]
    counts = Counter(tag for cell in cells for tag in set(cell))
    alone = {cell[0] for cell in cells if len(cell) == 1}
    return (
        _differ(cells)
        and len(counts) <= len(cells)
        and _is_mixed(cells, separator)
        and any(counts[tag] > 1 for tag in alone)
        and 2 * sum(count > 1 for count in counts.values()) > len(counts)
    )


def _differ(cells: list[list[str]]) -> bool:
    return len(set(map(len, cells))) > 1 and all(len(set(c)) == len(c) for c in cells)


def _is_mixed(cells: list[list[str]], separator: str) -> bool:
    """Whether what follows in one cell leads another; `4 doors` only ever follows.

    Names whose words stand with spaces are about their last word, or their first: `dress` ends
    every name of one, however many words come before it. Tags stand anywhere.
    """
    if separator != " ":
        return _overlap({cell[0] for cell in cells if cell}, {t for c in cells for t in c[1:]})
    several = [cell for cell in cells if len(cell) > 1]
    return _overlap(
        {cell[0] for cell in several}, {tag for cell in several for tag in cell[1:]}
    ) and (_overlap({tag for cell in several for tag in cell[:-1]}, {cell[-1] for cell in several}))


def _overlap(some: set[str], others: set[str]) -> bool:
    both = len(some & others)
    return both > 1 or 2 * both >= len(others) > 0
