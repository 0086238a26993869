"""Errors, images and wrong labels, by keys."""

import shutil
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest
from rich.text import Text
from textual.coordinate import Coordinate
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from app.presentation.mistakes import Mistakes, mistakes
from app.screens.errors import ErrorsScreen
from app.screens.gallery import GalleryScreen, columns_of
from app.screens.message import MessageScreen
from app.widgets.picture import Picture
from engine.analysis.reports import ErrorAnalysis, GradCam, GradCams
from engine.competition.findings import Exhibit
from engine.errors import UserError
from engine.experiment.augmentation import AugmentationSpec
from engine.experiment.record import Status
from engine.service import Service
from tests.functional.analysed import analysis, lost, of_labels
from tests.functional.staging import cockpit, fill, named_keys, notices, opened, record, until


class Analysed(Service):
    """A workspace whose third experiment has been analysed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        folder = str(root / "train")
        inspection: Any = self.inspection
        inspection.errors = lambda experiment: analysis(experiment, folder)
        inspection.rows_in_cell = lambda *_: (lost("5", 1.1),)
        inspection.grad_cams = lambda experiment, images: GradCams(
            experiment=experiment,
            explained_by=experiment,
            images=tuple(
                GradCam(id=one, path=f"{folder}/8.png", explained="rose", truth=("rose",),
                        answer=("tulip",), probability=0.1, fold=0)
                for one in images
            ),
        )  # fmt: skip


def told(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#told", Static).content)


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#empty", Static).content)


async def pictured(pilot: Pilot[None]) -> int:
    """How many pictures are shown, once there are some."""
    await until(pilot, lambda: len(pilot.app.screen.query(".pixels")) > 0)
    return len(pilot.app.screen.query(".pixels"))


@pytest.mark.exercises("view.errors", "errors.list", "errors.grad_cam", "errors.mark")
async def test_errors_are_listed_pictured_explained_and_marked(filled: Path) -> None:
    async with opened(filled, (120, 40), Analysed(filled)) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        assert isinstance(screen, ErrorsScreen)
        rows: DataTable[Text] = screen.query_one("#rows", DataTable)
        await until(pilot, lambda: rows.row_count == 2)
        assert screen.query_one("#matrix", DataTable).row_count == 2
        assert await pictured(pilot) == 1
        await pilot.press("g")
        await until(pilot, lambda: str(screen._pictured).endswith("8.png"))
        await pilot.press("t", "t")
        assert rows.border_title == "Labels that may be wrong: 1"
        await pilot.press("m")
        await until(pilot, lambda: "3 is left out of training" in notices(pilot))
        assert cockpit(pilot).desk.service.inspection.leave_out(()) == ("3",)
        await until(pilot, lambda: rows.get_row_at(0)[0].plain == "✗ 0.040")
        await pilot.press("m")
        await until(pilot, lambda: rows.get_row_at(0)[0].plain == "0.040")


@pytest.mark.slow
async def test_what_is_done_for_a_grad_cam_is_told_until_it_is_there(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection
    reads, draws, errors, maps = Event(), Event(), inspection.errors, inspection.grad_cams

    def read(experiment: str) -> Any:
        assert reads.wait(20)
        return errors(experiment)

    def draw(*asked: Any) -> Any:
        assert draws.wait(20)
        return maps(*asked)

    inspection.errors, inspection.grad_cams = read, draw
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5", "g")
        assert "Its errors are being read." in notices(pilot)
        reads.set()
        assert await pictured(pilot) == 1
        await pilot.press("g")
        look = pilot.app.screen.query_one("#look")
        assert look.border_subtitle == "Grad-CAM is computed .."
        draws.set()
        await until(pilot, lambda: not look.border_subtitle)
        inspection.grad_cams = refuse
        await pilot.press("down", "g")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert not look.border_subtitle


def refuse(*_: object) -> Any:
    raise UserError("Its weights are missing.", "weights.", "run it again.")


async def test_an_empty_cell_of_the_matrix_has_no_caption(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection
    inspection.rows_in_cell = lambda *_: ()
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        rows: DataTable[Text] = screen.query_one("#rows", DataTable)
        caption = screen.query_one("#look .caption", Static)
        await until(pilot, lambda: "taken for" in str(caption.content))
        await pilot.press("tab")
        assert screen.focused is screen.query_one("#matrix"), "a picture has no use for the focus"
        await pilot.press("right", "enter")
        await until(pilot, lambda: rows.border_title == "rose taken for tulip: 0")
        assert str(caption.content) == ""
        assert not screen.query(".pixels")


async def test_keys_that_have_nothing_to_show_say_so(filled: Path) -> None:
    async with opened(filled, (120, 40), Analysed(filled)) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        rows: DataTable[Text] = screen.query_one("#rows", DataTable)
        await until(pilot, lambda: rows.row_count == 2)
        matrix: DataTable[Text] = screen.query_one("#matrix", DataTable)
        matrix.focus()
        matrix.move_cursor(row=0, column=0)
        await pilot.press("enter")
        await until(pilot, lambda: "Counts list their images" in notices(pilot))
        await pilot.press("t")
        assert rows.row_count == 0, "none was wrong though sure"
        await pilot.press("i")
        await until(pilot, lambda: "There are no images in this list." in notices(pilot))
        assert pilot.app.screen is screen


@pytest.mark.exercises("errors.calibration")
async def test_the_calibration_is_shown_where_there_is_no_room_for_it(filled: Path) -> None:
    async with opened(filled, (80, 24), Analysed(filled)) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.query_one("#rows", DataTable).row_count == 2)
        assert not screen.query_one("#calibration").display
        await pilot.press("k")
        text = await until(pilot, lambda: pilot.app.screen.query(".dialog Static"))
        assert "is where the bar should end" in str(text.first(Static).content)
        await pilot.press("escape")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert screen.check_action("calibration", ()) is False, "it is in sight"


async def test_the_table_of_mistakes_is_made_where_the_answer_is_asked_for(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand classes it takes longer than a frame."""
    makers = []

    def noting(report: ErrorAnalysis) -> Mistakes:
        makers.append(current_thread())
        return mistakes(report)

    monkeypatch.setattr("app.screens.errors.mistakes", noting)
    async with opened(filled, (120, 40), Analysed(filled)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: pilot.app.screen.query_one("#matrix", DataTable).row_count == 2)
    assert makers
    assert current_thread() not in makers


async def test_names_in_brackets_are_shown_as_they_are(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection
    wrong = lost("[5]", 1.1).model_copy(update={"truth": ("[b]rose",)})
    inspection.rows_in_cell = lambda *_: (wrong,)
    told = inspection.errors("3")
    matrix = told.confusion.matrices[0].model_copy(update={"names": ("[b]rose", "tulip[/i]")})
    confusion = told.confusion.model_copy(update={"matrices": (matrix,)})
    inspection.errors = lambda _: told.model_copy(update={"confusion": confusion})
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        rows: DataTable[Text] = pilot.app.screen.query_one("#rows", DataTable)
        await until(pilot, lambda: rows.row_count == 2)
        pilot.app.screen.query_one("#matrix", DataTable).focus()
        await pilot.press("right", "right", "right", "enter")
        await until(pilot, lambda: rows.row_count == 1)
        columns = pilot.app.screen.query_one("#matrix", DataTable).render_line(0).text
        assert "tulip[/i]" in columns
        shown = rows.render_line(1).text
        assert "[5]" in shown
        assert "[b]rose" in shown
        await pilot.press("i")
        for widget in (rows, pilot.app.screen.query_one(".dialog")):
            assert "[b]rose taken for tulip[/i]: 1" in str(
                widget.render_str(widget.border_title or "")
            )


@pytest.mark.exercises("errors.images", "gallery.close")
async def test_a_cell_of_the_matrix_opens_its_images(filled: Path) -> None:
    async with opened(filled, (120, 40), Analysed(filled)) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        rows: DataTable[Text] = screen.query_one("#rows", DataTable)
        await until(pilot, lambda: rows.row_count == 2)
        await pilot.press("tab")
        assert screen.focused is screen.query_one("#matrix"), "a picture has no use for the focus"
        await pilot.press("right", "enter")
        await until(pilot, lambda: rows.border_title == "rose taken for tulip: 1")
        await pilot.press("i")
        gallery = pilot.app.screen
        assert isinstance(gallery, GalleryScreen)
        await until(pilot, lambda: told(pilot) == "1 of 1")
        assert await pictured(pilot) == 1
        await pilot.press("escape")
        assert pilot.app.screen is screen


async def test_every_label_stands_there_and_its_mistakes_are_listed(filled: Path) -> None:
    service = Analysed(filled)
    asked: list[tuple[str, ...]] = []

    def in_cell(*cell: str) -> Any:
        asked.append(cell)
        return (lost("5", 1.1),)

    inspection: Any = service.inspection
    inspection.errors = lambda experiment: of_labels(experiment, str(filled / "train"))
    inspection.rows_in_cell = in_cell
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        screen = pilot.app.screen
        table: DataTable[Text] = screen.query_one("#matrix", DataTable)
        await until(pilot, lambda: table.row_count == 3)
        assert [table.get_cell_at(Coordinate(row, 0)).plain for row in range(3)] == [
            "tall",
            "red",
            "rare",
        ]
        table.focus()
        await pilot.press("right", "enter")
        rows: DataTable[Text] = screen.query_one("#rows", DataTable)
        await until(pilot, lambda: rows.border_title == "tall, missed: 1")
        assert asked == [("3", "tall", "yes", "no")]


async def test_without_predictions_it_says_what_to_do(bare: Path) -> None:
    fill(bare, [record(1, status=Status.QUEUED)])
    async with opened(bare) as pilot:
        await pilot.press("5")
        await until(
            pilot,
            lambda: "predicted nothing yet" in str(pilot.app.screen.query_one("#empty").render()),
        )


async def test_of_what_has_failed_it_says_why_and_which_key_goes_on(bare: Path) -> None:
    fill(bare, [record(1, status=Status.FAILED), record(2, status=Status.STOPPED)])
    async with opened(bare) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "Experiment 2 was stopped.\n" in said(pilot))
        cockpit(pilot).desk.select("1")
        cockpit(pilot).draw()
        assert said(pilot).startswith("Experiment 1 has failed: It broke.\n")
        assert "u goes on with it, e runs an edited copy" in said(pilot)
        assert "wait" not in said(pilot)
        await pilot.press("u")
        await until(pilot, lambda: "1 baseline plain_cnn 16px is queued" in notices(pilot))
        await until(pilot, lambda: "has predicted nothing yet" in said(pilot))


async def test_what_was_lost_is_run_again_by_the_key_that_is_named(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "press R here" in said(pilot))
        assert "rerun" in {one.description for one in named_keys(pilot)}
        await pilot.press("R")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "4")


async def test_lost_predictions_are_told_where_the_errors_would_be(filled: Path) -> None:
    """No dialog: it would come up at every visit."""
    async with opened(filled) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "missing" in said(pilot))
        assert isinstance(pilot.app.screen, ErrorsScreen)


@pytest.mark.exercises(
    "data.images",
    "gallery.right",
    "gallery.left",
    "gallery.next",
    "gallery.previous",
    "gallery.kind",
    "gallery.kind_before",
    "gallery.mark",
)
async def test_images_are_looked_at_class_by_class_and_marked(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("4")
        await pilot.press("i")
        await until(pilot, lambda: told(pilot) == "1 to 2 of 8")
        assert await pictured(pilot) == 2
        await pilot.press("pagedown")
        await until(pilot, lambda: told(pilot) == "3 to 4 of 8")
        await pilot.press("pageup", "f")
        await until(pilot, lambda: told(pilot) == "1 to 2 of 4")
        assert pilot.app.screen.query_one(".dialog").border_title == "Class 0"
        await pilot.press("F")
        await until(pilot, lambda: told(pilot) == "1 to 2 of 8")
        pictures = list(pilot.app.screen.query(Picture))
        await until(pilot, lambda: pictures[0].has_focus)
        await pilot.press("right")
        assert pictures[1].has_focus
        await pilot.press("left", "m")
        await until(pilot, lambda: "left out" in notices(pilot))
        service = cockpit(pilot).desk.service
        assert len(service.inspection.leave_out(())) == 1
        await pilot.press("m")
        await until(pilot, lambda: "trained on again" in notices(pilot))
        assert service.inspection.leave_out(()) == ()
        await pilot.press("m", "escape")
        facts: Any = pilot.app.screen.query_one("#facts-text", Static)
        marked = "8 labelled (1 left out of training), 4 to predict"
        await until(pilot, lambda: marked in map(str, facts.content.columns[1].cells))


async def test_test_images_are_shown_as_the_selected_experiment_answers(regularized: Path) -> None:
    async with opened(regularized, (120, 40)) as pilot:
        cockpit(pilot).desk.selected = "4"
        await pilot.press("4", "i", "F")
        dialog = pilot.app.screen.query_one(".dialog")
        assert dialog.border_title == "Test images as 4 answers, the least sure first"
        await until(pilot, lambda: told(pilot).startswith("1 to "))
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        answers = [one.answer for one in screen._found.exhibits]
        assert answers
        assert all(one.rpartition(" ")[2].endswith("%") for one in answers)
        caption = str(screen.query(Picture).first().query_one(".caption", Static).content)
        assert caption.startswith(answers[0])
        await pilot.press("m")
        await until(pilot, lambda: "Choose a labelled picture" in notices(pilot))


async def test_a_kind_that_is_refused_leaves_none_of_another_on_the_wall(regularized: Path) -> None:
    shutil.rmtree(regularized / "runs")
    async with opened(regularized, (120, 40)) as pilot:
        cockpit(pilot).desk.selected = "4"
        await pilot.press("4", "i")
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        await until(pilot, lambda: isinstance(screen.focused, Picture))
        await pilot.press("F")
        await until(pilot, lambda: "To fix it: " in told(pilot))
        assert pilot.app.screen is screen, "no dialog over it"
        assert "predictions" in told(pilot)
        assert not screen.query(Picture)
        # Nothing is there to be marked, enlarged or turned.
        await pilot.press("m", "enter", "pagedown", "right")
        await until(pilot, lambda: "Choose a labelled picture" in notices(pilot))
        assert cockpit(pilot).desk.service.inspection.leave_out(()) == ()
        await pilot.press("f")
        await until(pilot, lambda: told(pilot).startswith("1 to "))
        assert await pictured(pilot)


@pytest.mark.slow
@pytest.mark.exercises("data.copies", "data.views")
async def test_copies_and_augmented_views(filled: Path) -> None:
    service = Service(filled)
    asked: list[AugmentationSpec] = []
    gallery: Any = service.gallery

    def augmented(path: str, spec: AugmentationSpec, *_: int) -> Any:
        asked.append(spec)
        return [*gallery.thumbnails([path] * 6, 16)]

    gallery.augmented = augmented
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("4")
        await pilot.press("c")
        await until(pilot, lambda: told(pilot) == "No two pictures are the same.")
        await pilot.press("escape", "v")
        assert await pictured(pilot) > 1
        await until(pilot, lambda: told(pilot) == "1 of 8 images, each as it is and in 5 views")
        rows = [picture.region.y for picture in pilot.app.screen.query(Picture)]
        assert len(rows) == 6
        assert rows[0] == rows[2] != rows[3] == rows[5], "an image and its views have two rows"
        title = str(pilot.app.screen.query_one(".dialog").border_title)
        assert title.startswith("digits: "), "what the recipe would take for such small pictures"
        assert asked[0].rotation == 10


async def test_of_more_copies_than_are_shown_it_says_that_these_are_the_first(filled: Path) -> None:
    service = Service(filled)
    gallery: Any = service.gallery
    path = str(filled / "train" / "1.png")

    def as_many_as_asked(call: str, count: int) -> tuple[Exhibit, ...]:
        assert call == "copies"
        return (Exhibit(id="1", path=path),) * count

    gallery._exhibits = as_many_as_asked
    async with opened(filled, (80, 24), service) as pilot:
        await pilot.press("4", "c")
        await until(pilot, lambda: told(pilot) == "1 of the first 1000 pairs")


@pytest.mark.parametrize(
    ("room", "group", "columns"),
    [(4, 6, 3), (2, 6, 2), (5, 6, 3), (7, 6, 6), (12, 6, 12), (5, 2, 4), (3, 2, 2), (5, 1, 5)],
)
def test_no_group_begins_within_the_row_of_another(room: int, group: int, columns: int) -> None:
    assert columns_of(room, group) == columns
