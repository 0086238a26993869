"""A spec as a form: look it over, change what you like, run it."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from app.looks import style
from app.presentation.asked import (
    MOST_AT_ONCE,
    Asked,
    differences_text,
    lines_from,
    refusal_text,
    verdict_text,
)
from app.presentation.form_help import ALSO, FEWER, FOUND, RED, SWEPT, TEXT, field_help
from app.presentation.tables import spec_fields
from app.presentation.toml import spec_of, spec_toml
from app.screens.confirm import leave_if_sure
from app.screens.message import MessageScreen
from app.screens.styled import StyledOnce
from app.widgets.field_list import FieldList, FormField
from app.widgets.keys import Keys
from app.widgets.spec_field import choices_of
from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec
from engine.recipe.requests import with_each

# Of the dialog's widest, its borders and the blanks at its sides.
_WIDEST, _SHARE, _FRAME = 84, 0.98, 6
_EXAMPLE = "augmentation=hydrangea phases.1.epochs=5"


class SpecScreen(StyledOnce[Asked | None], ModalScreen[Asked | None]):
    """The fields of a spec, checked as they are typed; answers with what is to be run.

    Args:
        spec: the values to begin with.
        parent: the experiment it comes from.
        origin: that one's spec, to show what differs from it.
        fits: backbone and size of all that are queued with what is changed here.
        cost: seconds that a spec will take, as far as that can be told.
        check: raises a UserError where this competition can't run specs.
        twins: says which experiments run, or will, that are just what is asked for.
    """

    # The list begins with its first field; the first of all is the line that finds.
    AUTO_FOCUS = ""
    CSS_PATH = style("spec")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run", id="spec.run", tooltip="Run this spec", priority=True),
        Binding("down,tab", "go(1)", "next", id="spec.next", tooltip="Next field", priority=True),
        Binding(
            "up,shift+tab",
            "go(-1)",
            "previous",
            id="spec.previous",
            tooltip="Previous field",
            priority=True,
        ),
        Binding(
            "ctrl+f",
            "find",
            "find",
            id="spec.find",
            tooltip="Show the fields that a word stands in, their names or what they do; esc: all",
            priority=True,
        ),
        Binding(
            "ctrl+t",
            "toml",
            "TOML",
            id="spec.toml",
            tooltip="The whole spec as TOML, to edit or copy; again: back to the form",
            priority=True,
        ),
        Binding(
            "ctrl+r",
            "run_now",
            "run now",
            id="spec.run_now",
            tooltip="Run this spec, also from the TOML view, where enter begins a line",
            priority=True,
        ),
        Binding(
            "ctrl+o",
            "differences",
            "differences",
            id="spec.differences",
            tooltip="All that differs from the experiment it comes from",
            show=False,
            priority=True,
        ),
        Binding("escape", "cancel", "cancel", id="spec.cancel", tooltip="Run nothing"),
    ]

    def __init__(
        self,
        spec: ExperimentSpec,
        parent: str | None,
        origin: ExperimentSpec | None = None,
        fits: tuple[str, ...] = (),
        cost: Callable[[ExperimentSpec], float | None] = lambda _: None,
        check: Callable[[Asked], None] = lambda _: None,
        twins: Callable[[Asked], str] = lambda _: "",
    ) -> None:
        super().__init__()
        self._cost, self._check, self._twins = cost, check, twins
        self._fits = fits
        self._spec, self._origin, self._from = spec, parent, origin
        self._changes = lines_from(origin, (spec,))
        fields = spec_fields(spec.model_dump(mode="json"))
        self._also = Input(placeholder=_EXAMPLE, id="also", compact=True)
        self._list = FieldList(
            [FormField(path, value, choices_of(ExperimentSpec, path)) for path, value in fields],
            ("also set", self._also),
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            origin = f", from experiment {self._origin}" if self._origin else ""
            dialog.border_title = f"Run {self._spec.stage}{origin}"
            if self._changes or len(self._fits) > 1:
                yield Static(self._differences(), id="differences", markup=False)
            yield self._list
            yield TextArea(id="toml", show_line_numbers=True)
            yield Static(id="help", markup=False)
            yield Static(id="verdict")
        yield Keys(show_command_palette=False)

    def _differences(self) -> str:
        """How many are queued, and what differs from the experiment it comes from."""
        return differences_text(self._changes, self._origin, self._fits, self._room, "ctrl+o")

    @property
    def _room(self) -> int:
        """Columns for what is told, also before anything is laid out."""
        return max(min(_WIDEST, int(self.app.size.width * _SHARE)) - _FRAME, 1)

    def on_resize(self) -> None:
        """Another width has room for other differences."""
        for told in self.query("#differences").results(Static):
            told.update(self._differences())

    def on_mount(self) -> None:
        """Say that it can be run as it is."""
        self.query_one("#toml").display = False
        self._name_keys()
        self._judge()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a text, enter and the arrows are the text's own."""
        if action == "differences":
            return bool(self._changes)
        return not (self._is_text and action in ("go", "find", "run"))

    @property
    def _is_text(self) -> bool:
        return bool(self.is_mounted and self.query_one("#toml").display)

    def on_descendant_focus(self) -> None:
        """Explain the field the cursor stands in, and name the keys that do something there."""
        self._explain(self._judge())
        self._name_keys()

    def on_field_list_moved(self) -> None:
        """As where the focus goes; another field may have choices to step through."""
        self.on_descendant_focus()
        self.refresh_bindings()

    def on_input_changed(self) -> None:
        """Check at every key."""
        self._explain(self._judge())

    def action_go(self, by: int) -> None:
        self._list.go(by)

    def action_run(self) -> None:
        if self._list.is_asked:
            self._list.go(1)
        else:
            self.action_run_now()

    def action_run_now(self) -> None:
        if (asked := self._judge()) is not None:
            self.dismiss(asked)
            return
        self.app.bell()
        self._list.show_all()
        if wrong := self._wrong():
            self._list.go_to(wrong[0])
        else:
            self._also.focus()

    def action_differences(self) -> None:
        if self._judge() is None:
            self._tell("#help", Text(RED))
            return
        heading = f"What differs from {self._origin}"
        self.app.push_screen(MessageScreen(heading, "\n".join(self._changes)))

    def action_find(self) -> None:
        self._list.find()

    def action_cancel(self) -> None:
        if self._list.show_all():
            return
        if self._judged() == (self._spec,):
            self.dismiss(None)
        else:
            leave_if_sure(self, "Leave without running it?")

    def action_toml(self) -> None:
        """Show the text instead of the form, or the form with what the text says."""
        asked = self._judge()
        if asked is None or len(asked) > 1:
            self._tell("#help", Text(SWEPT if asked else RED))
            return
        # What is hidden could not have the cursor.
        self._list.show_all()
        text, form = self.query_one("#toml", TextArea), self._list
        if self._is_text:
            if not self._list.take(dict(spec_fields(asked[0].model_dump(mode="json")))):
                self._tell("#help", Text(FEWER))
                return
        else:
            text.text = spec_toml(asked[0])
        text.display, form.display = form.display, text.display
        if text.display:
            text.focus()
        else:
            self._list.begin()
        self._name_keys()
        self.refresh_bindings()

    def _name_keys(self) -> None:
        """In the form enter runs it, too, and is named: there is no room for both."""
        # On the line that finds, enter goes to what is found.
        idle = "run" if self._list.is_asked else "run_now"
        self.query_one(Keys).fit(frozenset() if self._is_text else frozenset({idle}))

    def on_text_area_changed(self) -> None:
        """Check the text at every key."""
        self._explain(self._judge())

    def _explain(self, asked: Asked | None) -> None:
        field = self._list.current
        if self._list.has_cursor and field is not None:
            text = field_help(field.path, bool(field.choices), asked[0] if asked else None)
        elif self.focused is None:
            return
        else:
            text = TEXT if self._is_text else FOUND if self._list.is_asked else ALSO
        self._tell("#help", Text(text))

    def _tell(self, place: str, text: Text) -> None:
        self.query_one(place, Static).update(text)

    def _lines_of(self, text: Text) -> int:
        return len(text.wrap(self.app.console, self._room))

    def _wrong(self) -> list[str]:
        """The fields that are wrong by themselves; none when only together they are."""
        wrong = []
        for field in self._list.changed():
            try:
                self._check(self._each([f"{field.path}={field.value}"]))
            except UserError:
                wrong.append(field.path)
        return wrong

    def _each(self, overrides: Iterable[str]) -> Asked:
        return with_each(self._spec, overrides, MOST_AT_ONCE)

    def _judged(self) -> Asked | UserError:
        """What the form, or the text, says."""
        try:
            if self._is_text:
                asked: Asked = (spec_of(self.query_one("#toml", TextArea).text),)
            else:
                asked = self._each(self._list.overrides())
            self._check(asked)
        except UserError as error:
            return error
        return asked

    def _judge(self) -> Asked | None:
        asked = self._judged()
        is_wrong = isinstance(asked, UserError)
        self._list.mark(self._wrong() if is_wrong and not self._is_text else ())
        if isinstance(asked, UserError):
            self._tell("#verdict", refusal_text(asked, self._lines_of))
            return None
        if (changes := lines_from(self._from, asked)) != self._changes:
            self._changes = changes
            # Where there was nothing to tell of there is no line for it: the fields stay in place.
            if self.query("#differences"):
                self._tell("#differences", Text(self._differences()))
        costs = [self._cost(one) for one in asked]
        seconds = None if None in costs else sum(filter(None, costs))
        key = "ctrl+r" if self._is_text or self._list.is_asked else "enter"
        count = max(len(self._fits), 1)
        twins = self._twins(asked)
        self._tell("#verdict", verdict_text(self._spec, asked, count, seconds, key, twins))
        return asked
