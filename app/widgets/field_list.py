"""The fields of a spec below each other, and a line that leaves only those looked for."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, Static

from app.widgets.spec_field import SpecField
from engine.experiment.overrides import describe_field

_WORDS = "part of a field's name, or of what it does"


class FieldList(Vertical):
    """Fields, each with its name.

    The names are one widget: a form has fifty fields, and opens in half the time.

    Args:
        fields: are shown while nothing is looked for, or what is looked for stands in them.
        more: a line that stands behind the fields, whatever is looked for, and its name.
    """

    def __init__(self, fields: Sequence[SpecField], more: tuple[str, Input]) -> None:
        super().__init__(id="fields")
        self._fields, self._more = fields, more
        # Also the name of an image may begin with a blank.
        self._begun = {field: field.value.strip() for field in fields}
        self._line = Input(placeholder=_WORDS, id="find", compact=True)
        self._names = Static(classes="path", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal(id="finding") as finding:
            # From the beginning: what is hidden later has had the cursor, and what was typed.
            finding.display = False
            yield Label("find", classes="path")
            yield self._line
        with _Rows(can_focus=False), Horizontal(id="rows"):
            yield self._names
            with Vertical(id="values"):
                yield from self._fields
                yield self._more[1]

    def on_mount(self) -> None:
        """Begin with the first field."""
        self._name_shown()
        self._fields[0].focus()

    @property
    def is_asked(self) -> bool:
        """Whether what is looked for is being typed."""
        return self._line.has_focus

    def find(self) -> None:
        """Ask what to look for."""
        self.query_one("#finding").display = True
        self._line.focus()

    def show_all(self) -> bool:
        """Look for nothing.

        Returns:
            Whether anything was looked for.
        """
        finding = self.query_one("#finding")
        was_open, was_asked = finding.display, self.is_asked
        self._line.value, finding.display = "", False
        self._filter()
        if was_asked:
            self._fields[0].focus()
        return was_open

    def changed(self) -> list[SpecField]:
        """The fields that say something else than in the beginning."""
        return [field for field in self._fields if field.value.strip() != self._begun[field]]

    def overrides(self) -> list[str]:
        """What was changed and what was added, as `--set` takes it."""
        changed = [f"{field.name}={field.value}" for field in self.changed()]
        return [*changed, *self._more[1].value.split()]

    def take(self, values: dict[str, str]) -> bool:
        """Say what a spec says; what has no field here is added in the line behind them.

        Args:
            values: every field's path with its value.

        Returns:
            Whether there is a value for every field; without one nothing is taken.
        """
        known = {str(field.name): field for field in self._fields}
        if not known.keys() <= values.keys():
            return False
        for path, field in known.items():
            field.value = values[path]
        more = [f"{path}={value}" for path, value in values.items() if path not in known]
        self._more[1].value = " ".join(more)
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave what is looked for; what is typed into the fields is not of interest here."""
        if event.input is self._line:
            event.stop()
            self._filter()

    def _filter(self) -> None:
        words = self._line.value.casefold().split()
        for field in self._fields:
            field.display = all(_stands_in(word, str(field.name)) for word in words)
        self._name_shown()

    def _name_shown(self) -> None:
        names = [str(field.name) for field in self._fields if field.display]
        self._names.update("\n".join([*names, self._more[0]]))


class _Rows(VerticalScroll):
    """What is below or found may need more lines: the field that is typed into stays in sight."""

    def on_resize(self) -> None:
        """Scroll to the field, once the rows stand where they will."""
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        focused = self.screen.focused
        if focused is not None and focused in self.query("*"):
            self.scroll_to_widget(focused, animate=False)


def _stands_in(word: str, name: str) -> bool:
    """Anywhere in a field's name, or where a word of its description begins."""
    return word in name or f" {word}" in f" {describe_field(name).casefold()}"
