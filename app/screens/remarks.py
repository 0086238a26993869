"""What a person notes of an experiment: tags to find it by, and a line of text."""

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from app.looks import style
from app.screens.confirm import leave_if_sure
from app.widgets.keys import Keys
from engine.experiment.record import ExperimentRecord


class Remarks(NamedTuple):
    """What was written.

    Args:
        tags: words.
        note: a line.
    """

    tags: tuple[str, ...]
    note: str


class RemarksScreen(ModalScreen[Remarks | None]):
    """Two lines to write in; answers with what they hold.

    Args:
        record: the experiment.
        known: all tags that there are.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "keep", "keep", id="remarks.keep", tooltip="Keep what is written",
            priority=True,
        ),
        Binding(
            "tab,down",
            "other",
            "next line",
            id="remarks.next",
            tooltip="Go to the other line",
            priority=True,
        ),
        Binding("escape", "leave", "leave", id="remarks.leave", tooltip="Change nothing"),
    ]  # fmt: skip

    def __init__(self, record: ExperimentRecord, known: tuple[str, ...]) -> None:
        super().__init__()
        self._record = record
        self._known = known

    def compose(self) -> ComposeResult:
        record = self._record
        known = [tag for tag in self._known if tag not in record.tags]
        others = f" Others have: {' '.join(known)}." if known else ""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Tags and note of {record.id} {record.name}"
            yield Static(
                f"Tags are words to find it by: the filter knows tag:keep.{others}\n", markup=False
            )
            yield Static("Tags, separated by spaces or commas", classes="label")
            yield Input(" ".join(record.tags), id="tags", compact=True, placeholder="keep to-check")
            yield Static("\nNote", classes="label")
            yield Input(record.note, id="note", compact=True, placeholder="a line of your own")
        yield Keys(show_command_palette=False)

    @property
    def _written(self) -> Remarks:
        tags = self.query_one("#tags", Input).value.replace(",", " ").split()
        return Remarks(tuple(tags), self.query_one("#note", Input).value)

    def action_keep(self) -> None:
        self.dismiss(self._written)

    def action_other(self) -> None:
        is_in_tags = self.focused is self.query_one("#tags", Input)
        self.query_one("#note" if is_in_tags else "#tags", Input).focus()

    def action_leave(self) -> None:
        if self._written == (self._record.tags, self._record.note):
            self.dismiss(None)
        else:
            leave_if_sure(self, "Leave without keeping it?")
