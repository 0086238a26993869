"""The table of spec fields is the spec's own."""

from pathlib import Path

from engine.experiment.overrides import field_paths
from engine.experiment.table import spec_table

TABLE = Path(__file__).parents[2] / "docs" / "spec.md"


def test_the_table_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == spec_table(), (
        "run `python -m engine.experiment.table > docs/spec.md`"
    )


def test_every_field_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    told = {cells[0].strip("| `"): cells[2] for cells in rows if len(cells) == 3}
    for path in field_paths():
        assert len(told[path]) > 15, path
