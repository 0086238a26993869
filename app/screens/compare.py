"""Experiments side by side: what differs, what that is worth, and their curves."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.desk import Desk
from app.looks import style
from app.palette import series_style
from app.presentation.blends import comparison_table
from app.presentation.comparing import Row, field_rows, score_rows, told
from app.presentation.figures import GLYPHS, LOSS
from app.presentation.text import error_lines
from app.presentation.view import View
from app.screens.charting import overlaid
from app.screens.station import Station
from app.widgets.curve_chart import CurveChart
from engine.errors import UserError
from engine.experiment.compare import Comparison
from engine.experiment.record import ExperimentRecord
from engine.files import write_atomically
from engine.recipe.common_folds import folds_done

_EMPTY = (
    "Nothing is compared yet.\n\n"
    "Press [b]3[/b] for the results, mark two or more experiments with [b]space[/b], and press "
    "[b]c[/b]: they are held against each other on the rows that all of them predicted."
)
_NONE_YET = "Nothing is compared yet: mark two in Results with space, then press c."
_ROOM_BESIDE = 150
_LEAST_COLUMN = 17
# At most so much of the screen is the table's, where the chart stands beside it.
_SHARE = 0.62
# Experiments that a file's name tells.
_NAMED = 8
# What a comparison is of; an experiment that has gone on has another.
_Of = tuple[str, tuple[tuple[str, tuple[int, ...]], ...]]


class CompareScreen(Station):
    """Columns of experiments, rows of scores and of the fields that differ."""

    NAME = "Compare"
    PURPOSE = "Which one is really better. ←→ choose one, r makes it the reference."
    SHOWS_RAIL = False
    AUTO_FOCUS = "#table"
    # Whoever compares chooses between what has run; the details would take the columns' room.
    WITHOUT = frozenset(
        {
            *("toggle_rail", "toggle_details", "pass_gate"),
            *("mark", "compare", "blend", "stop", "resume", "advance"),
        }
    )
    IDLE_WHEN_EMPTY = frozenset(
        {"refer", "fields", "next_figure", "copy", "write", "rerun", "edit", "export"}
    )
    CSS_PATH = style("compare")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r",
            "refer",
            "reference",
            id="compare.reference",
            tooltip="Hold the others against the highlighted experiment",
        ),
        Binding(
            "f",
            "fields",
            "all fields",
            id="compare.fields",
            tooltip="All fields of the specs, or only those that differ",
        ),
        Binding(
            "m",
            "next_figure",
            "next figure",
            id="compare.figure",
            tooltip="The curves of the next figure: log-loss, accuracy and the like",
        ),
        Binding(
            "s",
            "smooth",
            "smooth",
            id="compare.smooth",
            tooltip="Smooth the curves: off, some, more",
            show=False,
        ),
        Binding(
            "M",
            "copy",
            "copy",
            id="compare.copy",
            tooltip="Copy the table as Markdown to the clipboard",
        ),
        Binding("w", "write", "CSV", id="compare.write", tooltip="Write the table as a CSV file"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._view = View()
        self._figure = LOSS
        self._figures: tuple[str, ...] = (LOSS,)
        self._has_all = False
        self._of: _Of | None = None
        self._comparison: Comparison | None = None
        self._shown: object = None

    def compose_main(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="empty")
        yield Static(id="told", markup=False)
        with Container(id="both"):
            table: DataTable[Text] = DataTable(id="table", cursor_type="cell", header_height=2)
            table.fixed_columns = 1
            table.border_title = "Side by side: scores over own rows, gains over common rows"
            yield table
            yield CurveChart("chart")

    def on_screen_resume(self) -> None:
        """Ask again after a refusal: what was wrong may be mended by now."""
        if self._comparison is None and not self.desk.is_asking("compare"):
            self._of = None

    @property
    def _records(self) -> list[ExperimentRecord]:
        """What is compared, in the order of the columns."""
        found = (self.desk.find(one) for one in self.desk.compared)
        return [one for one in found if one is not None]

    @property
    def record(self) -> ExperimentRecord | None:
        """The highlighted column's; none while there are no columns, whatever is selected."""
        return super().record if len(self._records) > 1 else None

    def needed(self) -> ExperimentRecord | None:
        """The highlighted column's experiment; says so when nothing is compared."""
        if self.record is None:
            self.notify(_NONE_YET)
        return self.record

    @property
    def marked(self) -> list[ExperimentRecord]:
        """None: marks have chosen the columns, of which one is highlighted."""
        return []

    def _reference(self, records: Sequence[ExperimentRecord]) -> ExperimentRecord:
        wanted = self.desk.reference
        pinned = next((one for one in records if one.pinned), records[0])
        return next((one for one in records if one.id == wanted), pinned)

    def draw_main(self) -> None:
        records = self._records
        self.show_empty(len(records) < 2)
        self.set_class(self.app.size.width >= _ROOM_BESIDE, "-beside")
        if len(records) < 2:
            return
        reference = self._reference(records)
        of = reference.id, tuple((one.id, folds_done(one)) for one in records)
        if of != self._of:
            self._of, self._comparison = of, None
            self._ask(of, [one.id for one in records], reference)
        self._fill(records, reference)
        self._follow_cursor(records, reference)
        self._make_room()
        self._figures, picture = overlaid(self.desk, records, self._figure, self._view)
        self.query_one(CurveChart).show(picture)

    def _ask(self, of: _Of, ids: list[str], reference: ExperimentRecord) -> None:
        def show(comparison: Comparison) -> None:
            if of == self._of and self.is_attached:
                self._comparison = comparison
                self.draw()

        def refuse(error: UserError) -> None:
            # Above the table: the fields can be compared all the same.
            if of == self._of and self.is_attached:
                self.query_one("#told", Static).update(" ".join(error_lines(error)))

        self.query_one("#told", Static).update(told(reference, None))
        workbench = self.desk.service.workbench
        self.desk.ask(lambda: workbench.compare(ids, reference.id), show, "compare", refuse)

    def _fill(self, records: Sequence[ExperimentRecord], reference: ExperimentRecord) -> None:
        """Lay the table out anew, if anything in it has changed; the cursor stays."""
        width = self.app.size.width
        wanted = (tuple(records), reference.id, self._has_all, self._comparison, width)
        if wanted == self._shown:
            return
        self._shown = wanted
        if self._comparison is not None:
            self.query_one("#told", Static).update(told(reference, self._comparison))
        rows = score_rows(records, reference.id, self._comparison)
        rows += field_rows(records, self._has_all)
        table: DataTable[Text] = self.query_one("#table", DataTable)
        place = table.cursor_coordinate
        scrolled = table.scroll_offset
        with self.app.batch_update():
            table.clear(columns=True)
            named, widths = self._widths(records, rows)
            table.add_column("", width=named)
            for number, (one, width) in enumerate(zip(records, widths, strict=True)):
                table.add_column(_heading(number, one, one is reference, width), width=width)
            for row in rows:
                table.add_row(*row.painted())
            column = place.column or 1 + records.index(reference)
            table.move_cursor(row=place.row, column=min(column, len(records)), scroll=False)
            table.scroll_to(*scrolled, animate=False)
        table.border_subtitle = "all fields, f: those that differ" if self._has_all else (
            "fields that differ, f: all"
        )  # fmt: skip

    def _widths(
        self, records: Sequence[ExperimentRecord], rows: list[Row]
    ) -> tuple[int, list[int]]:
        """Of the rows' names, and of the columns: with the experiments' names where they fit."""
        named = max(len(row.name) for row in rows)
        columns = range(len(records))
        least = [max(_LEAST_COLUMN, *(len(row.cells[n]) for row in rows)) for n in columns]
        full = [max(width, len(one.name)) for width, one in zip(least, records, strict=True)]
        room = self.app.size.width * (_SHARE if self.has_class("-beside") else 1)
        return named, full if named + sum(full) + 2 * len(full) + 6 <= room else least

    def _make_room(self) -> None:
        """Beside the chart the table is as wide as its columns; a table's own width is not."""
        table = self.query_one("#table", DataTable)
        needed = sum(column.get_render_width(table) for column in table.ordered_columns) + 3
        most = round(self.app.size.width * _SHARE)
        table.styles.width = min(needed, most) if self.has_class("-beside") else "1fr"

    def on_data_table_cell_highlighted(self) -> None:
        """The highlighted column's experiment is the selected one."""
        if len(records := self._records) > 1:
            self._follow_cursor(records, self._reference(records))

    def _follow_cursor(
        self, records: Sequence[ExperimentRecord], reference: ExperimentRecord
    ) -> None:
        """Have keys act on the highlighted column; the rows' names are the reference's."""
        column = self.query_one("#table", DataTable).cursor_column - 1
        if self.is_current:
            # Also where another was chosen elsewhere, or has just been queued.
            chosen = records[column] if 0 <= column < len(records) else reference
            self.desk.select(chosen.id)

    def action_tune(self) -> None:
        if self.needed():
            super().action_tune()

    def action_refer(self) -> None:
        column = self.query_one("#table", DataTable).cursor_column - 1
        records = self._records
        if self.needed() and 0 <= column < len(records):
            self.desk.reference = records[column].id
            self.draw()

    def action_fields(self) -> None:
        if self.needed():
            self._has_all = not self._has_all
            self.draw()

    def action_next_figure(self) -> None:
        known = self._figures
        place = known.index(self._figure) if self._figure in known else -1
        if self.needed():
            self._figure = known[(place + 1) % len(known)]
            self.draw()

    def action_smooth(self) -> None:
        if self.needed():
            self._view = self._view.smoothed_more()
            self.draw()

    def action_copy(self) -> None:
        if lines := self._table("markdown"):
            self.app.copy_to_clipboard("\n".join(lines))
            self.notify("Copied as Markdown. Where the terminal keeps no clipboard: w, a CSV.")

    def action_write(self) -> None:
        lines = self._table("csv")
        if not lines:
            return
        ids = [one.id for one in self._records]
        more = f"-and-{len(ids) - _NAMED}-more" if len(ids) > _NAMED else ""
        folder = self.desk.service.workspace.comparisons
        path = folder / f"compare-{'-'.join(ids[:_NAMED])}{more}.csv"

        def written(_: None) -> None:
            told = f"{folder.name}/{path.name} lies in the workspace."
            self.notify(told, title="Comparison written")

        self.desk.ask(lambda: write_atomically(path, "\n".join(lines) + "\n"), written)

    def _table(self, kind: str) -> list[str]:
        if not self.needed():
            return []
        if self._comparison is None:
            self.notify("There is no comparison yet: it waits for two experiments' predictions.")
            return []
        known = {one.id: one for one in self._records}
        return comparison_table(self._comparison, known, kind)


def _heading(number: int, record: ExperimentRecord, is_reference: bool, width: int) -> Text:
    """An experiment in two lines, marked as its curve is."""
    text = Text(f"{GLYPHS[number % len(GLYPHS)]} {record.id}", series_style(number))
    text.append(" *" if record.pinned else "")
    text.append(" reference" if is_reference else "", "bold")
    name = record.name if len(record.name) <= width else record.name[: width - 1] + "…"
    return text.append(f"\n{name}", "not bold")
