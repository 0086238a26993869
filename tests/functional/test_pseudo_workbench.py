"""Pseudo-labels are chosen by keys while what they bring is seen."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.screens.pseudo import PseudoScreen
from app.screens.spec import SpecScreen
from app.widgets.rail import Rail
from engine.experiment.preview import PseudoPreview
from engine.experiment.spec import PseudoSpec
from engine.service import Service
from tests.functional.predicted import freeze_folds
from tests.functional.staging import cockpit, named_keys, opened, until


async def workbench(pilot: Pilot[None]) -> PseudoScreen:
    """Choose the stage in the recipe."""
    rail = pilot.app.screen.query_one(Rail)
    rail.focus()
    rail.highlighted = 6
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, PseudoScreen))
    screen = pilot.app.screen
    assert isinstance(screen, PseudoScreen)
    return screen


def said(pilot: Pilot[None], part: str) -> str:
    return str(pilot.app.screen.query_one(f"#{part}", Static).content)


@pytest.mark.slow
@pytest.mark.exercises(
    "pseudo.up",
    "pseudo.down",
    "pseudo.pageup",
    "pseudo.pagedown",
    "pseudo.labels",
    "pseudo.more",
    "pseudo.fewer",
    "pseudo.go",
)
async def test_the_threshold_is_moved_until_it_suits(regularized: Path) -> None:
    freeze_folds(regularized)
    async with opened(regularized, (120, 40)) as pilot:
        screen = await workbench(pilot)
        await until(pilot, lambda: "4 test images" in said(pilot, "told"))
        assert "Class balance" in said(pilot, "balance")
        await pilot.press("h")
        await until(pilot, lambda: "2 test images" in said(pilot, "told"))
        assert "as out-of-fold rows" in said(pilot, "told") or "nobody" in said(pilot, "told")
        await pilot.press("pagedown", "pagedown", "up", "down", "pageup")
        assert screen._spec.threshold == 0.9
        await pilot.press("up")
        assert screen._spec.threshold == 0.905
        await pilot.press("plus", "minus", "minus", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        form = pilot.app.screen
        assert isinstance(form, SpecScreen)
        assert form._spec.pseudo == PseudoSpec(
            source="4", labels="hard", threshold=0.905, share=0.45
        )


@pytest.mark.exercises("pseudo.next", "pseudo.previous", "pseudo.leave")
async def test_another_source_labels_and_a_leak_is_refused_in_place(regularized: Path) -> None:
    freeze_folds(regularized, held_out=range(4, 8))
    async with opened(regularized, (80, 24)) as pilot:
        screen = await workbench(pilot)
        await until(pilot, lambda: "would leak into the validation" in said(pilot, "told"))
        assert screen._spec.source == "4"
        assert named_keys(pilot)[-1].end <= 80, "all keys can be read"
        await pilot.press("right")
        assert screen._spec.source == "3"
        await until(pilot, lambda: "Experiment 3 was trained or fitted on" in said(pilot, "told"))
        await pilot.press("left", "escape")
        assert not isinstance(pilot.app.screen, PseudoScreen)


async def test_only_the_newest_answer_is_shown(regularized: Path) -> None:
    """Keys come faster than answers: what was asked between is never asked."""
    service = Service(regularized)
    asked: list[float] = []

    def preview(spec: PseudoSpec) -> PseudoPreview:
        asked.append(spec.threshold)
        rows = round(100 * spec.threshold)
        return PseudoPreview(rows=rows, share=0.3, balance=(), precision=None, coverage=())

    service.workbench.preview_pseudo = preview  # type: ignore[method-assign] # an instant answer
    async with opened(regularized, (120, 40), service) as pilot:
        screen = await workbench(pilot)
        for _ in range(30):
            screen.action_fine(1)
        images = f"{round(100 * screen._spec.threshold)} test images"
        await until(pilot, lambda: images in said(pilot, "told"))
        assert len(asked) < 10
        assert cockpit(pilot).desk.service is service
