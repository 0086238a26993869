"""The fields of a spec below each other, and a line that leaves only those looked for."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Input, Label, Static

from app.widgets.spec_field import SpecField
from engine.experiment.overrides import describe_field

_WORDS = "part of a field's name, or of what it does"
# As the input looks that is not possible.
_WRONG = "$text-error underline"


@dataclass
class FormField:
    """One field of a form.

    Args:
        path: the field, as `--set` takes it.
        value: what it says.
        choices: all it may be; empty when there are too many to step through.
    """

    path: str
    value: str
    choices: tuple[str, ...]


class FieldList(Vertical):
    """Fields, each with its name, one of which is typed into.

    There is one input, which moves: a form has fifty fields, and with an input for each it opened
    in four times the time, and every key in it was felt.

    Args:
        fields: are shown while nothing is looked for, or what is looked for stands in them.
        more: a line that stands behind the fields, whatever is looked for, and its name.
    """

    class Moved(Message):
        """Another field is typed into."""

    def __init__(self, fields: Sequence[FormField], more: tuple[str, Input]) -> None:
        super().__init__(id="fields")
        self._fields, self._more = fields, more
        # Also the name of an image may begin with a blank.
        self._begun = {field.path: field.value.strip() for field in fields}
        self._found = list(fields)
        self._at = 0
        self._wrong: frozenset[str] = frozenset()
        self._line = Input(placeholder=_WORDS, id="find", compact=True)
        self._typed = SpecField("value", fields[0].value, fields[0].choices)
        self._names = Static(classes="path", markup=False)
        self._rows = _Rows(can_focus=False)
        self._above, self._below = Static(classes="told"), Static(classes="told")

    def compose(self) -> ComposeResult:
        with Horizontal(id="finding") as finding:
            # From the beginning: what is hidden later has had the cursor, and what was typed.
            finding.display = False
            yield Label("find", classes="path")
            yield self._line
        with self._rows, Horizontal(id="rows"):
            yield self._names
            with Vertical(id="values"):
                yield self._above
                yield self._typed
                yield self._below
                yield self._more[1]

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.begin()

    @property
    def current(self) -> FormField | None:
        """The field that is typed into, or was last; None where none is found."""
        return self._found[self._at] if self._found else None

    @property
    def has_cursor(self) -> bool:
        """Whether it is a field that is typed into now."""
        return self._typed.has_focus

    @property
    def is_asked(self) -> bool:
        """Whether what is looked for is being typed."""
        return self._line.has_focus

    def begin(self) -> None:
        """Type into the first field from now on."""
        self._stand(0)

    def go(self, by: int) -> None:
        """Go to the next line that can be typed into, behind the last to the first.

        Args:
            by: 1, or -1 for the one before.
        """
        finding = [self._line] if self._finding.display else []
        stops: list[Input | int] = [*finding, *range(len(self._found)), self._more[1]]
        on = [stop for stop in stops if isinstance(stop, Input) and stop.has_focus]
        stop = stops[(stops.index(on[0] if on else self._at) + by) % len(stops)]
        if isinstance(stop, Input):
            stop.focus()
        else:
            self._stand(stop)

    def go_to(self, path: str) -> None:
        """Type into a field from now on.

        Args:
            path: one that is shown.
        """
        self._stand([field.path for field in self._found].index(path))

    def find(self) -> None:
        """Ask what to look for."""
        self._finding.display = True
        self._line.focus()

    def show_all(self) -> bool:
        """Look for nothing.

        Returns:
            Whether anything was looked for.
        """
        was_open, was_asked = self._finding.display, self.is_asked
        self._line.value, self._finding.display = "", False
        self._filter()
        if was_asked:
            self.begin()
        return was_open

    def changed(self) -> list[FormField]:
        """The fields that say something else than in the beginning."""
        self._keep()
        return [field for field in self._fields if field.value.strip() != self._begun[field.path]]

    def overrides(self) -> list[str]:
        """What was changed and what was added, as `--set` takes it."""
        changed = [f"{field.path}={field.value}" for field in self.changed()]
        return [*changed, *self._more[1].value.split()]

    def mark(self, wrong: Collection[str]) -> None:
        """Show which fields can't be what they say.

        Args:
            wrong: their paths.
        """
        if self._wrong != frozenset(wrong):
            self._wrong = frozenset(wrong)
            self._write()

    def take(self, values: dict[str, str]) -> bool:
        """Say what a spec says; what has no field here is added in the line behind them.

        Args:
            values: every field's path with its value.

        Returns:
            Whether there is a value for every field; without one nothing is taken.
        """
        known = {field.path for field in self._fields}
        if not known <= values.keys():
            return False
        for field in self._fields:
            field.value = values[field.path]
        more = [f"{path}={value}" for path, value in values.items() if path not in known]
        self._more[1].value = " ".join(more)
        self._write()
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave what is looked for; what is typed into the fields is not of interest here.

        Args:
            event: of any of the inputs.
        """
        if event.input is self._line:
            event.stop()
            self._filter()

    def on_click(self, event: Click) -> None:
        """Type into the field that was clicked on.

        Args:
            event: where.
        """
        begins = {self._names: 0, self._above: 0, self._below: self._at + 1}
        if event.widget in begins:
            place = begins[event.widget] + event.y
            if place < len(self._found):
                self._stand(place)
            else:
                self._more[1].focus()

    @property
    def _finding(self) -> Horizontal:
        return self.query_one("#finding", Horizontal)

    def _keep(self) -> None:
        """What has been typed is what its field says."""
        if self.current is not None:
            self.current.value = self._typed.value

    def _filter(self) -> None:
        self._keep()
        words = self._line.value.casefold().split()
        path = self.current.path if self.current is not None else None
        ranked = [(_rank(words, field.path), field) for field in self._fields]
        found = [(rank, field) for rank, field in ranked if rank is not None]
        # Enter goes to the first: who types a field's name means that field.
        self._found = [field for _, field in sorted(found, key=lambda one: one[0])]
        places = [place for place, field in enumerate(self._found) if field.path == path]
        # What was typed into last stays so, unless something else is looked for.
        self._at = places[0] if places and not self.is_asked else 0
        self._write()

    def _stand(self, place: int) -> None:
        """Type into the field in this place of those that are shown."""
        self._keep()
        self._at = place
        self._write()
        if self._typed.has_focus:
            # As where the focus comes: what is typed is said instead of all that it said.
            self._typed.select_all()
            self.post_message(self.Moved())
        else:
            self._typed.focus()

    def _write(self) -> None:
        names = "\n".join([*(field.path for field in self._found), self._more[0]])
        if names != self._names.content:
            self._names.update(names)
        behind = self._at + 1
        for told, fields in (
            (self._above, self._found[: self._at]),
            (self._below, self._found[behind:]),
        ):
            told.update(self._values_of(fields))
            told.display = bool(fields)
        field = self.current
        self._typed.display = field is not None
        if field is not None:
            with self._typed.prevent(Input.Changed):
                self._typed.value = field.value
            self._typed.choices = field.choices
            self._typed.set_class(field.path in self._wrong, "-invalid")
        self._rows.keep_in_sight()

    def _values_of(self, fields: Iterable[FormField]) -> Content:
        return Content("\n").join(
            Content.styled(field.value, _WRONG if field.path in self._wrong else "")
            for field in fields
        )


class _Rows(VerticalScroll):
    """What is below or found may need more lines: the field that is typed into stays in sight."""

    def on_resize(self) -> None:
        """The field may be hidden by what is below now."""
        self.keep_in_sight()

    def keep_in_sight(self) -> None:
        """Scroll to the field, once the rows stand where they will."""
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        focused = self.screen.focused
        if focused is not None and focused in self.query("*"):
            self.scroll_to_widget(focused, animate=False)


def _rank(words: Sequence[str], path: str) -> int | None:
    """How well a field is what is looked for, the best 0; None where it is not."""
    places = [_place(word, path) for word in words]
    return None if None in places else max(filter(None, places), default=0)


def _place(word: str, path: str) -> int | None:
    """Where a word stands: it is the name, begins it, is part of it, or begins one of what it does.

    Of a path, what stands behind its last point is a name, too.
    """
    names = (path, path.rpartition(".")[2])
    if word in names:
        return 0
    if any(name.startswith(word) for name in names):
        return 1
    if word in path:
        return 2
    return 3 if f" {word}" in f" {describe_field(path).casefold()}" else None
