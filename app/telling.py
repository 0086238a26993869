"""What the cockpit tells for some seconds: of jobs that have ended, also while it was closed."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.notifications import Notification, SeverityLevel

from app.desk import Desk
from app.notices import Notice, away_notice, ended, landed_notice, notice_of
from app.preferring import Preferring
from app.screens.message import MessageScreen
from engine.experiment.record import ExperimentRecord
from engine.pilot.flight import Flight

_SMALL = 100
# What answers a key is read by who looks at the screen; what has ended may not be.
_ANSWER_SECONDS, _ENDED_SECONDS = 4.0, 6.0
# Of one session, to be read again.
_MOST_KEPT = 200
# On a small terminal. Around a toast are its borders.
_AROUND = 8
_SHORT_SECONDS, _LONG_SECONDS = 3.0, 6.0


class Telling(Preferring):
    """Tells of what has ended, and keeps what was told.

    Args:
        screenshots: where they are saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2",
            "told",
            "messages",
            id="app.messages",
            tooltip="Read the messages again that were shown for some seconds",
            show=False,
        )
    ]

    def __init__(self, screenshots: Path) -> None:
        super().__init__(screenshots)
        self._told: deque[str] = deque(maxlen=_MOST_KEPT)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Tell something for some seconds; in short on a small terminal, of which it covers much.

        Args:
            message: what.
            title: what it is about; without one it answers a key, and takes the place of what
                answered the key before.
            severity: how much it matters; only what is no trouble is taken away sooner.
            timeout: seconds.
            markup: passed over, there is none: names of files and settings have brackets, too.
        """
        lines = (title, *message.splitlines())
        said = "\n         ".join(line for line in lines if line)
        self._told.appendleft(f"{datetime.now():%H:%M:%S} {said}")
        if not title and severity == "information":
            timeout = timeout or _ANSWER_SECONDS
            answers = [one for one in self._notifications if _is_answer(one)]
            for one in answers:
                self._unnotify(one)
        if self.size.width < _SMALL:
            # In one paragraph: every line hides another.
            paragraph = " · ".join(line for line in lines if line)
            # By ourselves: of a text nearly as wide as the terminal Textual counts a line too few,
            # and the last one, often a path, lies below the footer.
            message = "\n".join(wrap(paragraph, max(self.size.width - _AROUND, 1)))
            title = ""
            if severity == "information":
                timeout = min(timeout or _SHORT_SECONDS, _LONG_SECONDS)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def on_program_replaced(self) -> None:
        """Say how to go on with the new program."""
        text = "q leaves, jobs go on; start it again. Until then screens may not fit together."
        self.notify(text, title="hydra-tui was updated", severity="warning", timeout=30)

    def action_told(self) -> None:
        """Show what was told, the newest first."""
        text = "\n".join(self._told) or "Nothing was told since the cockpit was opened."
        self.push_screen(MessageScreen("Messages, the newest first", text))

    def action_help_quit(self) -> None:
        """Say how to leave: ctrl+c ends nothing, it copies what is selected."""
        key = self.preferences.keys.get("app.quit", "q").partition(",")[0]
        self.notify(f"{key} leaves; jobs go on.")

    def tell(self, notice: Notice) -> None:
        """Tell of something that has ended, also to one who looks at another window.

        Args:
            notice: what.
        """
        self.notify(
            notice.text, title=notice.title, severity=notice.severity, timeout=_ENDED_SECONDS
        )
        if self.preferences.notify == "bell":
            self.bell()
        elif self.preferences.notify == "desktop" and self._driver is not None:
            self._driver.write(desktop_notification(notice.title, "TMUX" in os.environ))

    def tell_ended(self, desk: Desk, before: Sequence[ExperimentRecord]) -> None:
        """Tell of what has ended since the look before.

        Args:
            desk: holds the look of now.
            before: the experiments as they were.
        """
        over = list(ended(before, desk.snapshot.records))
        for record in over:
            self.tell(notice_of(record))
        if over:
            desk.to_look_at(over)
        # A blend is done when it is first seen.
        if over or (before and len(desk.snapshot.records) > len(before)):
            _catch_up(desk, lambda _: None)

    def tell_landed(self, before: Flight | None, after: Flight | None) -> None:
        """Tell that the autopilot has ended, and with what.

        Args:
            before: what it said of itself at the look before.
            after: what it says now.
        """
        was_flying = before is not None and before.status == "running"
        if was_flying and after is not None and after.status != "running":
            self.tell(landed_notice(after))

    def tell_missed(self, desk: Desk) -> None:
        """Tell of what has ended while the cockpit was closed.

        Args:
            desk: holds the first look.
        """

        def take(records: Sequence[ExperimentRecord]) -> None:
            if not records:
                return
            notice = away_notice(records)
            self.notify(notice.text, title=notice.title, severity=notice.severity, timeout=20)
            desk.to_look_at(records)

        def recalled(marks: tuple[frozenset[str], frozenset[str]]) -> None:
            unseen, marked = marks
            desk.mark_unseen(desk.fresh | unseen)
            desk.mark_again(marked)
            _catch_up(desk, take)

        desk.ask(lambda: _marks(desk.service.workspace.root), recalled, "away")


def _is_answer(told: Notification) -> bool:
    return not told.title and told.severity == "information"


def _marks(workspace: Path) -> tuple[frozenset[str], frozenset[str]]:
    from app.away import marks_before

    return marks_before("unseen", workspace), marks_before("marked", workspace)


def _catch_up(desk: Desk, then: Callable[[Sequence[ExperimentRecord]], None]) -> None:
    """Find what has ended while the cockpit was closed; what has by now counts as told."""
    # What is remembered of a person is not needed for a first paint.
    from app.away import missed

    root, records = desk.service.workspace.root, desk.snapshot.records
    desk.ask(lambda: missed(root, records), then, "away")


def desktop_notification(text: str, in_tmux: bool = False) -> str:
    """The escape sequence that has a terminal notify its user (OSC 9).

    Args:
        text: what to tell.
        in_tmux: whether tmux lies between, which passes on what is wrapped for it.
    """
    plain = "".join(character for character in text if character.isprintable())
    sequence = f"\x1b]9;{plain}\x07"
    return f"\x1bPtmux;\x1b{sequence}\x1b\\" if in_tmux else sequence
