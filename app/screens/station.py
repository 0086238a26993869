"""What every main screen has: the headline, the rail, the details, and the actions."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.presentation.panes import experiment_pane
from app.screens.confirm import ConfirmScreen
from app.screens.spec import SpecScreen
from app.widgets.headline import LEAST_HEIGHT, LEAST_WIDTH, Headline
from app.widgets.keys import Keys
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.stages import best_of
from engine.service import Exported

_ROOMY = 150
_NARROW = 100
# Smaller than this nothing can be read, so nothing is drawn.
_TINY_WIDTH, _TINY_HEIGHT = 50, 14
_TOO_SMALL = (
    "This terminal is too small for hydra-tui.\n"
    f"Make it {LEAST_WIDTH}x{LEAST_HEIGHT} or larger,\n"
    "or press [b]q[/b]: jobs go on without you."
)
VIEWS = (("1", "Recipe"), ("2", "Live"), ("3", "Results"), ("4", "Data"))


class Station(Screen[None]):
    """A main screen over the shared desk.

    Args:
        desk: the state and the line to the service.
    """

    NAME: ClassVar[str]
    PURPOSE: ClassVar[str]
    IDLE: ClassVar[str] = "Nothing runs. Choose a stage, press enter."
    SHOWS_RAIL: ClassVar[bool] = True
    # Actions that would change nothing one can see here.
    WITHOUT: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "rerun", "rerun", id="run.again", tooltip="Run the selected spec again"),
        Binding("e", "edit", "edit", id="run.edit", tooltip="Edit a copy of the spec and run it"),
        Binding("x", "stop", "stop", id="run.stop", tooltip="Stop the selected experiment"),
        Binding(
            "u",
            "resume",
            "resume",
            id="run.resume",
            tooltip="Go on with a stopped, interrupted or failed experiment",
            show=False,
        ),
        Binding(
            "p",
            "pin",
            "pin",
            id="run.pin",
            tooltip="Pin as the baseline to compare with, or unpin",
        ),
        Binding("E", "export", "export", id="run.export", tooltip="Write its submission CSV"),
        Binding(
            "space",
            "mark",
            "mark",
            id="run.mark",
            tooltip="Mark it: the curves of marked experiments are laid over each other",
        ),
        Binding("y", "log_scale", "log", id="chart.log", tooltip="Logarithmic or linear loss axis"),
        Binding(
            "left_square_bracket",
            "toggle_rail",
            "recipe pane",
            id="pane.left",
            tooltip="Show or hide the recipe on the left",
            show=False,
        ),
        Binding(
            "right_square_bracket",
            "toggle_details",
            "details pane",
            id="pane.right",
            tooltip="Show or hide the details on the right",
            show=False,
        ),
        Binding(
            "tab",
            "app.focus_next",
            "next pane",
            id="pane.next",
            tooltip="Move to the next pane; shift+tab moves back",
            show=False,
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._detailed: ExperimentRecord | None = None

    def compose(self) -> ComposeResult:
        yield Headline(VIEWS, self.NAME, self.PURPOSE)
        with Horizontal(id="body"):
            if self.SHOWS_RAIL:
                yield Rail()
            with Vertical(id="main"):
                yield from self.compose_main()
            with VerticalScroll(id="details") as details:
                details.border_title = "Details"
                yield Static("No experiment is selected.", id="details-text", markup=False)
        yield Static(_TOO_SMALL, id="too-small")
        yield Keys(compact=True)

    def compose_main(self) -> Iterator[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def draw_main(self) -> None:
        """Hand the screen's own widgets what they show."""
        raise NotImplementedError

    def draw(self) -> None:
        """Hand every widget what it shows; cheap when nothing has changed."""
        # While the cockpit closes, messages still come in, and the widgets have gone.
        if not (self.is_mounted and self.app.is_running):
            return
        desk = self.desk
        self._fit()
        note = _note(desk)
        is_warning = desk.data_problem is not None and not desk.snapshot.live
        self.query_one(Headline).show(desk.service.workspace.root.name, note, is_warning)
        for rail in self.query(Rail):
            rail.show(desk.snapshot.ladder)
        record = desk.record
        if record is not self._detailed:
            self._detailed = record
            pane = experiment_pane(record) if record else "No experiment is selected."
            self.query_one("#details-text", Static).update(pane)
        self.draw_main()

    def _fit(self) -> None:
        """Show what the terminal has room for: details beside the rest, or instead of it."""
        width, height = self.app.size
        details = self.desk.shows_details
        self.set_class(width >= _ROOMY if details is None else details, "-details")
        self.set_class(width < _NARROW, "-narrow")
        self.set_class(width < _TINY_WIDTH or height < _TINY_HEIGHT, "-tiny")

    def _compositor_refresh(self) -> None:
        """Draw, unless the cockpit holds all writing back, as while it starts: a lost effort."""
        if not self.app._batch_count:
            super()._compositor_refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes a difference here."""
        return action not in self.WITHOUT

    def on_mount(self) -> None:
        """Draw at once."""
        self.draw()

    def on_resize(self) -> None:
        """Another size has room for other things."""
        self.draw()

    def on_screen_resume(self) -> None:
        """Draw what has changed while another screen was shown."""
        self.draw()

    def on_results_table_selected(self, message: ResultsTable.Selected) -> None:
        """The selection is the desk's, so that all screens share it."""
        self.desk.selected = message.experiment
        self.draw()

    def on_results_table_opened(self) -> None:
        """Look at the selected experiment closely."""
        self.app.switch_mode("live")

    def on_rail_chosen(self, message: Rail.Chosen) -> None:
        """Go to the data, export the best, or propose the stage's spec."""
        stage = message.stage
        if stage is Stage.DATA:
            self.app.switch_mode("data")
        elif stage is Stage.SUBMIT:
            best = best_of(self.desk.snapshot.records, Stage.REGULARIZE) or self.desk.record
            if best is None:
                self.notify("Run the stages first: baseline, overfit, regularize.")
            else:
                self._export(best)
        elif not self.desk.is_asking("propose"):
            if self.desk.snapshot.summary is None:
                self.notify(f"Looking at the data before {stage} can be proposed", timeout=2)
            self.desk.ask(lambda: self.desk.service.propose(stage), self._review, "propose")

    def action_rerun(self) -> None:
        if record := self.needed():
            self.desk.ask(lambda: self.desk.service.rerun(record.id), self._started)

    def action_edit(self) -> None:
        if record := self.needed():
            self._review((record.spec, record.id))

    def action_stop(self) -> None:
        record = self.needed()
        if record is None:
            return
        if record.status.is_finished:
            self.notify(f"Experiment {record.id} is {record.status} already.")
            return

        def decide(is_yes: bool | None) -> None:
            if is_yes:
                self.desk.ask(lambda: self.desk.service.stop(record.id), self._stopped)

        question = f"Stop {record.id} {record.name}?"
        what = (
            "It finishes its batch, saves, and can be resumed with u.\n\ny stops it, n leaves it."
        )
        self.app.push_screen(ConfirmScreen(question, what), decide)

    def action_resume(self) -> None:
        if record := self.needed():
            self.desk.ask(lambda: self.desk.service.resume(record.id), self._started)

    def action_pin(self) -> None:
        if record := self.needed():
            self.desk.ask(lambda: self.desk.service.pin(record.id))

    def action_export(self) -> None:
        if record := self.needed():
            self._export(record)

    def action_mark(self) -> None:
        self.desk.toggle_mark()
        self.draw()

    def action_log_scale(self) -> None:
        self.desk.log_scale = not self.desk.log_scale
        self.draw()

    def action_toggle_rail(self) -> None:
        self.toggle_class("-no-rail")

    def action_toggle_details(self) -> None:
        self.desk.shows_details = not self.has_class("-details")
        self.draw()

    def needed(self) -> ExperimentRecord | None:
        """The experiment an action is about; says so when there is none."""
        if self.desk.record is None:
            self.notify("No experiment is selected: run a stage first.")
        return self.desk.record

    def _review(self, proposal: tuple[ExperimentSpec, str | None]) -> None:
        spec, parent = proposal

        def run(edited: ExperimentSpec | None) -> None:
            if edited is not None:
                self.desk.ask(lambda: self.desk.service.submit(edited, parent), self._started)

        self.app.push_screen(SpecScreen(spec, parent), run)

    def _export(self, record: ExperimentRecord) -> None:
        self.notify(f"Writing the submission of experiment {record.id}", timeout=2)
        self.desk.ask(lambda: self.desk.service.export(record.id), self._exported)

    def _started(self, record: ExperimentRecord) -> None:
        self.desk.await_record(record.id)
        self.notify(f"{record.id} {record.name} is {record.status}.")
        self.draw()

    def _stopped(self, record: ExperimentRecord) -> None:
        how = "out of the queue" if record.status is Status.STOPPED else "saving and ending"
        self.notify(f"{record.id} {record.name}: {how}.")

    def _exported(self, exported: Exported) -> None:
        self.notify(
            f"{exported.path}\n{exported.rows} rows, matches the sample.",
            title="Submission written",
            timeout=10,
        )


def _note(desk: Desk) -> str:
    """What goes on, for the headline."""
    if desk.snapshot.live:
        return f"{len(desk.snapshot.live)} running"
    if desk.looking is not None:
        what, done, total = desk.looking
        return f"{what} {done:,}/{total:,}" if total else what
    return "the data can't be used: 4 tells why" if desk.data_problem is not None else ""
