"""Trouble that a person mends: its reason is shown while it lasts, and nothing is lost by it."""

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from app.screens.problem import ProblemScreen
from app.screens.station import Station
from engine.errors import UserError
from engine.experiment.record import Status
from engine.service import Service
from tests.functional.staging import (
    cockpit,
    fill,
    notices,
    opened,
    record,
    replace,
    start_running,
    station,
    until,
)
from tests.functional.test_errors_and_images import Analysed, said, told


class Refusing:
    """A question that is refused until what is wrong has been mended."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.is_wrong = True

    def __call__(self, *arguments: Any) -> Any:
        if self.is_wrong:
            raise UserError("hydra.toml is wrong.", "one that is right.", "mend it.")
        return self._call(*arguments)


def facts(pilot: Pilot[None]) -> str:
    """What the data screen says, of names and values the values."""
    content: Any = station(pilot).query_one("#facts-text", Static).content
    return content if isinstance(content, str) else "\n".join(map(str, content.columns[1].cells))


async def test_why_the_data_can_not_be_used_is_told_where_it_was_shown(bare: Path) -> None:
    settings = bare / "hydra.toml"
    before = settings.read_text() if settings.exists() else ""
    async with opened(bare, (120, 40)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "8 labelled" in facts(pilot))
        settings.write_text(f'{before}\n[competition]\nid_column = "nonsense"\n')
        await pilot.press("r")
        await until(pilot, lambda: cockpit(pilot).desk.data_problem)
        await until(pilot, lambda: "nonsense" in facts(pilot))
        assert "press r to look again" in facts(pilot)
        assert station(pilot).has_class("-unknown")
        settings.write_text(before)
        await pilot.press("r")
        await until(pilot, lambda: "8 labelled" in facts(pilot))
        assert not station(pilot).has_class("-unknown")


async def test_errors_that_were_refused_are_asked_for_at_the_next_visit(filled: Path) -> None:
    service = Analysed(filled)
    inspection: Any = service.inspection
    inspection.errors = asked = Refusing(inspection.errors)
    async with opened(filled, (120, 40), service) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: "hydra.toml is wrong" in said(pilot))
        asked.is_wrong = False
        await pilot.press("1", "5")
        await until(pilot, lambda: station(pilot).query_one("#rows", DataTable).row_count == 2)
        assert not station(pilot).has_class("-empty")


async def test_a_comparison_that_was_refused_is_asked_for_at_the_next_visit(
    regularized: Path,
) -> None:
    service = Service(regularized)
    workbench: Any = service.workbench
    workbench.compare = asked = Refusing(service.workbench.compare)
    async with opened(regularized, (120, 40), service) as pilot:
        cockpit(pilot).desk.marked = frozenset("34")
        await pilot.press("c")
        await until(pilot, lambda: "hydra.toml is wrong" in told(pilot))
        asked.is_wrong = False
        await pilot.press("1", "6")
        await until(pilot, lambda: "better" in told(pilot) or "worse" in told(pilot) or None)


async def test_a_notebook_that_is_unreadable_for_a_moment_costs_no_marks(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    notebook = filled / "experiments.json"
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        await pilot.press("3")
        desk.marked, desk.selected = frozenset("12"), "2"
        replace(filled, record(4))
        good = notebook.read_bytes()
        notebook.write_bytes(good[:900])
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemScreen))
        assert [one.id for one in desk.snapshot.records] == ["1", "2", "3", "4"]
        notebook.write_bytes(good)
        await until(pilot, lambda: isinstance(pilot.app.screen, Station))
        assert (desk.marked, desk.selected) == (frozenset("12"), "2")
        await until(pilot, lambda: "4 baseline plain_cnn 16px is done" in notices(pilot))
