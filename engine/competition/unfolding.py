"""Tables with a picture a row, as `label,pixel0,..,pixel783`: written as PNGs, once."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from engine.competition.derived import made_once
from engine.competition.names import words
from engine.competition.tables import read_table
from engine.errors import UserError
from engine.jobs.workspace import Workspace

# Pictures smaller than that, 8 x 8, are no pictures.
_FEWEST = 64
_PIXEL = re.compile(r"pixel[_ ]?\d+|\d+x\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Pixels:
    """How the rows of a table are pictures.

    Args:
        columns: the table's columns.
        start: the first that is a pixel; all after it are, up to the end.
        end: the first after them that is none.
    """

    columns: tuple[str, ...]
    start: int
    end: int

    @property
    def mode(self) -> str:
        """How Pillow calls what a row is: grey, or red, green and blue of each pixel in turn."""
        return "L" if math.isqrt(self.end - self.start) ** 2 == self.end - self.start else "RGB"

    @property
    def side(self) -> int:
        """Of the square, pixels."""
        return math.isqrt((self.end - self.start) // len(self.mode))


def pixels_of(table: Path) -> Pixels | None:
    """Tell by a table's header whether its rows are square pictures.

    Args:
        table: the file.

    Returns:
        Which columns are pixels; None where none are, or they make no square.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as opened:
            columns = tuple(cell.strip() for cell in next(csv.reader(opened), ()))
    except (OSError, UnicodeDecodeError, csv.Error):
        # It is read, and told of, where tables are.
        return None
    found = [place for place, name in enumerate(columns) if _PIXEL.fullmatch(name)]
    if len(found) < _FEWEST or found[-1] - found[0] + 1 != len(found):
        return None
    read = Pixels(columns, found[0], found[-1] + 1)
    return read if read.side**2 * len(read.mode) == len(found) else None


def first_number(tables: Sequence[Path]) -> int:
    """From which number the sample submission counts pictures that have no names: 0, else 1."""
    for path in tables:
        if {"sample", "submission"} & set(words(path.stem)):
            try:
                rows = read_table(path).rows
            except UserError:
                continue
            if rows and rows[0][0] == "0":
                return 0
    return 1


def unfolded(table: Path, pixels: Pixels, first: int, workspace: Workspace) -> Path:
    """Write the rows of a table as pictures into the cache; do nothing where that was done before.

    Args:
        table: the file.
        pixels: which of its columns are pixels.
        first: what the first row's picture is called, `1.png` or `0.png`; the others follow.
        workspace: whose cache receives them.

    Returns:
        A folder with the pictures in `images/`, and a table of the file's own name that has their
        names and all columns that are no pixels.

    Raises:
        UserError: a cell is no pixel, or the disk refuses.
    """
    return made_once(
        table,
        "unfolded",
        workspace,
        lambda folder: _write(table, pixels, first, folder),
        how=str(first),
    )


def _write(table: Path, pixels: Pixels, first: int, folder: Path) -> None:
    images = folder / "images"
    images.mkdir()
    others = [i for i in range(len(pixels.columns)) if not pixels.start <= i < pixels.end]
    size = (pixels.side, pixels.side)
    with (folder / table.name).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["image", *(pixels.columns[i] for i in others)])
        for number, (line, cells) in enumerate(_rows(table), start=first):
            try:
                content = bytes(map(int, cells[pixels.start : pixels.end]))
                picture = Image.frombytes(pixels.mode, size, content)
                kept = [cells[i] for i in others]
            except (ValueError, IndexError) as error:
                raise _no_pixels(table, line) from error
            picture.save(images / f"{number}.png", compress_level=1)
            writer.writerow([f"{number}.png", *kept])


def _rows(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row and its line, read one by one: all cells at once take gigabytes."""
    with table.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.reader(opened)
        next(reader)
        yield from ((reader.line_num, cells) for cells in reader if any(cells))


def _no_pixels(table: Path, line: int) -> UserError:
    return UserError(
        f"{table.name}, line {line}: a cell in the columns of pixels is none, or is missing.",
        "whole numbers from 0 to 255, as many as the header has pixels.",
        "download the file again; or write the rows as PNG files, and a CSV of their names and "
        "labels.",
    )
