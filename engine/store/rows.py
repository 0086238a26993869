"""The notebook's rows as lines of text: only those that somebody looks into are parsed.

Every change of an experiment rewrites the file, and everybody who watches reads it again. With
thousands of rows the time goes into rows that are as they were; so each has a line of its own.
"""

import json
from collections.abc import Collection, Iterator, MutableMapping
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20


class Row(MutableMapping[str, Any]):
    """One row of a table.

    Args:
        text: its JSON, as it was read; left out of one that was made from fields.
        fields: its values.
    """

    __slots__ = ("_fields", "_text")

    def __init__(self, text: str | None = None, fields: dict[str, Any] | None = None) -> None:
        self._text = text
        self._fields = fields

    @property
    def text(self) -> str:
        """Its JSON, in one line."""
        if self._text is None:
            self._text = json.dumps(self._fields)
        return self._text

    @property
    def fields(self) -> dict[str, Any]:
        """Its values.

        Raises:
            ValueError: the text is not a row in JSON.
        """
        if self._fields is None:
            fields = json.loads(self.text)
            if not isinstance(fields, dict):
                raise ValueError("a row is no object")
            self._fields = fields
        return self._fields

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.fields[name] = value
        self._text = None

    def __delitem__(self, name: str) -> None:
        del self.fields[name]
        self._text = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


Tables = dict[str, dict[str, Row]]


def written(tables: Tables) -> list[str]:
    """TinyDB's tables as JSON, a line a row.

    Args:
        tables: rows by their numbers, by the tables' names.

    Returns:
        The pieces of the text: joined in one they would keep other threads waiting.
    """
    pieces, is_first_table = ["{\n"], True
    for name, rows in tables.items():
        pieces.append(("" if is_first_table else ",\n") + f" {json.dumps(name)}: {{")
        is_first_table, between = False, "\n"
        for number, row in rows.items():
            pieces += (f'{between}  "{number}": ', row.text)
            between = ",\n"
        pieces.append("\n }" if rows else "}")
    pieces.append("\n}")
    return pieces


def parsed(text: str, unread: Collection[str] = ()) -> Tables:
    """The tables of a notebook, in whatever layout.

    Args:
        text: the file.
        unread: the tables whose rows are not looked into, where each has its own line.

    Raises:
        ValueError: it is not TinyDB's tables of numbered rows.
    """
    tables = _by_lines(text.split("\n"))
    return _by_json(text) if tables is None else _looked_into(tables, unread)


def read_tables(path: Path, unread: Collection[str] = ()) -> Tables:
    """The tables of a notebook's file; line by line, so that other threads need not wait.

    Args:
        path: the file.
        unread: as in `parsed`.

    Raises:
        ValueError: it is not TinyDB's tables of numbered rows.
        OSError: it can't be read.
    """
    with path.open("rb", buffering=_BLOCK) as stream:
        tables = _by_lines([line.decode().removesuffix("\n") for line in stream])
    if tables is None:
        return _by_json(path.read_bytes().decode())
    return _looked_into(tables, unread)


def _looked_into(tables: Tables, unread: Collection[str]) -> Tables:
    for name, rows in tables.items():
        if name not in unread:
            for row in rows.values():
                _ = row.fields
    return tables


def _by_lines(lines: list[str]) -> Tables | None:
    """The tables, if the file is laid out as `written` does it."""
    if len(lines) < 3 or (lines[0], lines[-1]) != ("{", "}"):
        return None
    tables: Tables = {}
    rows: dict[str, Row] | None = None
    for line in lines[1:-1]:
        if rows is not None and line.startswith('  "'):
            number, between, row = line[3:].partition('": ')
            if not between or not number.isdecimal():
                return None
            rows[number] = Row(row.rstrip().removesuffix(","))
        elif rows is not None and line in (" }", " },"):
            rows = None
        elif rows is None and line.startswith(' "') and line.endswith('": {'):
            rows = tables[line[2:-4]] = {}
        elif rows is None and line.startswith(' "') and line.rstrip(",").endswith('": {}'):
            tables[line.rstrip(",")[2:-5]] = {}
        else:
            return None
    return tables if rows is None else None


def _by_json(text: str) -> Tables:
    tables = json.loads(text)
    if not isinstance(tables, dict) or not all(map(_is_table, tables.values())):
        raise ValueError("it is JSON, but not TinyDB's tables of numbered rows")
    return {
        name: {number: Row(fields=row) for number, row in rows.items()}
        for name, rows in tables.items()
    }


def _is_table(table: object) -> bool:
    return isinstance(table, dict) and all(
        number.isdecimal() and isinstance(row, dict) for number, row in table.items()
    )
