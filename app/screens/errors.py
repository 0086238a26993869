"""Where the selected experiment errs."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from app.desk import Desk
from app.looks import style
from app.messages import Refused
from app.pictures import SIDES, picture_class
from app.presentation.captions import caption
from app.presentation.errors import (
    NONE,
    Listing,
    calibration_text,
    listings,
    loss_listing,
    no_predictions,
)
from app.presentation.mistakes import Mistakes, mistakes
from app.presentation.text import error_lines
from app.screens.gallery import GalleryScreen, Kind
from app.screens.message import MessageScreen
from app.screens.station import Station
from app.widgets.keys import Keys
from app.widgets.listing_table import ListingTable
from app.widgets.mistakes_table import MistakesTable
from app.widgets.picture import Picture
from engine.analysis.reports import ErrorAnalysis, GradCams, RowLoss
from engine.competition.findings import Thumbnail
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.recipe.common_folds import folds_done

# While errors are shown the footer has room for this screen's own keys, not for these.
_UNNAMED = frozenset({"rerun", "export"})
# What an analysis is of: a record that has gone on has another.
_Of = tuple[str, int]


class ErrorsScreen(Station):
    """What is mistaken for what, which rows cost most, how sure the answers are."""

    NAME = "Errors"
    PURPOSE = "See where the selected experiment errs, look at the images, mark wrong labels."
    SHOWS_RAIL = False
    AUTO_FOCUS = "#rows"
    # Nothing here shows what these do, nor asks for them; `e` runs a copy without wrong labels,
    # and where there are no errors the screen itself names `R` and `u`.
    WITHOUT = frozenset(
        {
            *("stop", "pin", "mark", "log_scale", "pass_gate"),
            *("compare", "blend", "toggle_rail", "toggle_details"),
            *("remark", "delete", "copy", "ablate", "tune", "advance"),
        }
    )
    IDLE_WHEN_EMPTY = frozenset({"next_list", "images", "calibration", "grad_cam", "mark_label"})
    CSS_PATH = style("errors")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "next_list",
            "other list",
            id="errors.list",
            tooltip="Top losses, confident errors, labels that may be wrong",
        ),
        Binding("i", "images", "images", id="errors.images", tooltip="The list's images"),
        Binding(
            "k",
            "calibration",
            "certainty",
            id="errors.calibration",
            tooltip="Whether answers are right as often as they are sure, where it has no room",
        ),
        Binding(
            "g",
            "grad_cam",
            "Grad-CAM",
            id="errors.grad_cam",
            tooltip="Where the network looked in the highlighted image (Grad-CAM)",
        ),
        Binding(
            "m",
            "mark_label",
            "wrong label",
            id="errors.mark",
            tooltip="Its label is wrong: new specs do not train on it; again: they do",
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._of: _Of | None = None
        self._report: ErrorAnalysis | None = None
        self._listings: tuple[Listing, ...] = ()
        self._cams: dict[str, str] = {}
        self._pictured: str | None = None

    def compose_main(self) -> Iterator[Widget]:
        yield Static(NONE, id="empty", markup=False)
        with Horizontal(id="upper"):
            yield MistakesTable()
            with VerticalScroll(id="calibration") as calibration:
                calibration.border_title = "Calibration"
                yield Static(id="calibration-text")
        with Horizontal(id="lower"):
            yield ListingTable()
            with Vertical(id="look") as look:
                look.border_title = "Image"
                yield Picture(is_choice=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is not shown otherwise."""
        if action == "calibration":
            return self.has_class("-narrow")
        return super().check_action(action, parameters)

    def on_screen_resume(self) -> None:
        """Ask again after a refusal: what was wrong may be mended by now."""
        if self._report is None and not self.desk.is_asking("errors"):
            self._of = None

    @property
    def _rows(self) -> ListingTable:
        return self.query_one(ListingTable)

    def draw_main(self) -> None:
        self._rows.cross_out(self.desk.snapshot.left_out)
        record = self.desk.record
        done = folds_done(record) if record is not None else ()
        of = (record.id, len(done)) if record is not None and done else None
        if of is None:
            self._of = None
            self._say(NONE if record is None else no_predictions(record))
        elif of != self._of and record is not None:
            self._of = of
            self._look(record, of)

    def _say(self, text: str, is_reading: bool = False) -> None:
        """Show a text instead of errors; no key acts on what is no longer seen."""
        self._report = None
        self._listings = ()
        self._rows.show(None)
        self.query_one("#empty", Static).update(text)
        self.add_class("-empty")
        self.query_one(Keys).fit(_UNNAMED if is_reading else self.IDLE_WHEN_EMPTY)

    def _look(self, record: ExperimentRecord, of: _Of) -> None:
        self._say(f"Looking at the errors of {record.id} {record.name} ..", is_reading=True)

        def refuse(error: UserError) -> None:
            # Told in the errors' place: a dialog would come up at every visit.
            if of == self._of and self.is_attached:
                self._say("\n\n".join(error_lines(error)))

        def show(answer: tuple[ErrorAnalysis, Mistakes]) -> None:
            if of != self._of or not self.is_attached:
                return
            report, shown = answer
            self._report, self._cams = report, {}
            self.remove_class("-empty")
            self.query_one(Keys).fit(_UNNAMED)
            self._listings = listings(report)
            self.query_one(MistakesTable).show(shown)
            self.query_one("#calibration-text", Static).update(calibration_text(report.calibration))
            self._show(self._listings[0])
            self.refresh_bindings()
            if self.focused is None:
                self._rows.focus()

        inspection = self.desk.service.inspection

        def look() -> tuple[ErrorAnalysis, Mistakes]:
            # Of a thousand classes the table takes longer than a frame.
            report = inspection.errors(record.id)
            return report, mistakes(report)

        self.desk.ask(look, show, "errors", refuse)

    def _show(self, listing: Listing) -> None:
        self._rows.show(listing)
        if not listing.rows:
            self.query_one(Picture).empty()
        self._pictured = None
        self._look_at_row()

    def _look_at_row(self) -> None:
        one = self._rows.exhibit
        if one is None or (path := self._cams.get(one.id, one.path)) == self._pictured:
            return
        self._pictured = path
        kind = self.desk.pictures

        def draw() -> tuple[Thumbnail, object]:
            (thumbnail,) = self.desk.service.gallery.thumbnails([path], 2 * SIDES[kind])
            return thumbnail, picture_class(kind)

        def show(answer: tuple[Thumbnail, object]) -> None:
            if self.is_attached and path == self._pictured:
                picture = self.query_one(Picture)
                picture.show(*answer)
                picture.tell(caption(one, one.id in self._cams))

        self.desk.ask(draw, show, "thumbnail")

    def on_data_table_row_highlighted(self) -> None:
        """Show the highlighted row's image."""
        self._look_at_row()

    def on_data_table_row_selected(self) -> None:
        """Look at the images from there."""
        self.action_images()

    def on_data_table_cell_selected(self, event: DataTable.CellSelected) -> None:
        """List the rows of the chosen cell."""
        assert self._report is not None
        cell = self.query_one(MistakesTable).listed_by(event.coordinate)
        if cell is None:
            self.notify("Counts list their images: choose one of them.")
            return
        experiment = self._report.experiment
        gallery = self.desk.service.gallery

        def show(answer: tuple[tuple[RowLoss, ...], dict[str, str]]) -> None:
            if self._is_of(experiment):
                losses, paths = answer
                self._show(loss_listing(cell.what, losses, paths))
                self._rows.focus()

        def look() -> tuple[tuple[RowLoss, ...], dict[str, str]]:
            inspection = self.desk.service.inspection
            losses = inspection.rows_in_cell(experiment, cell.label, cell.truth, cell.answer)
            return losses, gallery.paths([one.id for one in losses])

        self.desk.ask(look, show, "cell")

    def _is_there(self) -> bool:
        """Whether errors are shown; says why not where a key is about them."""
        if self._report is None:
            none = "There are no errors to look at: the screen says why."
            self.notify("Its errors are being read." if self.desk.is_asking("errors") else none)
        return self._report is not None

    def action_next_list(self) -> None:
        if self._is_there() and (known := self._listings):
            place = known.index(shown) if (shown := self._rows.listing) in known else -1
            self._show(known[(place + 1) % len(known)])

    def action_calibration(self) -> None:
        if self._is_there() and (report := self._report) is not None:
            text = calibration_text(report.calibration)
            self.app.push_screen(MessageScreen(f"Calibration of {report.experiment}", text))

    def action_images(self) -> None:
        listing = self._rows.listing
        if not self._is_there():
            return
        if listing is None or not listing.exhibits:
            self.notify("There are no images in this list.")
        else:
            kind = Kind(listing.title, lambda: listing.exhibits)
            self.app.push_screen(GalleryScreen(self.desk, [kind]))

    def action_grad_cam(self) -> None:
        one = self._rows.exhibit
        if one is None or self._report is None:
            none = "There is no image to explain."
            self.notify("Its errors are being read." if self.desk.is_asking("errors") else none)
            return
        if self._cams.pop(one.id, None) is not None:
            # The second time: back to the plain image.
            self._look_at_row()
            return
        experiment, inspection = self._report.experiment, self.desk.service.inspection
        self.notify(f"Explaining {one.id}: the first one takes some seconds.", timeout=4)
        look = self.query_one("#look")
        look.border_subtitle = "Grad-CAM is computed .."

        def show(drawn: GradCams) -> None:
            look.border_subtitle = ""
            if self._is_of(experiment):
                self._cams |= {image.id: image.path for image in drawn.images}
                self._look_at_row()

        def refused(error: UserError) -> None:
            look.border_subtitle = ""
            self.app.post_message(Refused(error))

        self.desk.ask(lambda: inspection.grad_cams(experiment, [one.id]), show, "grad-cam", refused)

    def _is_of(self, experiment: str) -> bool:
        """Whether an answer about an experiment still has its place here."""
        report = self._report
        return self.is_attached and report is not None and report.experiment == experiment

    def action_mark_label(self) -> None:
        one = self._rows.exhibit
        if one is None:
            self.notify("There is no image to mark.")
            return
        leave_out = self.desk.service.inspection.leave_out

        def mark() -> tuple[bool, int]:
            undo = one.id in leave_out(())
            return not undo, len(leave_out([one.id], undo))

        def marked(answer: tuple[bool, int]) -> None:
            is_out, count = answer
            how = "left out of training from now on" if is_out else "trained on again"
            self.notify(f"{one.id} is {how}; images left out: {count}.")

        self.desk.ask(mark, marked)
