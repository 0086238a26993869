"""What the names of files, folders and columns tell."""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence

# Copies for the web, or archives, of pictures that lie beside them in an older format.
_COPY_SUFFIXES = frozenset({".jp2", ".j2k", ".avif"})
IMAGE_SUFFIXES = _COPY_SUFFIXES | frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
    }
)
_JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_DECIMAL = re.compile(r"\d+\.\d+")
_SYNONYMS = {
    "training": "train",
    "testing": "test",
    "labels": "label",
    "trains": "train",
    "trainset": "train",
    "traindata": "train",
    "tr": "train",
    "tests": "test",
    "testset": "test",
    "testdata": "test",
    "ts": "test",
    "te": "test",
}


def is_junk(name: str) -> bool:
    """Whether a path is hidden or something an operating system adds on its own."""
    parts = name.replace("\\", "/").split("/")
    return any(part in _JUNK or (part[:1] == "." and part not in (".", "..")) for part in parts)


def is_image(name: str) -> bool:
    """Whether a file name ends like an image's."""
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in IMAGE_SUFFIXES


def without_copies(names: Sequence[str]) -> list[str]:
    """One folder's images, without those of newer formats that are there in an older one, too.

    Args:
        names: of the files.

    Returns:
        Those that are pictures of their own, sorted.
    """
    if not any(name.lower().endswith(tuple(_COPY_SUFFIXES)) for name in names):
        return sorted(names)
    parts = {name: os.path.splitext(name) for name in names}
    older = {stem for stem, suffix in parts.values() if suffix.lower() not in _COPY_SUFFIXES}
    return sorted(
        name
        for name, (stem, suffix) in parts.items()
        if stem not in older or suffix.lower() not in _COPY_SUFFIXES
    )


def is_row_number(column: str) -> bool:
    """Whether a column is the index that pandas writes without being asked."""
    return re.fullmatch(r"column \d+|Unnamed: \d+", column) is not None


def composed(name: str) -> str:
    """A name in the one Unicode form to compare in: macOS writes `é` as two characters."""
    return unicodedata.normalize("NFC", name)


def words(name: str) -> tuple[str, ...]:
    """The words of a name: `TrainImages_v2` gives train, images, v.

    Args:
        name: a file's, folder's or column's name.

    Returns:
        Lower-case words without digits; `training` and `testing` are `train` and `test`.
    """
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return tuple(_SYNONYMS.get(part.lower(), part.lower()) for part in parts)


def shortened(text: str, length: int = 200) -> str:
    """A text with no more characters than a message has room for."""
    return text if len(text) <= length else f"{text[:length]} ..."


def sort_key(name: str) -> tuple[int, float, tuple[str | int, ...], str]:
    """Orders numbers by value and before text, and `class2` before `class10`."""
    if re.fullmatch(r"[+-]?\d{1,18}(\.\d+)?", name):
        return 0, float(name) if "." in name else int(name), (), name
    # Text and digits take turns, so that like is compared with like.
    parts = re.split(r"(\d{1,18})", name)
    return 1, 0, tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def named_in(names: Sequence[str], column: str) -> str | None:
    """Which of two classes a column is about, such as `abnormal_prob`.

    Args:
        names: the classes.
        column: a sample submission's only answer column.

    Returns:
        The class that the column is called by, or whose name is a word of its, or several words
        in a row, such as `is_hot_dog`; the longer one of `hot_dog` and `not_hot_dog`; else None.
    """
    called = [name for name in names if match_names([name], [column]) is not None]
    parts = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|\d+", composed(column))
    plain = [part.lower() for part in parts]
    spoken = [
        name
        for name in names
        if any(
            "".join(plain[start:end]) == _plain(name) != ""
            for start in range(len(plain))
            for end in range(start + 1, len(plain) + 1)
        )
    ]
    longest = [n for n in spoken if all(_plain(other) in _plain(n) for other in spoken)]
    return next((found[0] for found in (called, longest) if len(found) == 1), None)


def match_names(names: Sequence[str], columns: Sequence[str]) -> dict[str, str] | None:
    """Find each name among columns that may be spelled otherwise or carry a common prefix.

    Args:
        names: what must be found, such as class names.
        columns: where to look, such as a sample submission's columns.

    Returns:
        Name to column, no column twice; None when a name has no column of its own.
    """
    attempts: tuple[Callable[[Sequence[str]], list[str]], ...] = (
        lambda texts: [composed(text) for text in texts],
        lambda texts: [_plain(text) for text in texts],
        lambda texts: _without_prefix([_plain(text) for text in texts], letters_only=True),
        lambda texts: _without_prefix([_plain(text) for text in texts], letters_only=False),
    )
    for spell_columns in attempts:
        spelled = spell_columns(columns)
        if len(set(spelled)) < len(spelled):
            continue
        where = dict(zip(spelled, columns, strict=True))
        for spell_names in attempts:
            found = [where.get(text) for text in spell_names(names)]
            if None not in found and len(set(found)) == len(names):
                return {n: c for n, c in zip(names, found, strict=True) if c is not None}
    return None


def places_of(columns: Sequence[str], names: Sequence[str]) -> list[int]:
    """Which name each column is of.

    Args:
        columns: one a name, each the column of one of them.
        names: such as class names, in any order.

    Returns:
        For each column its name's position.
    """
    matched = match_names(names, columns)
    assert matched is not None
    place = {matched[name]: position for position, name in enumerate(names)}
    return [place[column] for column in columns]


def _plain(text: str) -> str:
    return "".join(character for character in composed(text).lower() if character.isalnum())


def _without_prefix(texts: list[str], letters_only: bool) -> list[str]:
    if len(texts) < 2:
        return texts
    prefix = common_prefix(texts)
    length = len(prefix)
    if letters_only:
        length = next((i for i, letter in enumerate(prefix) if letter.isdigit()), length)
    return [text[length:] for text in texts]


def common_prefix(texts: Sequence[str]) -> str:
    """What all of some texts begin with."""
    low, high = min(texts), max(texts)
    length = 0
    while length < min(len(low), len(high)) and low[length] == high[length]:
        length += 1
    return low[:length]


class ImageIndex:
    """Finds the image an id means: with or without folder, extension or leading zeros.

    Args:
        files: paths of the images, relative to where they were looked for, with `/`.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files
        self._exact = {file: row for row, file in enumerate(files)}
        self._short: dict[str, int] = {}
        self._ambiguous: dict[str, list[int]] = {}
        self._has_decimals = False
        for row, raw in enumerate(files):
            file = composed(raw)
            folder, _, name = file.rpartition("/")
            stem = name[: name.rfind(".")]
            self._has_decimals |= _DECIMAL.fullmatch(stem) is not None
            self._exact.setdefault(file, row)
            self._exact.setdefault(f"{folder}/{stem}" if folder else stem, row)
            for key in {name, stem, name.lower(), stem.lower(), _number(stem)}:
                if key and (first := self._short.setdefault(key, row)) != row:
                    self._ambiguous.setdefault(key, [first]).append(row)

    def find(self, identifier: str) -> int | None:
        """The row of the image an id means.

        Args:
            identifier: an id as a table spells it.

        Returns:
            Its position in `files`; None when there is no such image, or more than one.
        """
        if identifier in self._exact:
            return self._exact[identifier]
        identifier = composed(identifier)
        path = identifier.replace("\\", "/").removeprefix("./").lstrip("/")
        while path:
            if path in self._exact:
                return self._exact[path]
            path = path.partition("/")[2]
        if "/" in identifier:
            # `cat/1.jpg` must not be taken for `dog/1.jpg`.
            return None
        for key in self._keys(identifier):
            if key in self._short and key not in self._ambiguous:
                return self._short[key]
        return None

    def alike(self, identifier: str) -> tuple[str, ...]:
        """The images that an id may mean, where it is spelled like several and like none exactly.

        Args:
            identifier: an id as a table spells it.

        Returns:
            Two files or more; none where the id means one image, or there is none like it.
        """
        if self.find(identifier) is not None or "/" in identifier.replace("\\", "/"):
            return ()
        keys = self._keys(composed(identifier))
        rows = next((self._ambiguous[key] for key in keys if key in self._ambiguous), [])
        return tuple(self.files[row] for row in rows)

    def _keys(self, identifier: str) -> list[str]:
        """What an id may be looked up by besides itself, the likest first."""
        stem = identifier[: identifier.rfind(".")] if is_image(identifier) else identifier
        keys = [identifier, identifier.lower(), stem, stem.lower(), _number(stem)]
        if is_whole_float(stem) and not self._has_decimals:
            # pandas writes the id 12 as `12.0` where a row of its column is empty.
            keys += [stem[:-2], _number(stem[:-2])]
        return keys


def is_whole_float(text: str) -> bool:
    """Whether a whole number is written as pandas writes floats: `8.0`."""
    return re.fullmatch(r"-?\d{1,18}\.0", text) is not None


def _number(stem: str) -> str:
    return f"#{int(stem)}" if stem.isdecimal() and len(stem) < 19 else ""
