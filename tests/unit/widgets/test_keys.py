"""The footer is filled for the first paint, and made anew only for other keys."""

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from app.widgets.keys import Keys


class Page(App[None]):
    BINDINGS = [Binding("ctrl+g", "go", "go"), Binding("ctrl+b", "back", "back")]  # noqa: RUF012
    may_go = True

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        yield Input(id="second")
        yield Keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "go" or self.may_go


def _keys(app: Page) -> list[FooterKey]:
    return [key for key in app.query(FooterKey) if "-command-palette" not in key.classes]


async def test_every_key_is_there_once() -> None:
    app = Page()
    async with app.run_test():
        assert [key.description for key in _keys(app)] == ["go", "back"]


async def test_a_key_is_styled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[FooterKey] = []
    monkeypatch.setattr(FooterKey, "update_node_styles", lambda key, **_: again.append(key))
    async with Page().run_test() as pilot:
        await pilot.pause()
    assert again == []


async def test_a_move_of_the_focus_leaves_the_keys_alone() -> None:
    app = Page()
    async with app.run_test() as pilot:
        before = _keys(app)
        await pilot.press("tab")
        await pilot.pause()
        assert app.focused is not None
        assert app.focused.id == "second"
        assert _keys(app) == before


async def test_a_key_that_is_no_longer_offered_goes() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.may_go = False
        app.refresh_bindings()
        await pilot.pause()
        assert [key.description for key in _keys(app)] == ["back"]
