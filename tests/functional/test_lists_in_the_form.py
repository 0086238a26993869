"""Fields that hold several values: one line in the form and in what is printed."""

from pathlib import Path

import pytest
from textual.widgets import Input, Static, TextArea

from app.presentation.tables import experiment_lines, fields_of
from app.screens.spec import SpecScreen
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.functional.form import Field, typed_into
from tests.functional.searched import search
from tests.functional.staging import fill, opened, record, stored, until
from tests.support import tiny_spec


def leaving_out(number: int, *images: str) -> ExperimentRecord:
    one = record(number)
    assert one.fit is not None
    return one.model_copy(update={"spec": one.fit.model_copy(update={"leave_out": images})})


def left_out(root: Path) -> tuple[str, ...]:
    """What the newest experiment leaves out."""
    spec = stored(root)[-1].spec
    assert isinstance(spec, ExperimentSpec)
    return spec.leave_out


@pytest.mark.parametrize(("typed", "made"), [("7, 8", ("7", "8")), ("", ())])
async def test_a_list_is_one_field_that_can_be_changed_and_emptied(
    bare: Path, typed: str, made: tuple[str, ...]
) -> None:
    fill(bare, [leaving_out(1, "3", "5")])
    async with opened(bare) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        assert isinstance(screen, SpecScreen)
        listed = Field(screen, "leave_out")
        await until(pilot, lambda: "unchanged" in str(screen.query_one("#verdict").render()))
        assert listed.value == "3,5"
        listed.value = typed
        listed.focus()
        await until(pilot, lambda: "leave_out" in str(screen.query_one("#verdict").render()))
        assert not listed.is_marked
        assert "separated by commas" in str(screen.query_one("#help", Static).render())
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(bare)) == 2)
        assert left_out(bare) == made


@pytest.mark.slow
async def test_a_list_that_was_changed_as_text_comes_back_into_the_form(bare: Path) -> None:
    fill(bare, [leaving_out(1, "3", "5")])
    async with opened(bare) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        text = screen.query_one("#toml", TextArea)
        for before, after, value in (
            ('["3", "5"]', '["3", "5", "8"]', "3,5,8"),
            ('["3", "5", "8"]', "[]", ""),
            ("[]", '["2,5", "ö"]', '["2,5", "ö"]'),
            ('["2,5", "ö"]', '["2"]', "2"),
        ):
            await pilot.press("ctrl+t")
            await until(pilot, lambda: text.has_focus)
            assert f"leave_out = {before}" in text.text
            text.text = text.text.replace(before, after)
            await pilot.pause()
            await pilot.press("ctrl+t")
            await until(pilot, lambda: not text.display and typed_into(screen) == "stage")
            assert Field(screen, "leave_out").value == value
            assert screen.query_one("#also", Input).value == ""
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(bare)) == 2)
        assert left_out(bare) == ("2",)


async def test_a_list_that_nobody_has_touched_stays_as_it_is(bare: Path) -> None:
    fill(bare, [leaving_out(1, " 3", "a,b ")])
    # Whether there are such images is asked of those that nobody has marked.
    Notebook(Workspace(bare)).note_left_out([" 3", "a,b "], False)
    async with opened(bare) as pilot:
        await pilot.press("e")
        verdict = pilot.app.screen.query_one("#verdict", Static)
        await until(pilot, lambda: "unchanged" in str(verdict.render()))
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(bare)) == 2)
        assert left_out(bare) == (" 3", "a,b ")


def test_a_list_is_printed_in_one_line_and_not_while_it_is_empty() -> None:
    assert ("leave_out", "3,5") in fields_of(leaving_out(1, "3", "5"))
    assert ("leave_out", '["3,5"]') in fields_of(leaving_out(1, "3,5"))
    assert not any("leave_out" in line for line in experiment_lines(leaving_out(1)))
    assert not any("leave_out" in path for path, _ in fields_of(search(1, Status.DONE)))


@pytest.mark.parametrize("image", ["007", "1e5", "true", "12.0", "null"])
def test_an_image_whose_name_looks_like_a_number_keeps_it(image: str) -> None:
    assert apply_overrides(tiny_spec(), [f"leave_out={image}"]).leave_out == (image,)
