"""The form of a spec, as a person sees it and types into it."""

from typing import Any

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from app.widgets.field_list import FieldList
from app.widgets.spec_field import SpecField


def form_of(screen: Screen[Any]) -> FieldList:
    """The fields that are shown."""
    return screen.query_one(FieldList)


def typed_into(screen: Screen[Any]) -> str | None:
    """The field that has the cursor; None where it is elsewhere, or there is no form."""
    for form in screen.query(FieldList):
        if form.has_cursor and form.current is not None:
            return form.current.path
    return None


def shown(screen: Screen[Any]) -> list[str]:
    """The fields that are shown; the line behind them is named, too."""
    *names, more = str(screen.query_one("#rows .path", Static).content).splitlines()
    assert more == "also set"
    return names


class Field:
    """One of the fields.

    Args:
        screen: the form.
        path: the field.
    """

    def __init__(self, screen: Screen[Any], path: str) -> None:
        self._screen, self._path = screen, path

    def focus(self) -> None:
        """Type into it from now on."""
        form_of(self._screen).go_to(self._path)

    @property
    def value(self) -> str:
        """What it says."""
        return self._line.plain

    @value.setter
    def value(self, value: str) -> None:
        self.focus()
        self._screen.query_one(SpecField).value = value

    @property
    def is_marked(self) -> bool:
        """Whether it looks as what can't be does."""
        return bool(self._line.spans)

    @property
    def _line(self) -> Content:
        """Its value, and how that looks."""
        lines: list[Content] = []
        for part in self._screen.query("#values SpecField, #values .told"):
            if isinstance(part, SpecField) and part.display:
                lines.append(Content.styled(part.value, "red" * part.has_class("-invalid")))
            elif isinstance(part, Static) and part.display:
                content = part.content
                assert isinstance(content, Content)
                lines += content.split("\n", allow_blank=True)
        names = shown(self._screen)
        assert len(lines) == len(names)
        return lines[names.index(self._path)]
