"""A spec as a form: look it over, change what you like, run it."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from app.presentation.tables import spec_fields
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from app.widgets.spec_field import SpecField, choices_of
from engine.errors import UserError
from engine.experiment.compare import differing_fields
from engine.experiment.memory import describe_backbone
from engine.experiment.overrides import apply_overrides, describe_field
from engine.experiment.spec import ExperimentSpec

_EXAMPLE = "augmentation=hydrangea phases.1.epochs=5"
_ALSO = (
    "also set: any field=value as `--set` takes them, separated by spaces. Adds a phase "
    "(phases.1.epochs=5), or takes a named set (augmentation=hydrangea)."
)


class SpecScreen(ModalScreen[ExperimentSpec | None]):
    """The fields of a spec, checked as they are typed.

    Args:
        spec: the values to begin with.
        parent: the experiment it comes from.
        origin: that one's spec, to show what differs from it.
        count: how many fits are queued with what is changed here.
    """

    CSS_PATH = "../styles/spec.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run", id="spec.run", tooltip="Run this spec", priority=True),
        Binding(
            "down", "app.focus_next", "next", id="spec.next", tooltip="Next field", priority=True
        ),
        Binding(
            "up",
            "app.focus_previous",
            "previous",
            id="spec.previous",
            tooltip="Previous field",
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
    ) -> None:
        super().__init__()
        self._count = count
        self._differing = differing_fields([origin, spec]) if origin is not None else ()
        self._spec = spec
        self._origin = parent
        self._fields = spec_fields(spec.model_dump(mode="json"))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            origin = f", from experiment {self._origin}" if self._origin else ""
            dialog.border_title = f"Run {self._spec.stage}{origin}"
            if told := self._differences():
                yield Static(told, id="differences", markup=False)
            with VerticalScroll(id="fields", can_focus=False):
                for path, value in self._fields:
                    with Horizontal(classes="field"):
                        yield Label(path, classes="path")
                        yield SpecField(path, value, choices_of(ExperimentSpec, path))
                with Horizontal(classes="field"):
                    yield Label("also set", classes="path")
                    yield Input(placeholder=_EXAMPLE, id="also", compact=True)
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
        self._judge()

    def on_descendant_focus(self) -> None:
        """Explain the field the cursor stands in."""
        self._explain(self._judge())

    def on_input_changed(self) -> None:
        """Check at every key."""
        self._explain(self._judge())

    def action_run(self) -> None:
        if (spec := self._judge()) is not None:
            self.dismiss(spec)
            return
        self.app.bell()
        (self._first_wrong() or self.query_one("#also", Input)).focus()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _explain(self, spec: ExperimentSpec | None) -> None:
        if not isinstance(self.focused, SpecField):
            self.query_one("#help", Static).update(_ALSO)
            return
        path = str(self.focused.name)
        if path == "backbone" and spec is not None:
            text = describe_backbone(spec)
        else:
            text = describe_field(path)
        more = " Space: next choice." if self.focused.choices else ""
        self.query_one("#help", Static).update(text + more)

    def _overrides(self) -> list[str]:
        """What was changed and what was added, as `--set` takes it."""
        changed = [f"{field.name}={field.value}" for field in self._changed()]
        return [*changed, *self.query_one("#also", Input).value.split()]

    def _changed(self) -> list[SpecField]:
        known = dict(self._fields)
        fields = self.query(SpecField)
        return [field for field in fields if field.value.strip() != known[str(field.name)]]

    def _first_wrong(self) -> SpecField | None:
        """The first field that is wrong by itself; None when only together they are."""
        for field in self._changed():
            try:
                apply_overrides(self._spec, [f"{field.name}={field.value}"])
            except UserError:
                return field
        return None

    def _judge(self) -> ExperimentSpec | None:
        changes = self._overrides()
        verdict = self.query_one("#verdict", Static)
        try:
            spec = apply_overrides(self._spec, changes)
        except UserError as error:
            verdict.update(Text("\n".join(error_lines(error)), "bold red"))
            return None
        told = f"changed: {', '.join(changes)}" if changes else "as proposed"
        verdict.update(Text(f"✓ enter runs it, {told}", "green"))
        return spec
