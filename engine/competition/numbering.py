"""Which number a class has, as a table or a JSON beside the images says."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, permutations
from pathlib import Path

from engine.competition.findings import TargetKind
from engine.competition.names import is_row_number, match_names
from engine.competition.tables import Table, read_table
from engine.competition.targets import Targets
from engine.competition.tree import Tree
from engine.errors import UserError

# Bytes; what numbers a few thousand classes is no larger, and labels may be far larger.
_LARGEST = 300_000
# As many columns of a table are looked at, for each is held against each.
_WIDEST = 8
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Numbering:
    """Each class's number.

    Args:
        file: which file says it.
        numbers: one a class, in the classes' order.
    """

    file: str
    numbers: tuple[int, ...]


def numbering(tree: Tree, sample: Table, classes: Sequence[str]) -> Numbering | None:
    """Look for what numbers the classes, where the sample answers with numbers.

    Args:
        tree: the competition's files.
        sample: the sample submission.
        classes: the classes' names.

    Returns:
        Their numbers; None where no file has them all, or two differ.
    """
    cells = sample.column(sample.columns[1]) if len(sample.columns) == 2 else []
    # Of two classes a sample may show shares, such as 0.5.
    if not cells or not any(map(_NUMBER.fullmatch, cells)) or any(map(str.isdecimal, classes)):
        return None
    found: dict[tuple[int, ...], str] = {}
    for file, numbers in chain(_of_tables(tree, sample), _of_json(tree, sample)):
        matched = match_names(classes, list(numbers))
        are_counted = min(numbers.values()) in (0, 1) and len(set(numbers.values())) == len(numbers)
        if matched is not None and are_counted and max(numbers.values()) <= len(numbers):
            found.setdefault(tuple(numbers[matched[name]] for name in classes), file)
    return Numbering(*found.popitem()[::-1]) if len(found) == 1 else None


def with_one_positive(targets: Targets, told: Numbering | None) -> tuple[Targets, Numbering | None]:
    """Binary targets whose positive class is the one that a file gives the number 1.

    Args:
        targets: what was read.
        told: the classes' numbers, in their order.

    Returns:
        The targets, and the numbers in the order of their classes.
    """
    if told is None or targets.kind is not TargetKind.BINARY or told.numbers != (1, 0):
        return targets, told
    turned = replace(targets, classes=targets.classes[::-1], values=1 - targets.values)
    return turned, replace(told, numbers=(0, 1))


def _of_tables(tree: Tree, sample: Table) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Every pair of a column of names and one of numbers."""
    for place in tree.tables.values():
        if place == sample.path or not _is_small(place):
            continue
        try:
            table = read_table(place)
        except UserError:
            # Nothing else is read of it.
            continue
        columns = [column for column in table.columns if not is_row_number(column)][:_WIDEST]
        for name, number in permutations(columns, 2):
            names, numbers = table.column(name), table.column(number)
            if names and len(set(names)) == len(names) and all(map(_is_whole, numbers)):
                yield place.name, dict(zip(names, map(int, numbers), strict=True))


def _of_json(tree: Tree, sample: Table) -> Iterator[tuple[str, Mapping[str, int]]]:
    """What lies where tables do and is one object: of names to numbers, or the other way round."""
    folders = {tree.root, sample.path.parent, *(place.parent for place in tree.tables.values())}
    for place in sorted(chain.from_iterable(folder.glob("*.json") for folder in folders)):
        if not _is_small(place):
            continue
        try:
            said = json.loads(place.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if not isinstance(said, dict) or not said:
            continue
        pairs = [(str(key), str(value)) for key, value in said.items()]
        for turned in (pairs, [(value, key) for key, value in pairs]):
            if all(_is_whole(number) for _, number in turned):
                yield place.name, {name: int(number) for name, number in turned}


def _is_small(place: Path) -> bool:
    try:
        return place.stat().st_size <= _LARGEST
    except OSError:
        return False


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
