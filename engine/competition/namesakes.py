"""Files that one id names alike, such as `125.jpg` and `125.png`, or `A.jpg` and `a.jpg`."""

from collections.abc import Iterable, Mapping, Sequence

from engine.competition.findings import Finding, concerning
from engine.competition.names import ImageIndex, composed, is_image
from engine.competition.tables import Table
from engine.errors import UserError

# As many files as a message has room for.
_TOLD = 3
_EXPECTED = "ids in large and small letters as the files have them, or one file of a name."
_REMEDY = "remove the files that are not meant, or write the ids as theirs are called"


def ambiguous(
    found: Iterable[tuple[str, str]], files: Sequence[str]
) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """Say which file is used where an id names several.

    Args:
        found: ids, each with the file that is used.
        files: all files it could have been.

    Returns:
        At most one finding; and the files that are not used because of their name.
    """
    alike: dict[str, list[str]] = {}
    for file in files:
        alike.setdefault(_stem(file), []).append(file)
    others = {
        identifier: (file, [other for other in alike[_stem(file)] if other != file])
        for identifier, file in found
        if not is_image(identifier) and len(alike[_stem(file)]) > 1
    }
    if not others:
        return (), frozenset()
    first, (used, unused) = next(iter(others.items()))
    finding = concerning(
        list(others),
        f"Ids that name several files: {len(others)} (first: `{first}`; {used} is used, "
        f"{', '.join(unused)} is not).",
        "one file an id, or ids with their extension.",
        "remove the files that are not meant, or write the extension into the ids.",
    )
    return (finding,), frozenset(other for _, rest in others.values() for other in rest)


def unclear(
    ids: Sequence[str], files: Sequence[str], of: str
) -> tuple[tuple[Finding, ...], dict[str, tuple[str, ...]]]:
    """Say which ids have no image because they are spelled like several, and like none exactly.

    Args:
        ids: those without an image.
        files: all that it could have been.
        of: the table's name.

    Returns:
        At most one finding; and the ids that it is about, each with the files it may mean.
    """
    if not ids:
        return (), {}
    index = ImageIndex(files)
    found = {identifier: alike for identifier in ids if (alike := index.alike(identifier))}
    if not found:
        return (), {}
    finding = concerning(
        list(found),
        f"Ids in {of} that may mean several files: {len(found)} (first: {_choice(found)}).",
        _EXPECTED,
        f"{_REMEDY}; until then they are left out.",
    )
    return (finding,), found


def all_unclear(table: Table, files: Sequence[str]) -> UserError | None:
    """Say that a table names no image because its ids are spelled like several files each.

    Args:
        table: none of its columns names an image.
        files: all images there are.

    Returns:
        The error; None where its ids are spelled like no file.
    """
    index = ImageIndex(files)
    for column in table.columns:
        cells = list(dict.fromkeys(table.column(column)))
        found = {cell: alike for cell in cells if (alike := index.alike(cell))}
        # Classes 1 and 2 are also spelled like `a/1.jpg` and `b/1.jpg`.
        if 2 * len(cells) >= len(table.rows) and 2 * len(found) >= len(cells) > 0:
            return UserError(
                f"Each id in {table.path.name} may mean several files: {_choice(found)}.",
                _EXPECTED,
                f"{_REMEDY}.",
            )
    return None


def _choice(found: Mapping[str, Sequence[str]]) -> str:
    identifier, files = next(iter(found.items()))
    return f"`{identifier}` may be {' or '.join(files[:_TOLD])}"


def _stem(file: str) -> str:
    return composed(file[: file.rfind(".")])
