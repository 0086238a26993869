"""The lines at the top: which screen, what it is for, which workspace."""

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from app.plain import told_keys

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
# Where less is, there is no program's name. What goes on stands on the second line, too, where
# the first has no room for it.
_ROOM_FOR_NAME = 104


class Headline(Static):
    """Two lines; the second makes way for a warning when the terminal is too small.

    Args:
        views: number and name of every screen.
        current: the name of the one shown.
        purpose: what it is for.
    """

    def __init__(self, views: tuple[tuple[str, str], ...], current: str, purpose: str) -> None:
        super().__init__(id="headline")
        self._views = views
        self._current = current
        self._purpose = purpose
        self._shown: object = None

    def show(self, workspace: str, note: str, is_warning: bool = False) -> None:
        """Show where we are.

        Args:
            workspace: the workspace's name.
            note: what is going on, in some words.
            is_warning: whether that is something to look at.
        """
        width, height = self.app.size
        purpose = told_keys(self.app, self._purpose)
        wanted = (workspace, note, is_warning, width, height, purpose)
        if wanted == self._shown:
            return
        self._shown = wanted
        text = Text()
        is_narrow = width < _ROOM_FOR_NAME
        if not is_narrow:
            text.append(" hydra-tui ", "bold reverse")
        for number, name in self._views:
            is_current = name == self._current
            # A click goes there, as the number does.
            click = Style(meta={"@click": f"app.view('{name.lower()}')"})
            text.append(f" {number} " if is_narrow else f"  {number} ", "dim")
            text.append(name, click + Style.parse("bold underline" if is_current else "dim"))
        text.append(f"   {workspace}", "bold")
        colour = "yellow" if is_warning else "cyan"
        is_below = is_narrow or text.cell_len + len(f" · {note} ") > width
        if note and not is_below:
            text.append(f" · {note}", colour)
        text.append("\n ")
        if note and is_below:
            text.append(f"{note} · ", colour)
        if width < LEAST_WIDTH or height < LEAST_HEIGHT:
            wants = f"{LEAST_WIDTH}x{LEAST_HEIGHT}"
            text.append(f"Terminal too small: {width}x{height}, needs {wants}.", "bold yellow")
        else:
            text.append(purpose, "dim")
        self.update(text)
