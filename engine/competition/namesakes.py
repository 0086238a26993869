"""Files that one id without an extension names alike, such as `125.jpg` and `125.png`."""

from collections.abc import Iterable, Sequence

from engine.competition.findings import Finding, concerning
from engine.competition.names import composed, is_image


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


def _stem(file: str) -> str:
    return composed(file[: file.rfind(".")])
