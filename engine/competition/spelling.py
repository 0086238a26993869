"""Class names as they are meant, and as the sample submission spells them."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial

from engine.competition.names import composed, is_whole_float, match_names
from engine.competition.tables import is_missing

_BETWEEN = " _-"
# Of a longer number it is the digits that count, not the value.
_LONG = 19


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
        One text a class: the sample's own where it shows the class, in whatever case, with
        whatever stands between words and with or without leading zeros; else in the sample's
        manner, where one manner explains all that is shown. One class alone, with which samples
        are filled, shows no manner of writing small and large letters.
    """
    shown = _shown(classes, cells)
    has_floats = bool(cells) and all(map(is_whole_float, cells))
    is_decomposed = any(cell != composed(cell) for cell in cells)
    write = _manner(shown)
    texts = []
    for name in classes:
        other = f"{name}.0" if has_floats and is_whole_float(f"{name}.0") else write(name)
        other = unicodedata.normalize("NFD", other) if is_decomposed else other
        texts.append(shown.get(name, other))
    if len(set(texts)) < len(texts):
        # `Cat` and `cat` are two classes, whatever the sample's manner.
        return tuple(shown.get(name, name) for name in classes)
    return tuple(texts)


def _loosely(text: str) -> str:
    """A name without what spellings differ by: case, what stands between words, leading zeros."""
    whole = text[:-2] if is_whole_float(text) else text
    if whole.removeprefix("-").isdecimal():
        return str(int(whole)) if len(whole) < _LONG else whole
    # `1-2` is not 12, and -0.5 not 0.5.
    return re.sub(r"[ _-](?![\d.])|(?<=[^\W\d_])[ _-]", "", composed(text).casefold())


def _shown(classes: Collection[str], cells: Collection[str]) -> dict[str, str]:
    """The classes that the sample shows, each with its cell: spelled alike, else loosely."""
    known = set(classes)
    exact = {name: cell for cell in sorted(cells) if (name := composed(cell)) in known}
    names = _by_key(name for name in classes if name not in exact)
    others = _by_key(cell for cell in cells if composed(cell) not in exact)
    for key, spellings in others.items():
        if key and len(spellings) == len(names.get(key, ())) == 1:
            exact[names[key][0]] = spellings[0]
    return exact


def _by_key(texts: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        found.setdefault(_loosely(text), []).append(text)
    return found


def _manner(shown: Mapping[str, str]) -> Callable[[str], str]:
    """The least change of a name that turns all shown classes into the sample's cells."""
    pairs = [(name, composed(cell)) for name, cell in shown.items()]
    widths = {len(cell) for _, cell in pairs}
    width = widths.pop() if len(widths) == 1 else 0
    numbers: tuple[Callable[[str], str], ...] = (
        lambda name: str(int(name)) if name.isdecimal() else name,
        lambda name: name.zfill(width) if name.isdecimal() else name,
    )
    cases: tuple[Callable[[str], str], ...] = (
        str,
        str.lower,
        str.upper,
        str.capitalize,
        str.title,
    )
    manners: tuple[Callable[[str], str], ...] = (
        *(partial(_joined, case=case, old="", new="") for case in cases),
        *(
            partial(_joined, case=case, old=old, new=new)
            for case in cases
            for old in _BETWEEN
            for new in (*_BETWEEN, "")
            if old != new
        ),
        *numbers,
    )
    if len(pairs) == 1 and pairs[0][0].casefold() == pairs[0][1].casefold():
        return str
    return next((one for one in manners if all(one(name) == cell for name, cell in pairs)), str)


def _joined(name: str, case: Callable[[str], str], old: str, new: str) -> str:
    changed = case(name)
    return changed.replace(old, new) if old else changed
