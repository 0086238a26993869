"""Class names as they are meant, and as the sample submission spells them."""

import unicodedata
from collections.abc import Collection, Sequence

from engine.competition.names import composed, is_whole_float, match_names
from engine.competition.tables import is_missing


def meant(cells: list[str], answer_columns: Sequence[str] = ()) -> list[str]:
    """A column's class names without the `.0` that pandas adds to numbers where a cell is empty.

    Args:
        cells: the column.
        answer_columns: the sample submission's columns; where they have the `.0` too, it stays.

    Returns:
        The cells; all as they were unless every one of them is such a number.
    """
    present = sorted({cell for cell in cells if not is_missing(cell)})
    if not present or not all(map(is_whole_float, present)):
        return cells
    if len(answer_columns) > 1 and match_names(present, answer_columns):
        return cells
    return [cell if is_missing(cell) else cell.removesuffix(".0") for cell in cells]


def spelled(classes: tuple[str, ...], cells: Collection[str]) -> tuple[str, ...]:
    """How the sample spells each class.

    Args:
        classes: their names.
        cells: the sample's answers, which seldom show all of them.

    Returns:
        One text a class: the sample's own where it has it, else in the sample's manner.
    """
    shown: dict[str, str] = {}
    for cell in sorted(cells):
        shown.setdefault(composed(cell), cell)
        if is_whole_float(cell):
            shown.setdefault(cell.removesuffix(".0"), cell)
    has_floats = bool(cells) and all(map(is_whole_float, cells))
    is_decomposed = any(cell != composed(cell) for cell in cells)
    texts = []
    for name in classes:
        other = f"{name}.0" if has_floats and is_whole_float(f"{name}.0") else name
        other = unicodedata.normalize("NFD", other) if is_decomposed else other
        texts.append(shown.get(name, other))
    return tuple(texts)
