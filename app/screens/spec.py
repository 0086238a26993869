"""A spec as a form: look it over, change what you like, run it."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from app.looks import style
from app.presentation.tables import spec_fields
from app.presentation.text import about, error_lines
from app.presentation.toml import spec_of, spec_toml
from app.screens.confirm import ConfirmScreen
from app.screens.styled import StyledOnce
from app.widgets.field_list import FieldList
from app.widgets.keys import Keys
from app.widgets.spec_field import SpecField, choices_of
from engine.errors import UserError
from engine.experiment.compare import differing_fields
from engine.experiment.memory import describe_backbone
from engine.experiment.overrides import apply_overrides, describe_field
from engine.experiment.spec import ExperimentSpec

_EXAMPLE = "augmentation=hydrangea phases.1.epochs=5"
_TEXT = "The whole spec; what is left out has its default. ctrl+t goes back to the form."
_FOUND = "find: enter goes to what is found; esc shows all fields again."
_ALSO = (
    "also set: any field=value as `--set` takes them, separated by spaces. Adds a phase "
    "(phases.1.epochs=5), or takes a named set (augmentation=hydrangea)."
)


class SpecScreen(StyledOnce[ExperimentSpec | None], ModalScreen[ExperimentSpec | None]):
    """The fields of a spec, checked as they are typed.

    Args:
        spec: the values to begin with.
        parent: the experiment it comes from.
        origin: that one's spec, to show what differs from it.
        count: how many fits are queued with what is changed here.
        cost: seconds that a spec will take, as far as that can be told.
        check: raises a UserError where this competition can't run a spec.
    """

    # The list begins with its first field; the first of all is the line that finds.
    AUTO_FOCUS = ""
    CSS_PATH = style("spec")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run", id="spec.run", tooltip="Run this spec", priority=True),
        Binding("down", "go(1)", "next", id="spec.next", tooltip="Next field", priority=True),
        Binding(
            "up",
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
            "run('text')",
            "run",
            id="spec.run_now",
            tooltip="Run this spec, also from the TOML view, where enter begins a line",
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
        count: int = 1,
        cost: Callable[[ExperimentSpec], float | None] = lambda _: None,
        check: Callable[[ExperimentSpec], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._cost, self._check = cost, check
        # How many lines there are of what is told below the form.
        self._lines: dict[str, int] = {}
        self._count = count
        self._differing = differing_fields([origin, spec]) if origin is not None else ()
        self._spec = spec
        self._origin = parent
        self._fields = spec_fields(spec.model_dump(mode="json"))
        self._inputs = [
            SpecField(path, value, choices_of(ExperimentSpec, path)) for path, value in self._fields
        ]
        self._also = Input(placeholder=_EXAMPLE, id="also", compact=True)
        self._list = FieldList(self._inputs, ("also set", self._also))
        self._values: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            origin = f", from experiment {self._origin}" if self._origin else ""
            dialog.border_title = f"Run {self._spec.stage}{origin}"
            if told := self._differences():
                yield Static(told, id="differences", markup=False)
            yield self._list
            yield TextArea(id="toml", show_line_numbers=True)
            yield Static(id="help", markup=False)
            yield Static(id="verdict")
        yield Keys(show_command_palette=False)

    def _differences(self) -> str:
        """What differs from the experiment it comes from, and how many are queued."""
        fields = [f"{path} {old} → {new}" for path, (old, new) in self._differing]
        more = [f"{self._count} fits, each with what is changed here"] if self._count > 1 else []
        from_it = [f"from {self._origin}: {', '.join(fields)}"] if fields else []
        return "\n".join([*more, *from_it])

    def on_mount(self) -> None:
        """Say that it can be run as it is."""
        self.query_one("#toml").display = False
        self._judge()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a text, enter and the arrows are the text's own."""
        is_texts = action in ("go", "find") or (action == "run" and not parameters)
        return not (self._is_text and is_texts)

    @property
    def _is_text(self) -> bool:
        return bool(self.is_mounted and self.query_one("#toml").display)

    def on_descendant_focus(self) -> None:
        """Explain the field the cursor stands in."""
        self._explain(self._judge())

    def on_input_changed(self) -> None:
        """Check at every key; every field also says so of the value it begins with."""
        values = [field.value for field in (*self._inputs, self._also)]
        if values != self._values:
            self._explain(self._judge())
            self._values = values

    def action_go(self, by: int) -> None:
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_run(self, view: str = "form") -> None:
        if view == "form" and self._list.is_asked:
            self.focus_next()
        else:
            self._run()

    def _run(self) -> None:
        if (spec := self._judge()) is not None:
            self.dismiss(spec)
            return
        self.app.bell()
        self._list.show_all()
        (*self._wrong(), self._also)[0].focus()

    def action_find(self) -> None:
        self._list.find()

    def action_cancel(self) -> None:
        if self._list.show_all():
            return
        if self._judged() == self._spec:
            self.dismiss(None)
            return

        def decide(is_yes: bool | None) -> None:
            if is_yes:
                self.dismiss(None)

        what = "What you have changed here is lost.\n\ny leaves, n goes on editing."
        self.app.push_screen(ConfirmScreen("Leave without running it?", what), decide)

    def action_toml(self) -> None:
        """Show the text instead of the form, or the form with what the text says."""
        spec = self._judge()
        if spec is None:
            self.notify("What is red below is to be mended first; esc leaves without running.")
            return
        # What is hidden could not have the cursor.
        self._list.show_all()
        text, form = self.query_one("#toml", TextArea), self._list
        if self._is_text:
            if not self._take(spec):
                self.notify("The form can't take phases away: go on here; ctrl+r runs it.")
                return
        else:
            text.text = spec_toml(spec)
        text.display, form.display = form.display, text.display
        (text if text.display else self._inputs[0]).focus()
        self.refresh_bindings()

    def _take(self, spec: ExperimentSpec) -> bool:
        """Have the form say what a spec says, where it can."""
        values = dict(spec_fields(spec.model_dump(mode="json")))
        known = {str(field.name): field for field in self._inputs}
        if not known.keys() <= values.keys():
            return False
        for path, field in known.items():
            field.value = values.pop(path)
        self._also.value = " ".join(f"{path}={value}" for path, value in values.items())
        return True

    def on_text_area_changed(self) -> None:
        """Check the text at every key."""
        self._judge()

    def _explain(self, spec: ExperimentSpec | None) -> None:
        if not isinstance(self.focused, SpecField):
            also = _FOUND if self._list.is_asked else _ALSO
            self._tell("#help", Text(_TEXT if self._is_text else also))
            return
        path = str(self.focused.name)
        if path == "backbone" and spec is not None:
            text = describe_backbone(spec)
        else:
            text = describe_field(path)
        more = " Space: next choice." if self.focused.choices else ""
        self._tell("#help", Text(text + more))

    def _tell(self, place: str, text: Text) -> None:
        """Write below the form; it is only laid out anew when another number of lines is needed.

        Placing its 150 widgets takes 20 ms, which at every key would be felt.
        """
        told = self.query_one(place, Static)
        lines = len(text.wrap(self.app.console, max(told.size.width, 1)))
        told.update(text, layout=self._lines.get(place) != lines)
        self._lines[place] = lines

    def _overrides(self) -> list[str]:
        """What was changed and what was added, as `--set` takes it."""
        changed = [f"{field.name}={field.value}" for field in self._changed()]
        return [*changed, *self._also.value.split()]

    def _changed(self) -> list[SpecField]:
        # Also the name of an image may begin with a blank.
        known = {path: value.strip() for path, value in self._fields}
        return [field for field in self._inputs if field.value.strip() != known[str(field.name)]]

    def _wrong(self) -> list[SpecField]:
        """The fields that are wrong by themselves; none when only together they are."""
        wrong = []
        for field in self._changed():
            try:
                self._check(apply_overrides(self._spec, [f"{field.name}={field.value}"]))
            except UserError:
                wrong.append(field)
        return wrong

    def _judged(self) -> ExperimentSpec | UserError:
        """What the form, or the text, says."""
        try:
            if self._is_text:
                spec = spec_of(self.query_one("#toml", TextArea).text)
            else:
                spec = apply_overrides(self._spec, self._overrides())
            self._check(spec)
        except UserError as error:
            return error
        return spec

    def _judge(self) -> ExperimentSpec | None:
        spec = self._judged()
        wrong = set() if isinstance(spec, ExperimentSpec) or self._is_text else set(self._wrong())
        for field in self._inputs:
            field.set_class(field in wrong, "-invalid")
        if isinstance(spec, UserError):
            self._tell("#verdict", Text("\n".join(error_lines(spec)), "bold red"))
            return None
        changes = [f"{path}={new}" for path, (_, new) in differing_fields([self._spec, spec])]
        told = f"changed: {', '.join(changes)}" if changes else "as proposed"
        seconds = self._cost(spec)
        cost = f" · {about(seconds)}" if seconds is not None else ""
        key = "ctrl+r" if self._is_text or self._list.is_asked else "enter"
        self._tell("#verdict", Text(f"✓ {key} runs it{cost}, {told}", "green"))
        return spec
