"""Texts that may be one of several names, where the names are data and not code."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class OneOf:
    """Restricts a field to some names; what `Literal` does where they are known beforehand.

    Args:
        names: what it may be.
        words: the same in words, for the help; short where the names are many.
        pattern: a regular expression of what else it may be; empty when nothing.
    """

    names: tuple[str, ...]
    words: str
    pattern: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether the names are all it may be."""
        return not self.pattern

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._checked)

    def _checked(self, value: Any) -> str:
        if isinstance(value, str):
            if value in self.names:
                return value
            if self.pattern and re.fullmatch(self.pattern, value):
                return value
        expected = f"one of {', '.join(self.names)}" if self.is_closed else self.words
        raise PydanticCustomError(
            "not_a_choice", "{expected}", {"expected": expected, "names": list(self.names)}
        )
