"""The notebook's layout: a line a row, of which only what is looked into is parsed."""

import json
from typing import Any

import pytest

from engine.store.rows import Row, parsed, written

TABLES: dict[str, Any] = {
    "meta": {"1": {"schema": 1}},
    "experiments": {"1": {"name": 'a "},\n  "2": {'}, "12": {"list": [1, {"x": None}]}},
    "empty": {},
}


def made() -> dict[str, dict[str, Row]]:
    return {
        name: {number: Row(fields=row) for number, row in table.items()}
        for name, table in TABLES.items()
    }


def plain(tables: dict[str, dict[str, Row]]) -> dict[str, Any]:
    return {name: {n: dict(row) for n, row in table.items()} for name, table in tables.items()}


def test_what_is_written_is_json_and_is_read_again() -> None:
    text = "".join(written(made()))
    assert json.loads(text) == TABLES
    assert plain(parsed(text)) == TABLES
    assert len(text.splitlines()) == 3 + 2 * 2 + 3


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_any_other_layout_is_read_too(indent: int | None) -> None:
    assert plain(parsed(json.dumps(TABLES, indent=indent))) == TABLES


def test_rows_that_others_look_into_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(written(made()))
    looked: list[str] = []
    loads = json.loads

    def noting(line: str) -> Any:
        looked.append(line)
        return loads(line)

    monkeypatch.setattr(json, "loads", noting)
    tables = parsed(text, unread=("experiments",))
    assert looked == ['{"schema": 1}']
    row = tables["experiments"]["12"]
    before = row.text
    row["list"] = [2]
    assert (before, row.text) == ('{"list": [1, {"x": null}]}', '{"list": [2]}')
    del row["list"]
    assert (row.text, len(row)) == ("{}", 0)


@pytest.mark.parametrize(
    "text",
    [
        '{\n "meta": {\n  "1": {"schema": 1\n }\n}',
        '{\n "meta": {\n  "1": [1]\n }\n}',
        '{\n "meta": {\n  "one": {}\n }\n}',
        '{\n "meta": {\n  "1": {}\n}',
        "{\n ???\n}",
    ],
)
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text)
