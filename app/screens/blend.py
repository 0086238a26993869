"""The ensemble's workbench: members in and out, every method's score at once."""

from math import inf
from pathlib import PurePath
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.coordinate import Coordinate
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static
from textual.widgets.selection_list import Selection

from app.desk import Desk
from app.looks import style
from app.presentation.blends import (
    NOISE_TOLD,
    member_lines,
    metric_title,
    short_difference,
)
from app.presentation.comparing import difference_text
from app.presentation.text import error_lines, figure
from app.presentation.ways import Way, ways_to_blend
from app.widgets.keys import Keys
from app.widgets.member_list import MemberList
from engine.errors import UserError
from engine.experiment.compare import judged
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.metrics import LOG_LOSS, by_metric, current_metric
from engine.experiment.record import Scores
from engine.recipe.common_folds import folds_done
from engine.recipe.twins import twins_told

# In the place of a score that takes long.
_ASK = "enter"
_NARROW = 100
Tried = tuple[Scores, EnsembleReport]


class BlendScreen(ModalScreen[EnsembleSpec | None]):
    """Blends as they would score; the highlighted one may be kept.

    Args:
        desk: the line to the service.
        members: ids of the experiments that are blended at first.
        others: ids of those that can be taken in.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("blend")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", "keep", id="blend.keep", tooltip="Keep the highlighted blend"),
        Binding("escape", "leave", "leave", id="blend.leave", tooltip="Keep nothing"),
    ]

    def __init__(self, desk: Desk, members: tuple[str, ...], others: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._desk = desk
        self._all = (*members, *others)
        self._tried: dict[Way, Tried] = {}
        self._refused: dict[Way, str] = {}
        # Of those that take long, what somebody wanted to see.
        self._wanted: set[Way] = set()
        self._is_narrow = False
        self._members = members
        self._metric = current_metric(desk.snapshot.records)
        self._ways = ways_to_blend(self._metric, desk.snapshot.summary)

    def compose(self) -> ComposeResult:
        self._is_narrow = self.app.size.width < _NARROW
        self.set_class(self._is_narrow, "-narrow")
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = "Blend"
            yield Static("space takes a member in or out; tab to the blends, enter or k keeps one.")
            yield MemberList(
                *(Selection(self._named(one), one, one in self._members) for one in self._all),
                id="members",
            )
            yield DataTable(id="ways", cursor_type="row")
            yield Static(id="told", markup=False)
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Try all ways with all members."""
        self._lay_out()
        self._try_all()

    def on_resize(self) -> None:
        """Another width has room for other columns, and for names or none; what is known stays."""
        if self._members:
            self.call_after_refresh(self._tell)
        is_narrow = self.app.size.width < _NARROW
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        self.set_class(is_narrow, "-narrow")
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear(columns=True)
        self._lay_out()
        for way in self._ways:
            known = self._tried.get(way)
            self._write(way, *(self._cells(*known) if known else (self._waits(way),)))
        table.move_cursor(row=row)

    def _waits(self, way: Way) -> str:
        """What stands in the place of a score that is not there."""
        if not self._members or way in self._refused:
            return "-"
        return _ASK if way.is_slow and way not in self._wanted else ".."

    def _lay_out(self) -> None:
        """The columns that there is room for, and a row for every way."""
        table = self.query_one(DataTable)
        table.add_columns("Method", *self._titles)
        blank = [""] * (len(table.columns) - 1)
        for way in self._ways:
            table.add_row(way.told, *blank, key=way.told)

    def on_selection_list_selected_changed(self) -> None:
        """Other members: other scores."""
        chosen = tuple(one for one in self._all if one in self.query_one(MemberList).selected)
        if chosen != self._members:
            self._members = chosen
            self._try_all()

    @property
    def _titles(self) -> tuple[str, ...]:
        """Of the columns behind the method's; what counts comes first."""
        if self._metric == LOG_LOSS:
            gain = "Gain over the best" if self._is_narrow else "Gain over the best member"
            return ("Cross-fitted", "In-sample", gain)
        name = metric_title(self._metric)
        titles = (name, f"{name} gain", "Log-loss")
        # Below, the highlighted blend's is told.
        return titles if self._is_narrow else (*titles, "In-sample", "Log-loss gain")

    def _cells(self, scores: Scores, report: EnsembleReport) -> tuple[str, ...]:
        """What stands below the titles."""
        losses = (figure(scores.val_log_loss), figure(report.in_sample_log_loss))
        if self._metric == LOG_LOSS:
            gain = judged(scores.parent_gain or 0.0, scores.parent_gain_error)
            told = short_difference(gain) if self._is_narrow else difference_text(gain)
            return (*losses, told)
        found = report.metric_gain
        cells = (
            figure(by_metric(scores, self._metric)),
            "-" if found is None else short_difference(found),
            *losses,
            _loss_gain(scores),
        )
        return cells[: len(self._titles)]

    def action_keep(self) -> None:
        way = self._chosen
        # Of a single one all that can be mended is how sure it is of its answers.
        if len(self._members) < (1 if way.is_tempered else 2):
            self.app.bell()
            self.notify("One experiment alone is no blend: take in another, or keep it tempered.")
        elif self._waits(way) == _ASK:
            # Nobody keeps what they have not seen the score of.
            self._wanted.add(way)
            self._write(way, "..")
            self._tell()
            self._try((way,))
        elif way.is_slow and way not in self._tried:
            self.app.bell()
            self.notify("It is being tried: enter keeps it once its score is there.")
        else:
            self.dismiss(way.of(self._members))

    @property
    def _chosen(self) -> Way:
        return self._ways[self.query_one(DataTable).cursor_row]

    def action_leave(self) -> None:
        self.dismiss(None)

    def _named(self, experiment: str) -> str:
        record = self._desk.find(experiment)
        if record is None:
            return f"{experiment} · val -"
        told = f"{experiment} {record.name}"
        if self._metric != LOG_LOSS:
            value = figure(by_metric(record.scores, self._metric))
            told += f" · {metric_title(self._metric)} {value}"
        return f"{told} · val {figure(record.scores.val_log_loss)}"

    def _try_all(self) -> None:
        self._tried.clear()
        self._refused.clear()
        self._wanted.clear()
        # What other members scored must not stand beside these.
        for way in self._ways:
            blank = [""] * (len(self.query_one(DataTable).columns) - 2)
            self._write(way, self._waits(way), *blank)
        if not self._members:
            self.query_one("#told", Static).update("Take in two members or more.")
            return
        self._tell()
        self._try(tuple(way for way in self._ways if not way.is_slow))

    def _try(self, ways: tuple[Way, ...]) -> None:
        """One after the other, so that other members need not wait for what these score."""
        way, *others = ways
        members = self._members
        spec = way.of(members)

        def show(tried: Tried) -> None:
            if self.is_attached and members is self._members:
                self._write(way, *self._cells(*tried))
                self._tried[way] = tried
                go_on()

        def refuse(error: UserError) -> None:
            # Of ranks among the members some ways can be blended, others can't.
            if self.is_attached and members is self._members:
                self._write(way, "-")
                self._refused[way] = "\n".join(error_lines(error))
                go_on()

        def go_on() -> None:
            self._tell()
            if others:
                self._try(tuple(others))
            else:
                self._show_best()

        self._desk.ask(lambda: self._desk.service.workbench.try_blend(spec), show, refused=refuse)

    def _show_best(self) -> None:
        """Put the cursor on the way that scored best, unless somebody chooses one just now."""
        table = self.query_one(DataTable)
        # A single experiment can only be tempered.
        is_blend = len(self._members) > 1
        known = [
            row
            for row, way in enumerate(self._ways)
            if way in self._tried and (is_blend or way.is_tempered)
        ]

        def rank(row: int) -> float:
            value = by_metric(self._tried[self._ways[row]][0], self._metric)
            if value is None:
                return inf
            return value if self._metric == LOG_LOSS else -value

        if known and not table.has_focus:
            table.move_cursor(row=min(known, key=rank))

    def _write(self, way: Way, *cells: str) -> None:
        table = self.query_one(DataTable)
        row = table.get_row_index(way.told)
        for place, cell in enumerate(cells, start=1):
            table.update_cell_at(Coordinate(row, place), Text(cell), update_width=True)

    def _tell(self) -> None:
        """What each member brings to the highlighted blend, or why it can't be tried."""
        way = self._chosen
        if (refusal := self._refused.get(way)) is not None:
            self.query_one("#told", Static).update(refusal)
            return
        heading, lines = way.told, [".."]
        if self._waits(way) == _ASK:
            lines = ["It takes longer than the others: enter tries it, and then keeps it."]
        if (tried := self._tried.get(way)) is not None:
            scores, report = tried
            if self._metric != LOG_LOSS and self._is_narrow:
                heading += f" · log-loss gain {_loss_gain(scores)}"
            elif self._metric == LOG_LOSS and scores.val_auc is not None:
                heading += f" · AUC {figure(scores.val_auc)}"
            by_id = self._desk.snapshot.by_id
            # What is told may be so long that the dialog gets a scrollbar.
            bar = self.query_one(".dialog").scrollbar_size_vertical
            width = self.query_one("#told").size.width - bar
            lines = member_lines(report, by_id, self._metric, width, self._is_narrow)
            members = [by_id[one] for one in self._members if one in by_id]
            if len({folds_done(one) for one in members}) > 1:
                # Beside what each scored on all of its own rows, these look like another's.
                heading += f" · scored on the {scores.val_rows} rows that all members have"
            if remark := twins_told(members):
                lines.append(remark)
        self.query_one("#told", Static).update("\n".join((heading, *lines, "", NOISE_TOLD)))

    def on_key(self, event: Key) -> None:
        """Enter on a blend keeps it; a click, which the table takes for the same, does not."""
        if event.key == "enter" and isinstance(self.focused, DataTable):
            event.stop()
            event.prevent_default()
            self.action_keep()

    def on_data_table_row_highlighted(self) -> None:
        """Another blend: other weights."""
        if self._members:
            self._tell()


def _loss_gain(scores: Scores) -> str:
    """What a blend gains by log-loss, which a blend of ranks does not have."""
    if scores.parent_gain is None:
        return "-"
    return short_difference(judged(scores.parent_gain, scores.parent_gain_error))
