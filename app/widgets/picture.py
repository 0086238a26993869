"""One picture with a line below it."""

from base64 import b64decode
from io import BytesIO
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from engine.competition.findings import Thumbnail

_CAPTION = 2


class Picture(Vertical, can_focus=True):
    """A picture that can be chosen.

    Args:
        caption: what it is; its first line stands below the picture.
        is_choice: whether it is one of several, which the focus goes through.
    """

    def __init__(self, caption: Text | None = None, is_choice: bool = True) -> None:
        super().__init__()
        self.can_focus = is_choice
        self._caption = caption or Text()
        self._proportions = (1, 1)

    def compose(self) -> ComposeResult:
        """A place to fill, and the caption."""
        yield Static("..", classes="frame")
        yield Static(self._caption, classes="caption")

    def tell(self, caption: Text) -> None:
        """Change the caption.

        Args:
            caption: the new one.
        """
        if caption != self._caption:
            self._caption = caption
            self.query_one(".caption", Static).update(caption)

    def clear(self, text: str = "") -> None:
        """Show no picture.

        Args:
            text: what stands in its place.
        """
        for old in self.query(".pixels"):
            old.remove()
        frame = self.query_one(".frame", Static)
        frame.display = True
        frame.update(text)

    def empty(self) -> None:
        """Show no picture, and say of none what it is."""
        self.clear()
        self.tell(Text())

    def show(self, thumbnail: Thumbnail, kind: Any) -> None:
        """Show a picture, or why there is none.

        Args:
            thumbnail: the picture.
            kind: the class of widget that this terminal shows pictures with.
        """
        if thumbnail.problem:
            self.clear(f"can't be shown: {thumbnail.problem}")
            return
        for old in self.query(".pixels"):
            old.remove()
        self.query_one(".frame", Static).display = False
        self._proportions = (thumbnail.width, thumbnail.height)
        image = kind(BytesIO(b64decode(thumbnail.png)), classes="pixels")
        self._fit(image)
        self.mount(image, before=0)

    def on_resize(self) -> None:
        """Fill what room there is."""
        for image in self.query(".pixels"):
            self._fit(image)

    def _fit(self, image: Widget) -> None:
        """Give a picture the most cells that keep its proportions; a cell is twice as high."""
        width, height = self._proportions
        below = self.query_one(".caption").size.height or _CAPTION
        scale = min(self.size.width / width, 2 * (self.size.height - below) / height)
        image.styles.width = max(1, round(width * scale))
        image.styles.height = max(1, round(height * scale / 2))
