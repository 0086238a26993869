"""The pseudo-labels' workbench: who labels, how sure it must be, and what that brings."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.plain import told_keys
from app.presentation.pseudo import (
    HARD_THRESHOLD,
    balance_text,
    choice_lines,
    coarser,
    finer,
    moved_share,
    preview_told,
    slider,
    takes_all,
)
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.preview import PseudoPreview
from engine.experiment.spec import PseudoSpec

# What the dialog takes of the screen for itself, and its rows above the classes.
_FRAME, _ROWS_ABOVE = 8, 20
_LEAST_CLASSES, _MOST_CLASSES = 3, 24
_ROOMY = 30
_Answer = tuple[PseudoPreview, CompetitionSummary | None]


class PseudoScreen(ModalScreen[PseudoSpec | None]):
    """Answers with how test images are to be labelled.

    Args:
        desk: the line to the service.
        spec: what the recipe proposes.
        sources: ids of the experiments that could label, the best first; at least the proposed.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("pseudo")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "go on", id="pseudo.go", tooltip="To the spec, with these"),
        Binding(
            "right", "source(1)", "source", id="pseudo.next",
            tooltip="The next experiment labels", key_display="→",
        ),
        Binding(
            "left", "source(-1)", "source before", id="pseudo.previous",
            tooltip="The experiment before labels", key_display="←", show=False,
        ),
        Binding(
            "up", "fine(1)", "surer", id="pseudo.up",
            tooltip="Raise the threshold a little", key_display="↑",
        ),
        Binding(
            "down", "fine(-1)", "laxer", id="pseudo.down",
            tooltip="Lower the threshold a little", key_display="↓",
        ),
        Binding(
            "pageup", "coarse(1)", "much surer", id="pseudo.pageup",
            tooltip="Raise the threshold to the next rung", show=False,
        ),
        Binding(
            "pagedown", "coarse(-1)", "much less sure", id="pseudo.pagedown",
            tooltip="Lower the threshold to the rung below", show=False,
        ),
        Binding(
            "h", "labels", "hard/soft", id="pseudo.labels",
            tooltip="Probabilities as they are, or the likeliest class of those sure enough",
        ),
        Binding(
            "plus,equals_sign", "share(1)", "more", id="pseudo.more",
            tooltip="Allow more of the rows trained on to be pseudo-labelled", key_display="+",
        ),
        Binding(
            "minus", "share(-1)", "fewer", id="pseudo.fewer",
            tooltip="Allow fewer of the rows trained on to be pseudo-labelled", key_display="-",
        ),
        Binding("escape", "leave", "leave", id="pseudo.leave", tooltip="Label nothing"),
    ]  # fmt: skip

    def __init__(self, desk: Desk, spec: PseudoSpec, sources: Sequence[str]) -> None:
        super().__init__()
        self._desk = desk
        self._spec = spec
        self._sources = tuple(dict.fromkeys((spec.source, *sources)))
        self._preview: PseudoPreview | None = None
        self._refusal: UserError | None = None
        self._summary: CompetitionSummary | None = None
        self._asked: PseudoSpec | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Pseudo-labels"
            yield Static(id="choice")
            yield Static(id="slider")
            yield Static(id="told")
            yield Static(id="balance")
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what the proposal would bring."""
        self._change(self._spec)

    def on_resize(self) -> None:
        """Another size has room for other bars, once what stands in the dialog has it."""
        self.call_after_refresh(self._draw)

    def action_go_on(self) -> None:
        self.dismiss(self._spec)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_source(self, by: int) -> None:
        place = self._sources.index(self._spec.source) + by
        source = self._sources[place % len(self._sources)]
        # The slider's columns are the other source's until the answer comes.
        self._preview = self._refusal = None
        self._change(self._spec.model_copy(update={"source": source}))

    def action_fine(self, way: int) -> None:
        least = takes_all(self._preview, self._summary)
        self._set_threshold(finer(self._spec.threshold, way, least))

    def action_coarse(self, way: int) -> None:
        self._set_threshold(coarser(self._spec.threshold, way))

    def action_labels(self) -> None:
        is_hard = self._spec.labels == "hard"
        changes = {
            "labels": "soft" if is_hard else "hard",
            "threshold": 0.0 if is_hard else HARD_THRESHOLD,
        }
        self._change(self._spec.model_copy(update=changes))

    def action_share(self, way: int) -> None:
        share = moved_share(self._spec.share, way)
        self._change(self._spec.model_copy(update={"share": share}))

    def _set_threshold(self, threshold: float) -> None:
        self._change(self._spec.model_copy(update={"threshold": threshold}))

    def _change(self, spec: PseudoSpec) -> None:
        self._spec = spec
        self._draw()
        if self._asked is None:
            self._ask(spec)

    def _ask(self, spec: PseudoSpec) -> None:
        """Ask one question at a time: keys come faster than answers, and only the last counts."""
        self._asked = spec

        service = self._desk.service

        def look() -> _Answer:
            return service.workbench.preview_pseudo(spec), service.known_summary()

        def show(answer: _Answer) -> None:
            if self._is_wanted(spec):
                self._refusal = None
                self._preview, self._summary = answer
                self._draw()

        def refuse(error: UserError) -> None:
            # In the preview's place: another source may do.
            if self._is_wanted(spec):
                self._preview, self._refusal = None, error
                self._draw()

        self._desk.ask(look, show, "pseudo", refuse)

    def _is_wanted(self, spec: PseudoSpec) -> bool:
        """Whether an answer may be shown; what has changed since is asked next."""
        self._asked = None
        if self.is_attached and spec != self._spec:
            self._ask(self._spec)
        return self.is_attached and spec.source == self._spec.source

    def _draw(self) -> None:
        self.set_class(self.app.size.height < _ROOMY, "-low")
        width = self.query_one("#slider").size.width or self.size.width - _FRAME
        source = self._desk.find(self._spec.source)
        place = self._sources.index(self._spec.source)
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(no_wrap=True, min_width=9, justify="right")
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        grid.add_column(no_wrap=True, min_width=13)
        for name, value, keys in choice_lines(self._spec, source, place, len(self._sources)):
            grid.add_row(
                Text(name, "dim"), Text(value, "bold"), Text(told_keys(self.app, keys), "dim")
            )
        self.query_one("#choice", Static).update(grid)
        self.query_one("#slider", Static).update(slider(self._spec, self._preview, width))
        preview, summary = self._preview, self._summary
        balance = self.query_one("#balance", Static)
        if preview is None:
            told = Text("Looking at its predictions ..\n")
            if self._refusal is not None:
                told = Text("\n".join(error_lines(self._refusal)), "bold red")
            self.query_one("#told", Static).update(told)
            balance.update("")
            return
        self.query_one("#told", Static).update(preview_told(preview))
        if summary is not None and preview.rows:
            room = self.app.size.height * 9 // 10 - _ROWS_ABOVE
            most = min(max(room, _LEAST_CLASSES), _MOST_CLASSES)
            balance.update(balance_text(preview, summary, width, most))
        else:
            balance.update("")
