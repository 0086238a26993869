"""Ids that are a part of the files' names: `4` of `4_thumbnail.png`, `1` of `img_1.jpg`."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.competition.findings import Finding, concerning
from engine.competition.names import ImageIndex, common_prefix, composed

# So many places where a constant beginning, or end, may stop.
_PLACES = 3


@dataclass(frozen=True)
class Affixes:
    """What all files' names begin and end with, around the id.

    Args:
        prefix: the beginning of each name.
        suffix: its end, before the extension.
    """

    prefix: str
    suffix: str

    def cut(self, files: Sequence[str]) -> list[str] | None:
        """Files as they would be called by their ids.

        Args:
            files: their paths, with `/`.

        Returns:
            The paths without prefix and suffix; None where a name lacks one, or is nothing else.
        """
        shorter = []
        for file in files:
            folder, slash, name = composed(file).rpartition("/")
            stem, extension = os.path.splitext(name)
            is_around = stem.startswith(self.prefix) and stem.endswith(self.suffix)
            if not is_around or len(stem) <= len(self.prefix) + len(self.suffix):
                return None
            core = stem[len(self.prefix) : len(stem) - len(self.suffix)]
            shorter.append(f"{folder}{slash}{core}{extension}")
        return shorter

    def note(self, of: str, first: str, file: str) -> Finding:
        """Say by what the images were found.

        Args:
            of: the table's name.
            first: an id.
            file: its image.
        """
        return concerning(
            [first],
            f"The ids in {of} are parts of the files' names, without "
            f"{' and '.join(f'`{part}`' for part in (self.prefix, self.suffix) if part)}: "
            f"`{first}` is {file}.",
            "ids that are names of files, with or without their extension.",
            "nothing, if these are the images that are meant.",
            "note",
        )


def affixes_of(files: Sequence[str]) -> Iterator[Affixes]:
    """What may stand around the ids in some files' names, the longest first.

    Args:
        files: their paths, with `/`.

    Yields:
        Beginnings and ends that all have in common. A digit that all begin with is the id's.
    """
    stems = [composed(os.path.splitext(file.rpartition("/")[2])[0]) for file in files]
    if not stems:
        return
    prefix = common_prefix(stems).rstrip("0123456789")
    suffix = common_prefix([stem[::-1] for stem in stems])[::-1].lstrip("0123456789")
    ends = [match.end() for match in re.finditer(r"[^\W_]+[\W_]+|[\W_]+", prefix)]
    starts = [match.start() for match in re.finditer(r"[\W_]+", suffix)]
    prefixes = dict.fromkeys((prefix, *(prefix[:end] for end in reversed(ends))))
    suffixes = dict.fromkeys((suffix, *(suffix[start:] for start in starts)))
    for before in (*list(prefixes)[:_PLACES], ""):
        for after in (*list(suffixes)[:_PLACES], ""):
            if before or after:
                yield Affixes(before, after)


def between(
    ids: Sequence[str], files: Sequence[str], known: Affixes | None = None
) -> tuple[Affixes, tuple[int, ...]] | None:
    """Find the images of ids that are a part of the files' names.

    Args:
        ids: as a table spells them.
        files: the images' paths, with `/`.
        known: what stands around the ids of other images.

    Returns:
        What stands around the ids, and each one's image; None where an id has no image, or shares
        it with another.
    """
    for affixes in (*((known,) if known else ()), *affixes_of(files)):
        shorter = affixes.cut(files)
        if not ids or shorter is None:
            continue
        index = ImageIndex(shorter)
        found: list[int] = []
        for identifier in ids:
            row = index.find(identifier)
            if row is None:
                break
            found.append(row)
        if len(set(found)) == len(ids):
            return affixes, tuple(found)
    return None
