"""Pictures side by side, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import PurePath
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.messages import Refused
from app.pictures import SIDES, picture_class
from app.presentation.captions import label
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from app.widgets.picture import Picture
from engine.competition.findings import Exhibit, Thumbnail
from engine.errors import UserError
from engine.gallery import MOST_SHOWN

# Cells that a picture with its caption takes, by the terminal's width.
_SIZES = ((170, (36, 16)), (0, (24, 12)))
# How many times as many pixels are worth sending of a picture that is alone.
_LARGER = 3


@dataclass(frozen=True)
class Kind:
    """Pictures that belong together.

    Args:
        heading: what they are of.
        find: finds them; asked in a thread.
        draw: their thumbnails, given a page's exhibits and a side in pixels; asked in a thread.
            By default the files themselves.
        group: how many belong together, and stand in a row or in whole rows.
        groups: what they are, behind how many of them a page shows.
    """

    heading: str
    find: Callable[[], Sequence[Exhibit]]
    draw: Callable[[Sequence[Exhibit], int], Sequence[Thumbnail]] | None = None
    group: int = 1
    groups: str = ""


def columns_of(room: int, group: int) -> int:
    """How many pictures stand beside each other, so that no group begins within a row of another.

    Args:
        room: how many there is room for.
        group: how many belong together.
    """
    whole = room // group * group
    return whole or max(count for count in range(1, room + 1) if group % count == 0)


@dataclass(frozen=True)
class _Found:
    """What a kind's pictures are, which labels are marked, and what shows pictures here."""

    exhibits: tuple[Exhibit, ...]
    left_out: frozenset[str]
    shows: Any


class GalleryScreen(ModalScreen[None]):
    """Pictures to look at; labels that are wrong can be marked.

    Args:
        desk: the line to the service.
        kinds: what there is to look at, one at a time.
        empty: what to say where there are none.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("gallery")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,down", "step(1)", "move", id="gallery.right", tooltip="The next picture",
            key_display="← →",
        ),
        Binding(
            "left,up", "step(-1)", "picture before", id="gallery.left",
            tooltip="The picture before", show=False,
        ),
        Binding(
            "pagedown", "page(1)", "page", id="gallery.next", tooltip="The next page",
            key_display="pgup pgdn",
        ),
        Binding(
            "pageup", "page(-1)", "page before", id="gallery.previous",
            tooltip="The page before", show=False,
        ),
        Binding(
            "enter", "enlarge", "enlarge", id="gallery.enlarge",
            tooltip="The picture alone, as large as there is room; again shows the others, too",
        ),
        Binding("f", "kind(1)", "next kind", id="gallery.kind", tooltip="The next class, or set"),
        Binding(
            "F",
            "kind(-1)",
            "kind before",
            id="gallery.kind_before",
            tooltip="The class, or set, before",
            show=False,
        ),
        Binding(
            "m",
            "mark",
            "wrong label",
            id="gallery.mark",
            tooltip="Its label is wrong: new specs do not train on it; again takes that back",
        ),
        Binding(
            "escape,q", "close", "close", id="gallery.close", tooltip="Back", key_display="esc"
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk, kinds: Sequence[Kind], empty: str = "") -> None:
        super().__init__(classes="-wide")
        self._desk = desk
        self._kinds = kinds
        self._place = 0
        self._empty = empty or "There are no such pictures."
        self._found = _Found((), frozenset(), None)
        self._first = 0
        self._is_alone = False
        # What hangs on the wall: the terminal may have another size by now, with other pages.
        self._hung: tuple[tuple[Picture, Exhibit], ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(id="told", markup=False)
            yield ItemGrid(id="wall")
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Find the first kind."""
        self._look()

    def on_resize(self) -> None:
        """Hang the page anew where another number of pictures has room; the first one stays."""
        if self._is_alone:
            self.query_one("#wall", ItemGrid).styles.grid_rows = str(self._cells[1])
        elif self._hung and len(self._shown) != len(self._hung):
            self._turn_to(self._first)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer other kinds only where there are any."""
        return action != "kind" or len(self._kinds) > 1

    @property
    def _cells(self) -> tuple[int, int]:
        width, height = self.app.size
        if self._is_alone:
            return width * 24 // 25 - 6, height - 4
        return next(size for least, size in _SIZES if width >= least)

    @property
    def _page(self) -> int:
        """How many pictures a page has: whole groups where there is room for one."""
        if self._is_alone:
            return 1
        _, height = self._cells
        rows = max(1, (self.app.size.height * 9 // 10 - 5) // (height + 1))
        page, group = self._columns * rows, self._kinds[self._place].group
        return page // group * group or self._columns

    @property
    def _columns(self) -> int:
        if self._is_alone:
            return 1
        width, _ = self._cells
        room = max(2, (self.app.size.width * 24 // 25 - 6) // (width + 1))
        return columns_of(room, self._kinds[self._place].group)

    @property
    def _shown(self) -> tuple[Exhibit, ...]:
        return self._found.exhibits[self._first : self._first + self._page]

    def _look(self) -> None:
        place, kind = self._place, self._kinds[self._place]
        self.query_one(".dialog").border_title = Text(kind.heading)
        self.query_one("#told", Static).update("Looking for the pictures ..")
        # What hangs is of another kind: under this heading it would be taken, and marked, for it.
        self.query_one("#wall", ItemGrid).remove_children()
        self._hung, self._first = (), 0
        self._found = _Found((), self._found.left_out, None)

        def look() -> _Found:
            left_out = self._desk.service.inspection.leave_out(())
            shows = picture_class(self._desk.pictures)
            return _Found(tuple(kind.find()), frozenset(left_out), shows)

        def found(answer: _Found) -> None:
            if self.is_attached and place == self._place:
                self._found = answer
                self._turn_to(0)

        def refused(error: UserError) -> None:
            if self.is_attached and place == self._place:
                self.query_one("#told", Static).update("\n".join(error_lines(error)))

        self._desk.ask(look, found, "gallery", refused)

    def _turn_to(self, first: int) -> None:
        focused = next((one for picture, one in self._hung if picture.has_focus), None)
        self._first = first
        shown = self._shown
        side = SIDES[self._desk.pictures] * (_LARGER if self._is_alone else 1)
        wall = self.query_one("#wall", ItemGrid)
        wall.styles.grid_size_columns = min(self._columns, max(len(shown), 1))
        wall.styles.grid_rows = str(self._cells[1])
        wall.remove_children()
        pictures = [Picture(self._caption(one)) for one in shown]
        self._hung = tuple(zip(pictures, shown, strict=True))
        if not shown:
            self.query_one("#told", Static).update(self._empty)
            return
        wall.mount_all(pictures)
        chosen = next((picture for picture, one in self._hung if one is focused), pictures[0])
        self.call_after_refresh(chosen.focus)
        kind, count = self._kinds[self._place], len(self._found.exhibits)
        least, most = first // kind.group + 1, ceil((first + len(shown)) / kind.group)
        span = str(least) if least == most else f"{least} to {most}"
        some = "the first " if count == MOST_SHOWN else ""
        page = f"{span} of {some}{ceil(count / kind.group)} {kind.groups}".strip()
        told = self.query_one("#told", Static)
        # The first augmented views take seconds: a process with TensorFlow has to come up.
        told.update(f"{page} · drawing ..")

        def draw(thumbnails: Sequence[Thumbnail]) -> None:
            for picture, one in zip(pictures, thumbnails, strict=False):
                if picture.is_attached:
                    picture.show(one, self._found.shows)
                    told.update(page)

        def refused(error: UserError) -> None:
            if pictures[0].is_attached:
                told.update(page)
            self.app.post_message(Refused(error))

        made = self._kinds[self._place].draw or self._files
        self._desk.ask(lambda: made(shown, side), draw, "gallery", refused)

    def _files(self, exhibits: Sequence[Exhibit], side: int) -> Sequence[Thumbnail]:
        return self._desk.service.gallery.thumbnails([one.path for one in exhibits], side)

    def _caption(self, one: Exhibit) -> Text:
        return label(one, one.id in self._found.left_out, self._cells[0])

    def action_page(self, by: int) -> None:
        # After a resize a page may begin anywhere.
        first = max(0, self._first + by * self._page)
        if first != self._first and first < len(self._found.exhibits):
            self._turn_to(first)

    def action_step(self, by: int) -> None:
        if self._is_alone:
            self.action_page(by)
        elif by > 0:
            self.focus_next(Picture)
        else:
            self.focus_previous(Picture)

    def action_enlarge(self) -> None:
        """Show the chosen picture alone, or all those of its page again."""
        if not self._hung:
            return
        # A click beside the pictures takes the focus away.
        hung = enumerate(self._hung)
        chosen = self._first + next((at for at, (picture, _) in hung if picture.has_focus), 0)
        self._is_alone = not self._is_alone
        self.set_class(self._is_alone, "-alone")
        self._turn_to(chosen - chosen % self._page)

    def action_kind(self, by: int) -> None:
        self._place = (self._place + by) % len(self._kinds)
        self._look()

    def action_mark(self) -> None:
        hung = self._hung
        one = next((its for picture, its in hung if picture.has_focus), None)
        if one is None or not one.labels:
            self.notify("Choose a labelled picture first: ← →.")
            return
        undo = one.id in self._found.left_out

        def marked(left_out: tuple[str, ...]) -> None:
            self._found = _Found(self._found.exhibits, frozenset(left_out), self._found.shows)
            for picture, its in hung:
                # Another page may be shown by now, or none.
                if picture.is_attached:
                    picture.tell(self._caption(its))
            how = "is trained on again" if undo else "is left out of training from now on"
            self.notify(f"{one.id} {how}; images left out: {len(left_out)}.")

        self._desk.ask(lambda: self._desk.service.inspection.leave_out([one.id], undo), marked)

    def action_close(self) -> None:
        if self._is_alone and self._hung:
            self.action_enlarge()
        else:
            self.dismiss(None)
