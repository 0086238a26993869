"""What was recognised of the competition, and what is odd in it."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.presentation.panes import facts_pane, findings_pane
from app.presentation.tables import data_facts
from app.presentation.text import augmentation_text, error_lines
from app.screens.gallery import GalleryScreen, Kind
from app.screens.station import Station
from app.widgets.bars import Bars, size_bins
from engine.competition.conflicts import findings_left
from engine.competition.findings import CompetitionSummary, Exhibit, Finding, Thumbnail
from engine.experiment.augmentation import PRESETS, AugmentationSpec
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.recipe.beginnings import plausible
from engine.recipe.stages import Rung

# Views of an image beside the image itself, and how many images.
_VIEWS, _SAMPLES = 5, 12
# The side at which changes are shown while no experiment says another, pixels.
_SIDE = 96


class DataScreen(Station):
    """Class balance, sizes and findings."""

    NAME = "Data"
    PURPOSE = "Look at the data first: is it read rightly, is it balanced, is it clean?"
    SHOWS_RAIL = False
    # An experiment that isn't shown should not be stopped or run by a stray key.
    WITHOUT = frozenset(
        {
            *("rerun", "edit", "stop", "resume", "pin", "export", "mark", "log_scale"),
            *("toggle_rail", "toggle_details", "compare", "blend", "ablate", "tune"),
            *("remark", "delete", "copy", "advance"),
        }
    )
    CSS_PATH = style("data")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "look", "look again", id="data.look", tooltip="Read the competition's files again"
        ),
        Binding(
            "i",
            "images",
            "images",
            id="data.images",
            tooltip="Look at labelled images, all or class by class, and at test images",
        ),
        Binding(
            "c",
            "copies",
            "copies",
            id="data.copies",
            tooltip="Pictures that are the same, side by side; those whose labels differ first",
        ),
        Binding(
            "v",
            "views",
            "augmented",
            id="data.views",
            tooltip="What the selected experiment's augmentation makes of the images",
        ),
    ]

    def compose_main(self) -> Iterator[Widget]:
        with VerticalScroll(id="facts") as facts:
            facts.border_title = "Recognised"
            yield Static(id="facts-text", markup=False)
        yield Bars("classes", "Classes")
        yield Bars("sizes", "Longer side, pixels")
        with VerticalScroll(id="findings") as findings:
            findings.border_title = "Findings"
            yield Static(id="findings-text", markup=False)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: CompetitionSummary | None = None
        self._findings: tuple[Finding, ...] | None = None
        self._left_out: tuple[str, ...] = ()
        self._knows_folds = False

    def rung_at_hand(self) -> Rung | None:
        """No rail stands here, and what is looked at is the first stage."""
        return next((one for one in self.desk.snapshot.ladder if one.stage is Stage.DATA), None)

    def draw_main(self) -> None:
        # What was recognised before would hide why the data can't be used now.
        summary = None if self.desk.refusal is not None else self.desk.snapshot.summary
        self.set_class(summary is None, "-unknown")
        if summary is None:
            self.query_one("#facts-text", Static).update(_so_far(self.desk))
        elif summary is not self._shown:
            self._draw_facts(summary)
            images, sizes = summary.labelled_images, size_bins(summary.sizes)
            self.query_one("#classes", Bars).show(summary.class_counts, images)
            self.query_one("#sizes", Bars).show(sizes, sum(count for _, count in sizes))
        left_out = self.desk.snapshot.left_out
        if summary is not None and left_out != self._left_out:
            self._draw_facts(summary)
        if summary is not None:
            self._draw_findings(findings_left(summary, left_out))
        self._shown, self._left_out = summary, left_out
        if summary is not None and not summary.fold_counts:
            self._look_for_folds()

    def _draw_facts(self, summary: CompetitionSummary) -> None:
        facts = data_facts(summary, len(self.desk.snapshot.left_out))
        self.query_one("#facts-text", Static).update(facts_pane(facts))

    def _draw_findings(self, findings: tuple[Finding, ...]) -> None:
        if findings != self._findings:
            self._findings = findings
            self.query_one("#findings-text", Static).update(findings_pane(findings))

    def _look_for_folds(self) -> None:
        """Look again, once, when the first training has frozen the folds since the last look."""
        desk = self.desk
        if self._knows_folds or desk.looking is not None or desk.is_asking("folds"):
            return
        if all(one.status is Status.QUEUED for one in desk.snapshot.records):
            return

        def take(are_frozen: bool) -> None:
            if are_frozen and not self._knows_folds:
                self._knows_folds = True
                # What was found in the pictures is remembered: it takes a moment.
                desk.look_at_data()

        desk.ask(desk.service.workspace.folds.exists, take, "folds")

    def action_look(self) -> None:
        self.desk.look_at_data()

    def action_images(self) -> None:
        samples = self.desk.service.gallery.samples
        names = [name for name, _ in self._shown.class_counts] if self._shown is not None else []
        kinds = [Kind(f"Class {name}", partial(samples, (name,))) for name in names]
        if self._shown is not None and self._shown.test_images:
            kinds.append(self._test_images())
        self._hang(GalleryScreen(self.desk, [Kind("All classes", samples), *kinds]))

    def _test_images(self) -> Kind:
        """The last kind, which `F` comes to first."""
        record, find = self.desk.record, self.desk.service.gallery.test_images
        if record is None or not record.predicts:
            return Kind("Test images", find)
        told = f"Test images as {record.id} answers, the least sure first"
        return Kind(told, partial(find, record.id))

    def action_copies(self) -> None:
        find = self.desk.service.gallery.copies
        kinds = [Kind("Copies, side by side", find, group=2, groups="pairs")]
        self._hang(GalleryScreen(self.desk, kinds, empty="No two pictures are the same."))

    def action_views(self) -> None:
        record = self.desk.record
        fit = record.fit if record is not None else None
        summary = self.desk.snapshot.summary
        usual = None if summary is None else plausible(summary)
        # First what the recipe would take here.
        presets = sorted(PRESETS.items(), key=lambda one: one[0] != usual)
        sets = [(name, AugmentationSpec.model_validate(one)) for name, one in presets]
        if fit is not None and record is not None:
            sets = [(f"Experiment {record.id}", fit.augmentation), *sets]
        size = fit.image_size if fit is not None else _SIDE
        kinds = [
            Kind(
                f"{name}: {augmentation_text(augmentation)}",
                partial(_views, self.desk),
                partial(_augmented, self.desk, augmentation, size),
                group=_VIEWS + 1,
                groups=f"images, each as it is and in {_VIEWS} views",
            )
            for name, augmentation in sets
            if augmentation.changes_views
        ]
        self._hang(GalleryScreen(self.desk, kinds))

    def _hang(self, gallery: GalleryScreen) -> None:
        if self._shown is None:
            self.notify("The data must be read first.")
        else:
            self.app.push_screen(gallery)


def _views(desk: Desk) -> tuple[Exhibit, ...]:
    """Some images, each as it is and then changed."""
    notes = ("as it is", *(f"view {number}" for number in range(1, _VIEWS + 1)))
    found = desk.service.gallery.samples((), 0, _SAMPLES)
    return tuple(one.model_copy(update={"note": note}) for one in found for note in notes)


def _augmented(
    desk: Desk, spec: AugmentationSpec, size: int, shown: Sequence[Exhibit], side: int
) -> tuple[Thumbnail, ...]:
    """Thumbnails of a page of views."""
    made = {
        path: desk.service.gallery.augmented(path, spec, size, side, _VIEWS)
        for path in dict.fromkeys(one.path for one in shown)
    }
    return tuple(
        made[one.path][0 if one.note == "as it is" else int(one.note.removeprefix("view "))]
        for one in shown
    )


def _so_far(desk: Desk) -> str:
    if desk.data_problem is not None:
        again = "Then press r to look again."
        return "\n\n".join((*error_lines(desk.data_problem), again))
    what, done, total = desk.looking or ("reading the folder", 0, 0)
    return f"Looking at the data: {what}" + (f" {done:,}/{total:,}" if total else "")
