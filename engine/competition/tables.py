"""Reading a CSV as it comes: any separator, byte order mark, line ends and encoding."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from engine.errors import UserError

_PACKED = ".gz"
# A mask written as text in a cell is longer than Python expects any to be.
csv.field_size_limit(2**31 - 1)
_SUFFIXES = (".csv", ".tsv", f".csv{_PACKED}", f".tsv{_PACKED}")
_SEPARATORS = ",;\t|"
HEADLESS_ID = "id"
_UNNAMED = re.compile(r"column \d+")
_MISSING = frozenset({"", "nan", "NaN", "NAN", "NULL", "null", "N/A", "<NA>"})


def is_table(name: str) -> bool:
    """Whether a file name ends like a table's."""
    return name.lower().endswith(_SUFFIXES)


@dataclass(frozen=True)
class Table:
    """A CSV's cells as text, so that an id such as `0012` stays what it is.

    Args:
        path: the file.
        columns: the header's names.
        rows: the cells, as many in each row as there are columns.
        lines: the line of the file each row ends on, counted from 1.
        separator: the character between cells.
        id_place: where the first column stands in the file, when it was moved to the front.
        counter: what its first column was called, where that only counts the rows and was left out.
        counts_from: its first number.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    separator: str
    id_place: int = 0
    counter: str = ""
    counts_from: int = 1

    def column(self, name: str) -> list[str]:
        """The cells of one column.

        Args:
            name: one of `columns`.

        Returns:
            One text a row.
        """
        position = self.columns.index(name)
        return [row[position] for row in self.rows]


def is_missing(cell: str) -> bool:
    """Whether a cell says nothing; `none` and `NA` can be class names and do count."""
    return cell in _MISSING


def is_count(cells: Sequence[str]) -> bool:
    """Whether the cells of a column are whole numbers, each the next of the one before."""
    if not all(map(str.isdecimal, cells)):
        return False
    return all(int(after) - int(before) == 1 for before, after in pairwise(cells))


def headless(table: Table, id_position: int) -> Table:
    """Take a table's header for its first row, and name the columns.

    Args:
        table: as it was read, its first line as the header.
        id_position: which column names the images.

    Returns:
        The table with one row more; its columns are `id` and `label`, or `value 2` and so on
        where there are more.
    """
    width = len(table.columns)
    columns = ["label" if width == 2 else f"value {i}" for i in range(1, width + 1)]
    columns[id_position] = HEADLESS_ID
    # An empty cell was given a name when it was taken for a column's.
    first = ("" if c == _unnamed(i) else c for i, c in enumerate(table.columns, start=1))
    rows = (tuple(first), *table.rows)
    return replace(table, columns=tuple(columns), rows=rows, lines=(1, *table.lines))


def named_columns(header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a header line; pandas writes its index as a column without a name.

    Args:
        header: its cells, which may be empty.

    Returns:
        A name for each.
    """
    return tuple(name or _unnamed(i) for i, name in enumerate(header, start=1))


def header_line(columns: Sequence[str]) -> tuple[str, ...]:
    """The header that columns were read from.

    Args:
        columns: their names, among them such as `named_columns` gave them.

    Returns:
        What is written; empty for a column without a name.
    """
    return tuple("" if _UNNAMED.fullmatch(name) else name for name in columns)


def read_table(path: Path, is_ours: bool = False) -> Table:
    """Read a CSV or TSV with a header, also where it is packed with gzip.

    Args:
        path: the file.
        is_ours: whether blanks around a cell belong to it, as this program writes them.

    Returns:
        Its cells; empty lines are skipped and short rows filled up with empty cells.

    Raises:
        UserError: the file can't be read, is empty, is no text, or a row is too long.
    """
    try:
        return parse_table(path, _decode(_content(path)), is_ours)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _malformed(path, "is not a whole gzip file", "download it again.") from error
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror}.",
            "a CSV file this user may read.",
            "check the name and the permissions.",
        ) from error


def parse_table(path: Path, text: str, is_ours: bool = False) -> Table:
    """Read the text of a CSV or TSV with a header; of a `.txt` blanks may part the cells.

    Args:
        path: the file's name, for messages.
        text: its content.
        is_ours: whether blanks around a cell belong to it.

    Returns:
        Its cells.

    Raises:
        UserError: the text is empty, binary, or a row is longer than the header.
    """
    if "\0" in text:
        raise _malformed(path, "holds binary data", "is it an archive or an image, renamed?")
    first = next(iter(text.lstrip().splitlines()), "")
    separator = _separator(first)
    if path.suffix.lower() == ".txt" and separator not in first:
        separator = " "
    # Of several blanks in a row one separates.
    is_blank = separator == " "
    if is_blank:
        # A blank at the end of a line separates nothing.
        text = "\n".join(line.rstrip(" \r") for line in text.split("\n"))
    content = io.StringIO(text, newline="")
    reader = csv.reader(content, delimiter=separator, skipinitialspace=is_blank)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    columns: tuple[str, ...] = ()
    try:
        for cells in reader:
            row = tuple(cells if is_ours else (cell.strip() for cell in cells))
            if not any(row):
                continue
            if not columns:
                columns = _header(path, row)
                continue
            rows.append(_fitted(path, row, len(columns), reader.line_num))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise _malformed(path, f"line {reader.line_num}: {error}", "correct that line.") from error
    if not columns:
        raise _malformed(path, "is empty", "download it again.")
    return Table(path, columns, tuple(rows), tuple(lines), separator)


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix.lower() == _PACKED else content


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        # As Excel writes it: Latin-1 has no curly quotes and no euro.
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _separator(header: str) -> str:
    outside = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def _header(path: Path, row: tuple[str, ...]) -> tuple[str, ...]:
    columns = named_columns(row)
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise _malformed(
            path,
            f"names the column `{twice}` twice",
            "rename one of the two; or add a header line, if the file has none.",
        )
    return columns


def _unnamed(position: int) -> str:
    return f"column {position}"


def _fitted(path: Path, row: tuple[str, ...], width: int, line: int) -> tuple[str, ...]:
    if any(row[width:]):
        raise _malformed(
            path,
            f"line {line}: {len(row)} cells, the header has {width}",
            "put cells that hold the separator in double quotes.",
        )
    return row[:width] + ("",) * (width - len(row))


def _malformed(path: Path, fault: str, fix: str) -> UserError:
    return UserError(
        f"{path.name}: {fault}." if fault.startswith("line") else f"{path.name} {fault}.",
        "a CSV with a header line and one row an image.",
        fix,
    )
