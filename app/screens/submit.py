"""The ledger: what was submitted, what it promised, and what the leaderboard said of it."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.messages import Refused
from app.presentation.noting import Noted, noted
from app.presentation.submitted import agreement_text
from app.screens.line import LineScreen
from app.screens.station import Station
from app.turns import OPENING
from app.widgets.submissions_table import SubmissionsTable
from engine.errors import UserError
from engine.experiment.ledger import Submitted
from engine.experiment.metrics import in_words
from engine.submission.kaggle import competition_name
from engine.submission.kept import Kept

_EMPTY = (
    "Nothing was exported yet.\n\n"
    "Press [b]3[/b] for the results, choose an experiment and press [b]E[/b]: its submission CSV "
    "is written into submissions/, and stands here, with what it promises. Hand it in, come back, "
    "and note what the leaderboard says: the gap tells how far validation can be trusted."
)
_NONE_YET = "Nothing was exported yet: E does that, in Results."


class SubmitScreen(Station):
    """The submissions, each with its validation score, its leaderboard score, and the gap."""

    NAME = "Submit"
    PURPOSE = "What was submitted: what it promised, and what the leaderboard said of it."
    SHOWS_RAIL = False
    AUTO_FOCUS = "#submissions"
    # They act on the selected experiment, which isn't what is highlighted here.
    WITHOUT = frozenset(
        {
            *("rerun", "edit", "stop", "resume", "pin", "export", "mark", "log_scale"),
            *("toggle_rail", "toggle_details", "compare", "blend", "ablate", "tune"),
            *("remark", "delete", "undelete", "copy", "advance"),
        }
    )
    IDLE_WHEN_EMPTY = frozenset({"select_cursor", "upload"})
    CSS_PATH = style("submit")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "K",
            "upload",
            "upload",
            id="submission.upload",
            tooltip="Send the highlighted CSV to Kaggle, by Kaggle's own client",
        )
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._entries: tuple[Submitted, ...] = ()
        self._kept: dict[int, Kept] = {}
        # The experiments as they were when the ledger was read: an export changes one.
        self._read_at: object = None

    def compose_main(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="empty")
        yield SubmissionsTable()
        yield Static(id="told", markup=False)

    def on_screen_resume(self) -> None:
        """Look again: files come and go without the notebook knowing."""
        self._read_at = None
        super().on_screen_resume()

    def draw_main(self) -> None:
        records = self.desk.snapshot.records
        if self.is_current and records is not self._read_at:
            self._read_at = records
            self.desk.ask(self._look, self._show, "ledger")

    def _look(self) -> tuple[tuple[Submitted, ...], dict[int, Kept]]:
        """Asked in a thread: files are read that were written since the last look."""
        submissions = self.desk.service.submissions
        entries = submissions.ledger()
        return entries, submissions.kept(entries)

    def _show(self, found: tuple[tuple[Submitted, ...], dict[int, Kept]]) -> None:
        # While something runs it is asked every second: what is as it was stays scrolled.
        entries, _ = found
        if not self.is_attached or (entries and found == (self._entries, self._kept)):
            return
        self._entries, self._kept = found
        self.show_empty(not entries)
        self.query_one(SubmissionsTable).show(entries, self.desk.find, self._kept)
        self._tell_of_chosen()

    def _tell_of_chosen(self) -> None:
        chosen = self.query_one(SubmissionsTable).chosen
        if chosen is not None:
            told = f"{chosen.file} · SHA-256 {chosen.digest[:8]}"
            agreement = agreement_text(self._entries, self.desk.find)
            self.query_one("#told", Static).update(f"{agreement}\n{told}")

    def on_submissions_table_chosen(self) -> None:
        """Say where the highlighted CSV lies."""
        self._tell_of_chosen()

    def on_submissions_table_scored(self) -> None:
        """Ask for the leaderboard's score."""
        if (entry := self._needed()) is None:
            return
        text = f"What does the leaderboard show for {entry.file} ({in_words(entry.metric)})?"
        known, meaning = "", noted
        if entry.leaderboard is not None:
            known, meaning = f"{entry.leaderboard:g}", _noted_or_taken_back
            text += " An empty line takes back what was noted."
        dialog = LineScreen(f"Score of submission {entry.number}", text, known, meaning)
        self.app.push_screen(dialog, partial(self._score, entry.number))

    def _score(self, number: int, said: Noted | None) -> None:
        if said is not None:
            submissions = self.desk.service.submissions
            self.desk.ask(lambda: submissions.score(number, said.leaderboard), self._read_again)

    def action_upload(self) -> None:
        if (entry := self._needed()) is not None:
            ask_where = partial(self._ask_where, entry)
            refuse = self.desk.service.submissions.refuse_without_client
            # What is typed meanwhile is for the dialog.
            self.desk.ask(refuse, ask_where, OPENING)

    def _ask_where(self, entry: Submitted, _: None) -> None:
        # Where the last one went.
        sent = (one.competition for one in reversed(self._entries) if one.competition)
        usual = next(sent, "")
        text = f"Send {entry.file} to which competition? Its name in Kaggle's address:"
        dialog = LineScreen(f"Upload submission {entry.number}", text, usual, competition_name)
        self.app.push_screen(dialog, partial(self._upload, entry.number))

    def _upload(self, number: int, competition: str | None) -> None:
        if competition is not None:
            self.notify(f"Sending submission {number} to {competition}.")
            submissions = self.desk.service.submissions
            self.desk.ask(
                lambda: submissions.upload(number, competition), self._sent, refused=self._unsent
            )

    def _unsent(self, error: UserError) -> None:
        # It is not being sent any more.
        self.app.clear_notifications()
        self.app.post_message(Refused(error))

    def _sent(self, entry: Submitted) -> None:
        self.notify(f"{entry.file} was sent.", title=f"Submission {entry.number} uploaded")
        self._read_again(entry)

    def _read_again(self, _: Submitted) -> None:
        self._read_at = None
        self.draw()

    def _needed(self) -> Submitted | None:
        chosen = self.query_one(SubmissionsTable).chosen
        if chosen is None:
            self.notify(_NONE_YET)
        return chosen


def _noted_or_taken_back(text: str) -> Noted:
    return noted(text) if text else Noted(None)
