"""What the worker says: followed as it grows, and searched."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, Log

_MOST_LINES = 5000
_INDENT = "  "
_FOUND = "reverse"
_CURRENT = Style(bold=True, underline=True)


def matching_lines(lines: Sequence[str], words: str) -> tuple[int, ...]:
    """The places of the lines that hold some words, whatever their case.

    Args:
        lines: all lines.
        words: what is looked for; nothing holds nothing.
    """
    wanted = words.casefold()
    return tuple(place for place, line in enumerate(lines) if wanted and wanted in line.casefold())


class _Marker(Highlighter):
    """Marks what is looked for."""

    words = ""

    def highlight(self, text: Text) -> None:
        plain, wanted = text.plain.casefold(), self.words.casefold()
        start = plain.find(wanted) if wanted else -1
        while start >= 0:
            text.stylize(_FOUND, start, start + len(wanted))
            start = plain.find(wanted, start + len(wanted))


class SearchLine(Input):
    """Where one types what to look for in the log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,down",
            "seek(1)",
            "next match",
            id="log.next",
            tooltip="The next line that matches, around to the first",
        ),
        Binding(
            "shift+enter,up",
            "seek(-1)",
            "match before",
            id="log.previous",
            tooltip="The matching line before, around to the last",
        ),
        Binding("escape", "close", "close", id="log.close", tooltip="Look for nothing any more"),
    ]

    class Sought(Message):
        """Another match is wanted.

        Args:
            way: 1 or -1.
        """

        def __init__(self, way: int) -> None:
            super().__init__()
            self.way = way

    class Closed(Message):
        """Nothing is looked for any more."""

    def action_seek(self, way: int) -> None:
        self.post_message(self.Sought(way))

    def action_close(self) -> None:
        self.post_message(self.Closed())


class _Lines(Log):
    """The lines, one of them current."""

    current: int | None = None

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        return strip.apply_style(_CURRENT) if self.scroll_offset.y + y == self.current else strip

    def on_resize(self) -> None:
        """Break them elsewhere."""
        if isinstance(self.parent, LogPane):
            self.parent.resized()

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if isinstance(self.parent, LogPane):
            self.parent.scrolled(is_back=new < old)


class LogPane(Vertical):
    """A log and its search line, which is hidden until somebody looks for something."""

    def __init__(self) -> None:
        super().__init__()
        self._experiment = ""
        self._said: list[str] = []
        # Where each of these begins among the lines that are shown, and how wide those are.
        self._starts: list[int] = []
        self._width = 0
        self._marker = _Marker()
        self._matches: tuple[int, ...] = ()
        self._follows = True

    def compose(self) -> ComposeResult:
        log = _Lines(id="log", highlight=True, auto_scroll=False)
        log.highlighter = self._marker
        yield log
        yield SearchLine(id="search", placeholder="look for", compact=True)

    def on_mount(self) -> None:
        """Nothing is looked for at first."""
        self.query_one(SearchLine).display = False
        self.describe()

    @property
    def log_lines(self) -> _Lines:
        """The lines."""
        return self.query_one(_Lines)

    def take(self, experiment: str, lines: Sequence[str], is_afresh: bool) -> None:
        """Show what an experiment has said.

        Args:
            experiment: its id.
            lines: what is new.
            is_afresh: whether these are its first lines here.
        """
        self._experiment = experiment
        lines = [part for line in lines for part in line.splitlines()]
        if is_afresh:
            self._said, self._follows = [], True
        self._said += lines
        if is_afresh:
            self._rewrite()
        elif len(self._said) > _MOST_LINES:
            # A part at a time: all that stays is written anew.
            dropped = len(self._said) - _MOST_LINES * 3 // 4
            self._said = self._said[dropped:]
            self._rewrite(dropped)
        else:
            self._write(lines)
        self._find()
        if self._follows:
            self.follow()
        self.describe()

    def follow(self) -> None:
        """Show the newest line, and those that come."""
        self._follows = True
        self.log_lines.scroll_end(animate=False, force=True, x_axis=False)
        self.describe()

    def scrolled(self, is_back: bool) -> None:
        """Follow no more when somebody looks further up; again once the end is reached.

        Args:
            is_back: whether towards the beginning.
        """
        at_end = self.log_lines.is_vertical_scroll_end
        self._follows = at_end or (self._follows and not is_back)
        self.describe()

    def resized(self) -> None:
        """Break the lines to the new width; the end is elsewhere."""
        if self._room != self._width:
            self._rewrite()
            self._find()
        if self._follows:
            self.follow()
        self.describe()

    def open_search(self) -> None:
        """Let one type what to look for."""
        line = self.query_one(SearchLine)
        line.display = True
        line.focus()

    def describe(self) -> None:
        """Say whose log it is, whether it follows, and how many lines match."""
        if not self.is_mounted:
            return
        log = self.log_lines
        log.border_title = f"Log of {self._experiment}" if self._experiment else "Log"
        log.border_subtitle = "following" if self._follows else "stands still · f follows"
        line = self.query_one(SearchLine)
        if line.display and line.value:
            place = self._matches.index(log.current) + 1 if log.current in self._matches else 0
            count = len(self._matches)
            several = f"{count} lines match" if count > 1 else "1 line matches"
            told = f"match {place} of {count}" if place else several
            log.border_subtitle = told if count else "no line matches"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark what matches, and go to the last of it: what is new matters most."""
        event.stop()
        self._marker.words = event.value
        self.log_lines.current = None
        self._find()
        # The only public way to have lines drawn anew that have not changed.
        self.log_lines.notify_style_update()
        self.on_search_line_sought(SearchLine.Sought(-1))

    def on_search_line_sought(self, message: SearchLine.Sought) -> None:
        """Go to another match."""
        log = self.log_lines
        if self._matches:
            at = -1 if log.current is None else log.current
            later = [place for place in self._matches if place > at]
            before = [place for place in self._matches if place < at]
            if message.way > 0:
                log.current = (later or self._matches)[0]
            else:
                log.current = (before or self._matches)[-1]
            self._follows = False
            log.scroll_to(y=log.current - log.size.height // 2, animate=False, force=True)
        log.refresh()
        self.describe()

    def on_search_line_closed(self) -> None:
        """Look for nothing; what was found stays in sight."""
        line = self.query_one(SearchLine)
        line.value = ""
        line.display = False
        self.log_lines.focus()
        self.describe()

    def _find(self) -> None:
        found = matching_lines(self._said, self._marker.words)
        self._matches = tuple(self._starts[place] for place in found)

    @property
    def _room(self) -> int:
        """Columns of a line, beside the bar that long logs have."""
        log = self.log_lines
        return log.content_region.width - log.scrollbar_size_vertical

    def _rewrite(self, dropped: int = 0) -> None:
        """Write all anew; who reads, or has found a line, stays there.

        Args:
            dropped: how many of the oldest are no longer there.
        """
        log, follows = self.log_lines, self._follows
        top = self._entry_at(log.scroll_offset.y) - dropped
        current = None if log.current is None else self._entry_at(log.current) - dropped
        log.clear()
        self._starts, self._width = [], self._room
        self._write(self._said)
        log.current = None if current is None or current < 0 else self._starts[current]
        if not follows and self._starts:
            line = self._starts[min(max(top, 0), len(self._starts) - 1)]
            log.scroll_to(y=line, animate=False, force=True, immediate=True)
        # An empty log is at its end, from where it would be followed.
        self._follows = follows

    def _entry_at(self, line: int) -> int:
        """Which of what was said a line is of, or a part of."""
        return max(bisect_right(self._starts, line) - 1, 0)

    def _write(self, lines: Iterable[str]) -> None:
        """Write lines behind the others, broken where they are too long."""
        log = self.log_lines
        written: list[str] = []
        for line in lines:
            self._starts.append(len(log.lines) + len(written))
            is_long = len(_INDENT) < self._width < len(line)
            parts = wrap(line, self._width, subsequent_indent=_INDENT) if is_long else []
            written += parts or [line]
        log.write_lines(written)
