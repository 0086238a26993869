"""The form of a spec: sweeps, what differs, and what stays in sight."""

from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Input, Static

from app.screens.message import MessageScreen
from app.screens.spec import SpecScreen
from app.widgets.spec_field import SpecField
from engine.experiment.spec import PhaseSpec, Stage
from tests.functional.form import Field, typed_into
from tests.functional.staging import fill, named_keys, opened, record, station, stored, until


def told(screen: Screen[Any], place: str) -> str:
    return str(screen.query_one(f"#{place}", Static).render())


async def test_several_values_of_a_field_are_a_sweep(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        dropout = Field(screen, "head.dropout")
        dropout.focus()
        await pilot.pause()
        assert "Several, as 1,2: one run each" in told(screen, "help")
        await pilot.press("ctrl+u", *"0.3,0.6")
        verdict = told(screen, "verdict")
        assert "✓ enter queues 2 experiments, one for each: about " in verdict
        assert "changed: head.dropout=0.3,0.6" in verdict
        await pilot.press("ctrl+t")
        assert "TOML shows one" in told(screen, "help")
        screen.query_one("#also", Input).value = "seed=1,2 folds=30"
        await until(pilot, lambda: "folds=30 is not possible" in told(screen, "verdict"))
        screen.query_one("#also", Input).value = "seed=1,2,x"
        await until(pilot, lambda: "seed=x is not possible" in told(screen, "verdict"))
        screen.query_one("#also", Input).value = "seed=1,2"
        await until(pilot, lambda: "queues 4 experiments" in told(screen, "verdict"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(stored(filled)) == 7)
        await pilot.pause()
    made = [(one.fit.head.dropout, one.fit.seed) for one in stored(filled)[3:] if one.fit]
    assert made == [(0.3, 1), (0.3, 2), (0.6, 1), (0.6, 2)]
    assert {one.group for one in stored(filled)[3:]} == {"sweep 4"}
    assert {one.parent for one in stored(filled)[3:]} == {"3"}


async def test_a_sweep_has_an_end(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        Field(screen, "seed").value = ",".join(map(str, range(51)))
        await until(pilot, lambda: "51 experiments" in told(screen, "verdict"))
        assert Field(screen, "seed").is_marked


@pytest.mark.exercises("spec.differences")
async def test_what_matters_most_of_what_differs_is_told_in_two_lines(filled: Path) -> None:
    one = record(4, Stage.REGULARIZE, parent="2")
    assert one.fit is not None
    mild = {name: 0.1 for name in ("rotation", "translation", "zoom", "shear", "contrast")}
    spec = one.fit.model_copy(
        update={
            "augmentation": one.fit.augmentation.model_copy(update=mild),
            "phases": (PhaseSpec(epochs=9), PhaseSpec(train="last_blocks:3", epochs=74)),
        }
    )
    async with opened(filled, (80, 24)) as pilot:
        station(pilot).review(((spec, "2"),))
        screen = await until(
            pilot, lambda: shown if isinstance(shown := pilot.app.screen, SpecScreen) else None
        )
        await until(pilot, lambda: screen.query(SpecField))
        differing = told(screen, "differences")
        assert differing.startswith(
            "from 2: phases.0.epochs 6 → 9, new phases.1 (last_blocks:3, 74 ep"
        )
        assert "more: ctrl+o shows them" in differing
        assert screen.query_one("#differences").size.height == 2
        await pilot.press("ctrl+o")
        assert isinstance(pilot.app.screen, MessageScreen)
        every = str(pilot.app.screen.query_one(Static).render())
        assert "augmentation.zoom 0.0 → 0.1" in every
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: told(screen, "differences") != differing)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["down", "find"])
async def test_the_field_that_is_typed_into_is_in_sight(filled: Path, way: str) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("e")
        if way == "find":
            await pilot.press("ctrl+f", *"epochs", "down", *"x")
            for _ in range(2):
                await pilot.press("escape")
                await pilot.press("n") if not isinstance(pilot.app.screen, SpecScreen) else None
        for _ in range(17):
            await pilot.pause()
            one = pilot.app.focused
            assert isinstance(one, SpecField)
            rows = one.parent.parent.parent.region  # type: ignore[union-attr] # what scrolls
            assert rows.contains_region(one.region), (
                f"{typed_into(pilot.app.screen)} {one.region} in {rows}"
            )
            await pilot.press("down")


async def test_the_text_of_a_spec_names_the_key_that_runs_it(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("e")
        assert pilot.app.screen.query_one("#help").size.height == 3, "nor what is told of a field"
        for key, is_named in (("f1", False), ("ctrl+t", True), ("ctrl+t", False)):
            await pilot.press(key)
            await pilot.pause()
            keys = named_keys(pilot)
            assert ("run now" in [one.description for one in keys]) == is_named
            assert max(one.end for one in keys) <= 80, "none is cut off"


async def test_a_search_is_begun_around_a_number_that_is_typed(filled: Path) -> None:
    fill(filled, [record(4)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("T")
        screen = pilot.app.screen
        around = next(one for one in screen.query(SpecField) if one.name == "around")
        plan = screen.query_one("#plan", Static)
        for text in ("experiment 3", "3"):
            await pilot.press("ctrl+a", "ctrl+k", *text)
            assert around.value == text
            await until(pilot, lambda: "✓ enter queues" in str(plan.render()))
        await pilot.press("ctrl+a", "ctrl+k", *"77")
        await until(pilot, lambda: "the number of an experiment" in str(plan.render()))
        await pilot.press("ctrl+a", "ctrl+k", "space")
        assert around.value == "experiment 4", "an empty one is stepped through"
