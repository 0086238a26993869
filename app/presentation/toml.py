"""A spec as TOML, to be read and edited as a whole."""

import tomllib
from typing import Any

from engine.errors import UserError
from engine.experiment.overrides import validated
from engine.experiment.spec import ExperimentSpec


def spec_toml(spec: ExperimentSpec) -> str:
    """A spec as TOML; phases are an array of tables.

    Args:
        spec: the spec.
    """
    # Only who looks at a spec this way needs it.
    import tomlkit

    fields = spec.model_dump(mode="json", exclude_none=True)
    plain = {name: value for name, value in fields.items() if not _is_table(value)}
    tables = {name: value for name, value in fields.items() if _is_table(value)}
    # Behind a table's heading every line would belong to that table.
    return tomlkit.dumps(plain | tables)


def spec_of(text: str) -> ExperimentSpec:
    """The spec that a TOML text says.

    Args:
        text: as `spec_toml` writes it; what is left out has its default.

    Raises:
        UserError: it is no TOML, or says something that is not possible.
    """
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"This is no TOML: {error}.",
            "lines such as `image_size = 224`, and tables such as [head].",
            "mend the line; esc leaves without running anything.",
        ) from error
    return validated(fields)


def _is_table(value: Any) -> bool:
    is_tables = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) or is_tables
