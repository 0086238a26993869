"""Answers that come when their screen shows something else, or has gone; keys nobody sees act."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import DataTable, Static

from app.cockpit import Cockpit
from app.screens.ablation import AblationScreen
from app.screens.errors import ErrorsScreen
from app.screens.gallery import GalleryScreen
from app.screens.search import SearchScreen
from app.widgets.next_move import NextMove
from app.widgets.rail import Rail
from engine.errors import UserError
from engine.experiment.importance import Importance
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.service import Service
from tests.functional.analysed import analysis
from tests.functional.predicted import freeze_folds
from tests.functional.searched import wide_search
from tests.functional.staging import cockpit, fill, notices, opened, record, replace, until
from tests.functional.test_errors_and_images import Analysed, said, told


class Held:
    """A call that answers when it is let go."""

    def __init__(self, call: Callable[..., Any], waits: Callable[..., bool]) -> None:
        self._call = call
        self._waits = waits
        self._event = threading.Event()

    def __call__(self, *arguments: Any) -> Any:
        if self._waits(*arguments):
            assert self._event.wait(20)
        return self._call(*arguments)

    def let_go(self) -> None:
        self._event.set()


async def test_no_key_acts_on_errors_that_are_no_longer_shown(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection

    def errors(experiment: str) -> Any:
        if experiment != "3":
            raise UserError("Its predictions are missing.", "predictions.", "run it again.")
        return analysis(experiment, str(filled / "train"))

    inspection.errors = errors
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.query_one("#rows", DataTable).row_count == 2)
        cockpit(pilot).desk.selected = "1"
        cockpit(pilot).draw()
        await until(pilot, lambda: "missing" in said(pilot))
        await pilot.press("m")
        await until(pilot, lambda: "no image to mark" in notices(pilot))
        await pilot.press("g", "i", "t")
        assert pilot.app.screen is screen
        assert inspection.leave_out(()) == ()


async def test_a_grad_cam_of_another_experiment_is_not_shown(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection
    inspection.grad_cams = held = Held(inspection.grad_cams, lambda *_: True)
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        assert isinstance(screen, ErrorsScreen)
        await until(pilot, lambda: screen.query_one("#rows", DataTable).row_count == 2)
        await pilot.press("g")
        cockpit(pilot).desk.selected = "1"
        cockpit(pilot).draw()
        await until(pilot, lambda: screen._report and screen._report.experiment == "1")
        held.let_go()
        await until(pilot, lambda: not cockpit(pilot).desk.is_asking("grad-cam"))
        await pilot.pause()
        assert screen._cams == {}


@pytest.mark.parametrize("key", ["escape", "pagedown"])
async def test_a_label_is_marked_after_its_picture_has_gone(filled: Path, key: str) -> None:
    service = Service(filled)
    inspection: Any = service.inspection
    held = Held(inspection.leave_out, lambda images, *_: bool(images))
    inspection.leave_out = held
    async with opened(filled, (80, 24), service) as pilot:
        await pilot.press("4")
        await pilot.press("i")
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        await until(pilot, lambda: told(pilot).startswith("1 to"))
        await until(pilot, lambda: screen.focused is not None)
        await pilot.press("m", key)
        held.let_go()
        await until(pilot, lambda: "left out" in notices(pilot))


@pytest.mark.parametrize(
    ("content", "keys", "reason"),
    [
        ('theme = "nonsense"', ("down", "right"), "no theme `nonsense`"),
        ('keys = "x"', (*["down"] * 4, "enter", "f9"), "`keys` is no table"),
    ],
)
async def test_a_config_file_that_was_wrong_already_is_told_when_it_is_changed(
    bare: Path, own_settings: Path, content: str, keys: tuple[str, ...], reason: str
) -> None:
    own_settings.write_text(content)
    async with opened(bare) as pilot:
        pilot.app.clear_notifications()
        await pilot.press("comma", *keys)
        await until(pilot, lambda: reason in notices(pilot))


async def test_the_first_look_at_the_data_is_told_while_it_is_under_way(bare: Path) -> None:
    service = Service(bare)
    looked: Any = service
    looked.summary = held = Held(service.summary, lambda *_: True)
    app = Cockpit(service)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.desk.looking)
        move = app.screen.query_one(NextMove)
        assert "the data is being looked at" in str(move.render())
        rail = app.screen.query_one(Rail)
        assert "being looked at" in str(rail.get_option_at_index(0).prompt)
        await pilot.press("n")
        assert "The data is being looked at: what comes next" in notices(pilot)
        held.let_go()
        await until(pilot, lambda: "look at the data" in str(move.render()))
        assert "to look at" in str(rail.get_option_at_index(0).prompt)


async def test_the_folds_balance_is_shown_once_training_has_frozen_them(bare: Path) -> None:
    async with opened(bare, (120, 40)) as pilot:
        await pilot.press("4")
        facts = pilot.app.screen.query_one("#facts-text", Static)

        def shown() -> str:
            pane: Any = facts.content
            return str(next(reversed(list(pane.columns[1].cells))))

        await until(pilot, lambda: "frozen with the first training" in shown())
        fill(bare, [record(1, status=Status.QUEUED)])
        await until(pilot, lambda: cockpit(pilot).desk.find("1"))
        replace(bare, record(1))
        freeze_folds(bare)
        await until(pilot, lambda: "frozen with" not in shown() and "2 2" in shown())


async def test_importance_is_of_the_search_that_is_shown(bare: Path) -> None:
    fill(bare, [wide_search(1), wide_search(2)])
    service = Service(bare)
    workbench: Any = service.workbench

    def importance(record: Any) -> tuple[Importance, ...]:
        return (Importance(path=f"of.{record.id}", share=0.5, error=0.1),)

    workbench.importance = held = Held(importance, lambda record: record.id == "2")
    async with opened(bare, (120, 40), service) as pilot:
        await pilot.press("7")
        screen = pilot.app.screen
        assert isinstance(screen, SearchScreen)
        await until(pilot, lambda: screen._is_weighing)
        text = screen.query_one("#importance-text", Static)
        await until(pilot, lambda: "Working out what matters" in str(text.content))
        cockpit(pilot).desk.selected = "1"
        cockpit(pilot).draw()
        held.let_go()
        await until(pilot, lambda: "of.1" in str(text.content))
        assert "of.2" not in str(text.content)


async def test_an_ablation_that_is_refused_can_be_asked_for_again(filled: Path) -> None:
    spec = record(4, Stage.REGULARIZE).fit
    assert spec is not None
    spec = spec.model_copy(update={"head": spec.head.model_copy(update={"dropout": 0.5})})
    fill(filled, [record(4, Stage.REGULARIZE, loss=0.15, parent="3", spec=spec)])
    service = Service(filled)

    def refuse(*_: object) -> Any:
        raise UserError("The disk is full.", "some room.", "make room.")

    asked: Any = service
    asked.ablate = refuse
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, AblationScreen)
        await until(pilot, lambda: screen._plan)
        await pilot.press("enter")
        await until(pilot, lambda: "disk is full" in notices(pilot))
        await until(pilot, lambda: screen._plan)
