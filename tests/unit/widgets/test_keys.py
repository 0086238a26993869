"""The footer names the keys that can be pressed, and is clicked on."""

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from app.widgets.keys import Keys


class Page(App[None]):
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+g", "go", "go", tooltip="Go on"),
        Binding("ctrl+b", "back", "back"),
        Binding("ctrl+l", "back", "back"),
    ]
    may_go: bool | None = True
    went = 0

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        yield Input(id="second")
        yield Keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "go" or self.may_go

    def action_go(self) -> None:
        self.went += 1


def _named(app: Page) -> list[str]:
    return [key.description for key in app.query_one(Keys).named]


async def test_every_action_is_there_once_and_the_palette_on_the_right() -> None:
    app = Page()
    async with app.run_test(size=(60, 20)):
        assert _named(app) == ["go", "back", "palette"]
        line = str(app.query_one(Keys).render())
        assert line.startswith(" ^g go  ^b back ")
        assert line.endswith("▏ ^p palette ")
        assert len(line) == 60


async def test_a_move_of_the_focus_paints_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page()
    async with app.run_test() as pilot:
        painted: list[Keys] = []
        monkeypatch.setattr(Keys, "refresh", lambda keys, **_: painted.append(keys))
        await pilot.press("tab")
        await pilot.pause()
        assert app.focused is not None
        assert app.focused.id == "second"
        assert painted == []
        app.may_go = False
        app.refresh_bindings()
        await pilot.pause()
        assert painted


async def test_a_key_that_is_no_longer_offered_goes() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.may_go = False
        app.refresh_bindings()
        await pilot.pause()
        assert _named(app) == ["back", "palette"]


async def test_a_key_is_clicked_on_if_it_can_be_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page()
    bells: list[bool] = []
    monkeypatch.setattr(app, "bell", lambda: bells.append(True))
    async with app.run_test() as pilot:
        keys = app.query_one(Keys)
        assert await pilot.hover(keys, offset=(1, 0))
        assert keys.tooltip == "Go on"
        await pilot.click(keys, offset=(1, 0))
        await pilot.pause()
        assert app.went == 1
        app.may_go = None
        app.refresh_bindings()
        await pilot.pause()
        await pilot.click(keys, offset=(1, 0))
        await pilot.pause()
        assert (app.went, bells) == (1, [True])
        await pilot.hover(keys, offset=(40, 0))
        assert keys.tooltip is None
        await pilot.click(keys, offset=(40, 0))
        assert (app.went, bells) == (1, [True])
