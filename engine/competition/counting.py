"""Which number is which class, where the sample answers with numbers and the classes have names."""

import json
import re
from collections.abc import Collection, Sequence

from engine.competition.findings import Finding, TargetKind, concerning
from engine.competition.names import composed, is_whole_float
from engine.competition.numbering import Numbering
from engine.competition.settings import CompetitionSettings
from engine.competition.targets import Targets

_LISTED = 3
# Of two, which is the positive one is asked for by itself.
_TWO = 2


def numbered(
    classes: Sequence[str],
    cells: Collection[str],
    settings: CompetitionSettings,
    told: Numbering | None = None,
) -> tuple[str, ...] | None:
    """Each class's number in the classes' order.

    Where the user has said which class is which, they are counted in that order; where a file
    beside the images numbers them, it is right if it has all of the sample's numbers. Otherwise a
    number that the names hold themselves counts (`class3`, `03.owl`), if the sample's numbers are
    among these; else they are counted as most libraries do, by the alphabet. Counting begins with
    0, or with 1 where the sample has the last of these numbers and no 0.

    Args:
        classes: their names.
        cells: the sample's answers.
        settings: the user's overrides.
        told: the classes' numbers as a file has them.

    Returns:
        One text a class, as the sample writes numbers; None where it does not count them.
    """
    if not cells or any(map(is_number, classes)):
        return None
    ending = ".0" if all(map(is_whole_float, cells)) else ""
    shown = [cell.removesuffix(ending) for cell in cells]
    if not all(number.isascii() and number.isdecimal() for number in shown):
        return None
    found = set(map(int, shown))
    if (beside := _of_file(told, found, settings)) is not None:
        return tuple(f"{number}{ending}" for number in beside)
    numbers = _own_numbers(classes)
    is_told = settings.classes is not None or settings.positive is not None
    # Of two classes 0 and 1 are far more usual than 1 and 2.
    is_usual = len(classes) == _TWO and max(found) < _TWO
    if is_told or is_usual or not found <= set(numbers):
        start = int(0 not in found and len(classes) in found)
        # Names that differ by their numbers alone are in the order of these already.
        is_ordered = is_told or bool(numbers) or len(classes) == _TWO
        order = list(classes) if is_ordered else sorted(classes)
        numbers = [start + order.index(name) for name in classes]
    if max(found) > max(numbers):
        return None
    return tuple(f"{number}{ending}" for number in numbers)


def by_number(
    sample: str,
    cells: Collection[str],
    numbers: Sequence[str],
    targets: Targets,
    settings: CompetitionSettings,
    told: Numbering | None = None,
) -> tuple[Finding, ...]:
    """Say which number is which class.

    Args:
        sample: the sample submission's name.
        cells: its answers.
        numbers: one a class, as answers write it.
        targets: the classes.
        settings: the user's overrides.
        told: the classes' numbers as a file has them.

    Returns:
        One finding: a note where the user has said in which order the classes are, a file has their
        numbers, or their own numbers are the only ones that the sample can mean.
    """
    classes = targets.classes
    is_told = settings.positive if targets.kind is TargetKind.BINARY else settings.classes
    pairs = [f"{number} is {name}" for number, name in zip(numbers, classes, strict=True)]
    pairs.sort(key=lambda pair: float(pair.partition(" ")[0]))
    counted = [int(float(number)) for number in numbers]
    is_only = max((int(float(cell)) for cell in cells), default=0) >= len(classes)
    is_evident = counted == _own_numbers(classes) and (
        is_only or counted == list(range(len(classes)))
    )
    source = ""
    if told is not None and _of_file(told, set(counted), settings) == tuple(counted):
        source, is_evident = f", as {told.file} says", True
    return (
        concerning(
            pairs,
            f"{sample} answers with numbers, and the classes have names: "
            f"{', '.join(pairs[:10])}{', ...' if len(pairs) > 10 else ''} in the answers{source}.",
            "a sample with the classes' names, or labels with their numbers.",
            f"nothing if the competition counts them so; otherwise {_remedy(targets)}.",
            "note" if is_evident or is_told is not None else "warning",
        ),
    )


def _of_file(
    told: Numbering | None, shown: Collection[int], settings: CompetitionSettings
) -> tuple[int, ...] | None:
    """The numbers that a file has, where they are among the sample's and the user says none."""
    if told is None or settings.classes is not None or settings.positive is not None:
        return None
    return told.numbers if set(shown) <= set(told.numbers) else None


def is_number(text: str) -> bool:
    """Whether a text is a number, whole or not."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def are_zeros_and_ones(cells: Collection[str]) -> bool:
    """Whether no cell is another number than 0 or 1, however written; true where there is none."""
    return all(is_number(cell) and float(cell) in (0, 1) for cell in cells)


def _remedy(targets: Targets) -> str:
    if targets.kind is TargetKind.BINARY:
        return (
            f'write `[competition]` and `positive = "{targets.classes[0]}"` into `hydra.toml`, or '
            "its numbers into the label column"
        )
    if targets.kind is TargetKind.MULTILABEL:
        return "write its numbers into the label column"
    listed = json.dumps(list(targets.classes[:_LISTED]), ensure_ascii=False)
    listed = listed.replace("]", ", ...]") if len(targets.classes) > _LISTED else listed
    return (
        "write all classes in the order of its numbers into `hydra.toml`, below `[competition]`: "
        f"`classes = {listed}`; or its numbers into the label column"
    )


def _own_numbers(classes: Sequence[str]) -> list[int]:
    """The numbers in the names, where each starts with one, or differs from others by one only."""
    patterns = (r"()(\d+)[\s._-].*", r"(\D*)(\d{1,18})\D*")
    for pattern in patterns:
        matches = [re.fullmatch(pattern, composed(name).lower()) for name in classes]
        found = [match for match in matches if match is not None]
        numbers = [int(match[2]) for match in found]
        if len(set(numbers)) == len(classes) and len({match[1] for match in found}) == 1:
            return numbers
    return []
