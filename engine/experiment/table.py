"""The table of all spec fields: `python -m engine.experiment.table > docs/spec.md`."""

import json
import sys
from typing import Any

from engine.experiment.augmentation import PRESETS
from engine.experiment.overrides import describe_field, field_paths
from engine.experiment.spec import ExperimentSpec, Stage

_INTRODUCTION = """# The fields of a spec

Every experiment is one spec. Change its fields with `--set field=value` (repeatable), or in the
form that opens before a run. `phases.0` stands for any phase; the next free number adds one.
A value that is not possible is refused, with the nearest one that is.

| field | default | meaning, and what it may be |
|---|---|---|
"""


def spec_table() -> str:
    """The table as Markdown, made from the spec itself."""
    defaults = ExperimentSpec(stage=Stage.BASELINE).model_dump(mode="json")
    rows = [_row(path, _default(defaults, path)) for path in field_paths()]
    sets = "\n".join(
        f"- `augmentation={name}`: {', '.join(f'{k} {v}' for k, v in values.items()) or 'nothing'}"
        for name, values in PRESETS.items()
    )
    return f"{_INTRODUCTION}{''.join(rows)}\n## Named sets of augmentations\n\n{sets}\n"


def _row(path: str, default: Any) -> str:
    meaning = describe_field(path).partition(": ")[2].replace("|", "\\|")
    shown = default if isinstance(default, str) else json.dumps(default)
    return f"| `{path}` | {'' if path == 'stage' else shown} | {meaning} |\n"


def _default(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values[int(name)] if name.isdigit() else values[name]
    return values


if __name__ == "__main__":
    sys.stdout.write(spec_table())
