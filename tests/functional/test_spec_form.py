"""The form of a spec: checked as it is typed, looked through, edited as text, run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from app.screens.message import MessageScreen
from app.screens.spec import SpecScreen
from app.widgets.spec_field import SpecField
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, PhaseSpec, Stage
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from engine.watching import Snapshot
from tests.functional.form import Field, shown, typed_into
from tests.functional.staging import (
    cockpit,
    fill,
    named_keys,
    opened,
    record,
    start_running,
    station,
    stored,
    until,
)


async def test_weights_that_are_not_there_are_refused_while_they_are_typed(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        Field(screen, "weights").value = "/nope.h5"
        verdict = screen.query_one("#verdict", Static)
        await until(pilot, lambda: "no weights at /nope.h5" in str(verdict.render()))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SpecScreen)
        assert len(stored(filled)) == 3


@pytest.mark.slow
@pytest.mark.exercises(
    "run.edit", "spec.next", "spec.previous", "spec.step", "spec.cancel", "spec.run"
)
async def test_a_copy_is_edited_checked_and_queued(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        assert isinstance(screen, SpecScreen)
        await pilot.press("down", *"-5")
        verdict = screen.query_one("#verdict", Static)
        assert "seed=-5 is not possible" in str(verdict.render())
        assert "To fix it: set seed=0" in str(verdict.render())
        await pilot.press("down", "enter")
        assert pilot.app.screen is screen, "a wrong spec is not run"
        assert typed_into(screen) == "seed", "the cursor goes to what is wrong"
        await pilot.press("7", "up", "down", "end", "backspace", "backspace", *"7")
        assert Field(screen, "seed").value == "7"
        Field(screen, "head.pooling").focus()
        await pilot.pause()
        await pilot.press("space")
        assert Field(screen, "head.pooling").value == "max"
        assert "changed: seed=7, head.pooling=max" in str(verdict.render())
        await pilot.press("escape", "n")
        assert pilot.app.screen is screen, "what was changed is not lost by a stray key"
        await pilot.press("escape", "y", "e")
        assert len(stored(filled)) == 3, "escape runs nothing"
        await until(pilot, lambda: len(pilot.app.screen.query(SpecField)) > 0)
        pilot.app.screen.query_one("#also", Input).focus()
        await pilot.press(*"augmentation=hydr")
        verdict = pilot.app.screen.query_one("#verdict", Static)
        assert "augmentation=hydrangea" in str(verdict.render()), "the nearest set is named"
        await pilot.press("enter")
        assert pilot.app.focused is pilot.app.screen.query_one("#also", Input)
        await pilot.press(*"angea phases.1.epochs=5", "down")
        await pilot.press("down", *"8", "enter")
        await until(pilot, lambda: len(stored(filled)) == 4)
        made = stored(filled)[-1]
        assert isinstance(made.spec, ExperimentSpec)
        assert (made.spec.seed, made.parent, made.stage) == (8, "3", Stage.REGULARIZE)
        assert (made.spec.augmentation.shear, made.spec.phases[1].epochs) == (0.2, 5)


@pytest.mark.slow
@pytest.mark.exercises("spec.find")
async def test_a_field_is_found_by_what_it_does(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        assert typed_into(screen) == "stage", "not the line that finds"

        everything = shown(screen)
        await pilot.press("ctrl+f", *"learning_r 0")
        assert shown(screen) == ["phases.0.learning_rate"]
        assert "enter goes to what is found" in str(screen.query_one("#help", Static).render())
        assert "✓ ctrl+r runs it" in str(screen.query_one("#verdict", Static).render())

        def keys() -> set[str]:
            return {one.action for one in named_keys(pilot)}

        assert "run_now" in keys()
        assert "run" not in keys()
        await pilot.press("enter")
        assert "run" in keys()
        assert "run_now" not in keys()
        assert typed_into(screen) == "phases.0.learning_rate", "and runs nothing"
        await pilot.press("home", "ctrl+k", *"0.5")
        await pilot.press("ctrl+f", "home", "ctrl+k", *"horizontal", "down", "space")
        assert Field(screen, "augmentation.horizontal_flip").value == "True"
        await pilot.press("escape")
        assert shown(screen) == everything, "what was typed stays"
        assert typed_into(screen) == "augmentation.horizontal_flip"
        await pilot.press("ctrl+f", *"smoothing", "down", *"9", "ctrl+f", "end", *"-nothing")
        assert shown(screen) == []
        await pilot.press("down", "enter")
        assert typed_into(screen) == "loss.label_smoothing", "what is wrong is not left hidden"
        assert shown(screen) == everything
        await pilot.press(*"0.1", "enter")
        await until(pilot, lambda: len(stored(filled)) == 4)
        made = stored(filled)[-1].spec
        assert isinstance(made, ExperimentSpec)
        assert made.augmentation.horizontal_flip
        assert made.phases[0].learning_rate == 0.5


async def test_a_field_of_that_name_is_found_before_those_that_tell_of_it(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e", "ctrl+f", *"weights")
        screen = pilot.app.screen
        assert shown(screen)[0] == "weights"
        assert "seed" in shown(screen)[1:], "its description tells of weights"
        await pilot.press("enter", *"none")
        assert Field(screen, "weights").value == "none"
        await pilot.press("ctrl+f", "home", "ctrl+k", *"rate")
        first, *_ = shown(screen)
        assert first == "phases.0.learning_rate", "part of a name, too"
        await pilot.press("home", "ctrl+k", *"epochs 0")
        assert shown(screen)[0] == "phases.0.epochs"


async def test_the_form_says_where_the_same_runs_already(filled: Path) -> None:
    running = record(4, Stage.OVERFIT, Status.RUNNING)
    fill(filled, [running])
    start_running(filled, "4")

    def verdict(pilot: Pilot[None]) -> str:
        return str(pilot.app.screen.query_one("#verdict", Static).render())

    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.selected == "4")
        await pilot.press("e")
        await until(pilot, lambda: "but 4 is running just this; unchanged" in verdict(pilot))
        await pilot.press("down", "5")
        assert "running" not in verdict(pilot)
        await pilot.press("backspace", "0", "enter")
        await until(pilot, lambda: len(stored(filled)) == 5)
        await pilot.press("e")
        await until(pilot, lambda: "but 5 is queued with just this; unchanged" in verdict(pilot))


class Scanned(tuple[ExperimentRecord, ...]):
    """Experiments, and how often all of them were looked through."""

    times = 0

    def __iter__(self) -> Iterator[ExperimentRecord]:
        self.times += 1
        return super().__iter__()

    def __reversed__(self) -> Iterator[ExperimentRecord]:
        self.times += 1
        return iter(self[::-1])


async def test_a_big_notebook_is_not_looked_through_at_each_key_for_the_same(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        desk = cockpit(pilot).desk
        waiting = [record(one, Stage.OVERFIT, Status.QUEUED) for one in (5, 6)]
        waiting[1] = waiting[1].model_copy(update={"spec": waiting[0].spec})
        scanned = Scanned((*desk.snapshot.records, *waiting))
        desk.snapshot = Snapshot(scanned)
        found = [desk.going_on(one.spec) for one in (*waiting, record(1))]
        assert found == [waiting[1], waiting[1], None], "the newest, and none that has ended"
        assert scanned.times == 1


async def test_lines_are_gone_through_by_tab_and_clicked_on(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        first, second, *_, last = shown(screen)
        await pilot.press("tab", "5")
        assert typed_into(screen) == second
        await pilot.press("shift+tab", "shift+tab")
        assert pilot.app.focused is screen.query_one("#also", Input)
        await pilot.press("shift+tab")
        assert typed_into(screen) == last
        await pilot.press("tab", "tab")
        assert typed_into(screen) == first
        names, above, _, below = screen.query("#rows .path, #values .told, #values SpecField")
        await pilot.click(below, offset=(3, 4))
        assert typed_into(screen) == shown(screen)[5]
        assert Field(screen, second).value == "5", "what was typed stays"
        await pilot.click(above, offset=(3, 1))
        assert typed_into(screen) == second
        await pilot.click(names, offset=(3, 7))
        assert typed_into(screen) == shown(screen)[7]


@pytest.mark.slow
async def test_the_form_refuses_what_the_competition_cannot_run_and_marks_it(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        verdict = screen.query_one("#verdict", Static)
        await until(pilot, lambda: len(screen.query(SpecField)) > 0)
        Field(screen, "folds").value = "20"
        Field(screen, "image_size").value = "large"
        await until(pilot, lambda: Field(screen, "image_size").is_marked)
        assert Field(screen, "folds").is_marked, "not only the first one"
        assert not Field(screen, "seed").is_marked
        assert "Expected: a whole number" in str(verdict.render())
        Field(screen, "image_size").value = "16"
        await until(pilot, lambda: "this competition has" in str(verdict.render()))
        assert not Field(screen, "image_size").is_marked
        await pilot.press("enter")
        assert pilot.app.screen is screen
        assert typed_into(screen) == "folds"


async def test_a_copy_is_without_the_images_that_are_left_out_by_now(filled: Path) -> None:
    Notebook(Workspace(filled)).note_left_out(["2"])
    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.left_out)
        await pilot.press("e")
        told = pilot.app.screen.query_one("#differences", Static)
        assert "leave_out" in str(told.render())
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(filled)) == 4)
        made = stored(filled)[-1].spec
        assert isinstance(made, ExperimentSpec)
        assert made.leave_out == ("2",)


@pytest.mark.exercises("spec.toml", "spec.run_now")
async def test_a_spec_is_edited_as_toml_and_back_in_the_form(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        verdict = screen.query_one("#verdict", Static)
        await pilot.press("ctrl+t")
        text = screen.query_one("#toml", TextArea)
        await until(pilot, lambda: text.has_focus)
        assert "[[phases]]" in text.text
        await pilot.press("down", "up", "x", "enter")
        assert text.has_focus, "arrows move in the text"
        assert "This is no TOML" in str(verdict.render())
        await pilot.press("ctrl+t")
        assert text.display, "what can't be read stays where it can be mended"
        await pilot.press("backspace", "backspace")
        more = text.text.replace("[augmentation]", "[[phases]]\nepochs = 2\n\n[augmentation]")
        text.text = more.replace("seed = 0", "seed = 4")
        await pilot.pause()
        assert "ctrl+r runs it" in str(verdict.render())
        await pilot.press("ctrl+t")
        assert Field(screen, "seed").value == "4"
        assert "phases.1.epochs=2" in screen.query_one("#also", Input).value
        await pilot.press("ctrl+t")
        text.text = text.text.replace("seed = 4", "seed = 5")
        await pilot.pause()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(stored(filled)) == 4)
        made = stored(filled)[-1].fit
        assert made is not None
        assert (made.seed, [phase.epochs for phase in made.phases]) == (5, [6, 2])


async def test_what_to_do_stands_before_a_list_that_is_cut_off(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        Field(screen, "backbone").value = "resnet5"
        verdict = screen.query_one("#verdict", Static)
        await until(pilot, lambda: "resnet5 is not" in str(verdict.render()))
        lines = str(verdict.render()).splitlines()
        assert [line.partition(" ")[0] for line in lines] == ["backbone=resnet5", "To", "Expected:"]
        assert "set backbone=resnet50" in lines[1]
        Field(screen, "backbone").value = "wide_cnn"
        Field(screen, "seed").value = "-5"
        await until(pilot, lambda: "seed=-5" in str(verdict.render()))
        assert str(verdict.render()).splitlines()[1].startswith("Expected:")


@pytest.mark.slow
@pytest.mark.exercises("spec.differences")
async def test_what_differs_is_that_of_what_the_form_says_now(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        await until(pilot, lambda: "unchanged" in str(screen.query_one("#verdict").render()))
        await pilot.press("ctrl+o")
        assert pilot.app.screen is screen, "a copy differs in nothing"
        await pilot.press("down", *"4,5", "ctrl+o")
        assert isinstance(pilot.app.screen, MessageScreen)
        assert "seed 0 → 4,5" in str(pilot.app.screen.query_one(Static).render())
        await pilot.press("escape", *",x", "ctrl+o")
        assert pilot.app.screen is screen
        assert "is to be mended first" in str(screen.query_one("#help", Static).render())


async def test_what_differs_is_told_anew_where_it_is_told(filled: Path) -> None:
    Notebook(Workspace(filled)).note_left_out(["2"])
    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.left_out)
        await pilot.press("e")
        screen = pilot.app.screen
        told = screen.query_one("#differences", Static)
        await pilot.press("down", "4")
        await until(pilot, lambda: "seed 0 → 4" in str(told.render()))
        Field(screen, "leave_out").value = ""
        await until(pilot, lambda: "leave_out" not in str(told.render()))


async def test_help_of_the_text_follows_what_is_mended(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("e", "ctrl+t")
        screen = pilot.app.screen
        text, told = screen.query_one("#toml", TextArea), screen.query_one("#help", Static)
        await until(pilot, lambda: text.has_focus)
        await pilot.press("x", "ctrl+t")
        assert "is to be mended first" in str(told.render())
        await pilot.press("backspace")
        await until(pilot, lambda: "goes back to the form" in str(told.render()))


async def test_the_form_says_what_a_backbone_asks_for(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my w.h5").touch()
    async with opened(filled) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        about = screen.query_one("#help", Static)
        Field(screen, "backbone").focus()
        await pilot.pause()
        assert "wide_cnn: made for 64 px" in str(about.render())
        await pilot.press("space")
        assert "efficientnet_lite0: made for 224 px, 3.4 million weights" in str(about.render())
        assert "GB to train it all" in str(about.render())
        Field(screen, "backbone").value = "resnet_50"
        await pilot.pause()
        assert "any of keras.applications" in str(about.render())
        assert "set backbone=resnet50" in str(screen.query_one("#verdict", Static).render())
        Field(screen, "backbone").value = "resnet50"
        Field(screen, "image_size").value = "32"
        # A path may have spaces, which elsewhere step through the choices.
        Field(screen, "weights").focus()
        Field(screen, "weights").value = ""
        await pilot.press(*"~/my", "space", *"w.h5")
        assert Field(screen, "weights").value == "~/my w.h5"
        verdict = str(screen.query_one("#verdict", Static).render())
        assert "changed: image_size=32, backbone=resnet50, weights=~/my w.h5" in verdict


def widened(backbone: str, size: int) -> ExperimentSpec:
    phases = (PhaseSpec(train="head"), PhaseSpec(train="last_blocks:1"))
    return ExperimentSpec(
        stage=Stage.WIDEN, backbone=backbone, weights="imagenet", image_size=size, phases=phases
    )


async def test_a_phase_that_is_taken_away_is_taken_from_all(bare: Path) -> None:
    siblings = (widened("efficientnet_lite0", 224), widened("efficientnet_lite1", 240))
    async with opened(bare) as pilot:
        station(pilot).review(tuple((one, None) for one in siblings))
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        await pilot.press("ctrl+t")
        area = pilot.app.screen.query_one("#toml", TextArea)
        area.text = area.text[: area.text.rindex("[[phases]]")]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(stored(bare)) == 2)
    made = [fit for one in stored(bare) if (fit := one.fit) is not None]
    assert [(fit.image_size, len(fit.phases)) for fit in made] == [(224, 1), (240, 1)]


async def test_what_one_of_several_cannot_be_is_refused_in_the_form(bare: Path) -> None:
    siblings = (widened("efficientnet_lite0", 224), widened("inception_v3", 299))
    async with opened(bare) as pilot:
        station(pilot).review(tuple((one, None) for one in siblings))
        screen = await until(
            pilot, lambda: one if isinstance(one := pilot.app.screen, SpecScreen) else None
        )
        await until(pilot, lambda: len(screen.query(SpecField)) > 0)
        Field(screen, "image_size").value = "64"
        await until(pilot, lambda: Field(screen, "image_size").is_marked)
        assert "inception_v3" in str(screen.query_one("#verdict", Static).render())
        await pilot.press("enter")
        assert pilot.app.screen is screen
    assert stored(bare) == ()
