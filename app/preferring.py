"""What a person has set: looks and keys."""

import os
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import ModalScreen

from app.palette import ON_DARK, ON_LIGHT
from app.pictures import Ability, ability
from app.plain import Ascii, needs_ascii, told_keys
from app.settings import THEME, Settings, check_settings, load_settings, settings_path
from app.widgets.keys import Keys
from engine.errors import UserError
from engine.files import write_atomically

if TYPE_CHECKING:
    from app.desk import Desk


class Preferring(App[None]):
    """An app that looks and answers as its user has set.

    Args:
        screenshots: where they are saved.
    """

    # Our theme from the beginning: every change has all styles read again.
    theme: Reactive[str] = Reactive(THEME)
    ansi_theme_dark = Reactive(ON_DARK, init=False)
    ansi_theme_light = Reactive(ON_LIGHT, init=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "comma",
            "settings",
            "settings",
            id="app.settings",
            tooltip="Theme, pictures, notifications and keys",
            show=False,
        ),
        Binding(
            "f1", "tour", "tour", id="app.tour", tooltip="The cockpit in three steps", show=False
        ),
        Binding(
            "f12",
            "screenshot",
            "screenshot",
            id="app.screenshot",
            tooltip="Save what is shown as an SVG",
            show=False,
        ),
    ]

    def __init__(self, screenshots: Path) -> None:
        super().__init__()
        self._screenshots = screenshots
        self.preferences = Settings()
        self._ascii = Ascii(enabled=False)
        self._filters.append(self._ascii)

    def load_preferences(self) -> UserError | None:
        """Take the settings from the config file.

        Returns:
            Why they can't be used, so that the defaults hold.
        """
        complaint = None
        try:
            settings = load_settings()
            self.check_preferences(settings)
        except UserError as error:
            settings, complaint = Settings(), error
        self.take_preferences(settings)
        return complaint

    def check_preferences(self, settings: Settings) -> None:
        """Make sure that settings name what exists; safe to call from a thread.

        Args:
            settings: as they were read.

        Raises:
            UserError: a theme or binding is unknown, or a key would lock somebody in.
        """
        check_settings(settings, self.available_themes, self._bindings_of(settings))
        if settings.keys:
            from app.keymap import refuse_key

            where = f"{settings_path()} can't be used, so the defaults hold: "
            for name, keys in settings.keys.items():
                for key in filter(None, map(str.strip, keys.split(","))):
                    refuse_key(type(self), name, key, where)

    def _bindings_of(self, settings: Settings) -> Iterable[str]:
        """All keys' ids, where any is set: knowing them means importing every screen."""
        if not settings.keys:
            return ()
        from app.keymap import named_bindings

        return named_bindings(type(self))

    def take_preferences(self, settings: Settings) -> None:
        """Look and answer as these say, from now on.

        Args:
            settings: theme, keys and the rest.
        """
        self.preferences = settings
        self.theme = settings.theme
        self.set_keymap(self._keymap_of(settings))
        is_plain = needs_ascii(os.environ, settings.characters)
        if is_plain != self._ascii.enabled:
            self._ascii.enabled = is_plain
            for screen in chain.from_iterable(self._screen_stacks.values()):
                # They name keys, which are spelled now, or no more.
                for keys in screen.query(Keys):
                    keys.refresh()
        self.refresh(layout=True)

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is called in footers and lists; where there is no sign for it, by its name.

        Args:
            binding: the binding.
        """
        return told_keys(self, super().get_key_display(binding))

    def _keymap_of(self, settings: Settings) -> dict[str, str]:
        if not settings.keys:
            return {}
        from app.keymap import with_escape

        return with_escape(settings.keys)

    @property
    def pictures(self) -> Ability:
        """How pictures are shown here."""
        if self.no_color and self.preferences.pictures == "auto":
            return "grey"
        return ability(os.environ, self.preferences.pictures)

    def welcome(self, desk: "Desk") -> None:
        """Show the tour to who has never seen it.

        Args:
            desk: asks in threads.
        """
        # What is remembered of the table's columns is not needed for a first paint.
        from app.remembered import has_toured, remember_tour

        def show(has_seen: bool) -> None:
            if not has_seen and not isinstance(self.screen, ModalScreen):
                self.action_tour()
                desk.ask(remember_tour)

        desk.ask(has_toured, show)

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Save what is shown, into the workspace where nothing else is said."""
        if self.is_web:
            self.deliver_screenshot(filename, path)
            return
        name = filename or f"hydra-tui-{datetime.now():%Y%m%d-%H%M%S}.svg"
        place = (Path(path) if path else self._screenshots) / name
        picture = self.export_screenshot()

        def save() -> None:
            try:
                write_atomically(place, picture)
            except UserError as error:
                self.call_from_thread(self.notify, str(error), severity="error", timeout=10)
            else:
                self.call_from_thread(self.notify, str(place), title="Screenshot saved")

        self.run_worker(save, thread=True, group="screenshot")

    def action_settings(self) -> None:
        """Show and change the settings."""
        from app.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen())

    def action_tour(self) -> None:
        """Tell a newcomer how this works."""
        from app.screens.tour import TourScreen

        self.push_screen(TourScreen())
