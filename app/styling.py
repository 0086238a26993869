"""An app that parses each style once."""

from textual.app import App
from textual.screen import Screen


class StyledInParts(App[None]):
    """Textual parses all styles again whenever a screen that has some is first shown."""

    def _load_screen_css(self, screen: Screen[object]) -> None:
        """Read the styles of a screen, and parse what is new alone.

        Args:
            screen: one that is about to be shown.
        """
        new = [path for path in screen.css_path if not self.stylesheet.has_source(str(path))]
        if new:
            self.stylesheet.read_all(new)
            self.stylesheet.parse()
            self.stylesheet.update(self)
