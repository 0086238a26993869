"""A screen that is styled once, not anew whenever it is shown."""

from textual.app import App
from textual.events import Event, ScreenResume
from textual.geometry import Size
from textual.screen import Screen, ScreenResultType


class StyledOnce(Screen[ScreenResultType]):
    """Textual styles all of a screen again when it is shown, for which a large one takes long."""

    def _post_register(self, app: App[object]) -> None:
        """A new screen has the theme of now: no style need be parsed again for it."""
        super()._post_register(app)
        self._css_update_count = app._css_update_count

    def _screen_resized(self, size: Size) -> None:
        """Lay a dialog out anew at another size only: Textual tells of the first one, too.

        A main screen is laid out again, for the messages that have come to stand on it meanwhile;
        but not while the cockpit starts, when it is not painted.
        """
        is_seen = not (self.is_modal or self.app._batch_count)
        if is_seen or size != self._compositor.size:
            super()._screen_resized(size)

    async def on_event(self, event: Event) -> None:
        """Show it as it was styled.

        Args:
            event: any event.
        """
        if isinstance(event, ScreenResume):
            event.refresh_styles = False
            # But for itself: it stood before its own styles were read.
            self.app.stylesheet.apply(self)
        await super().on_event(event)
