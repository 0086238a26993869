"""How the results and their dialogs look."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from app.cockpit import Cockpit
from engine.experiment.ledger import Submitted
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.service import Service
from engine.store.notebook import Notebook
from tests.functional.searched import DONE, FAILED, search
from tests.functional.staging import fill, record, three, until
from tests.snapshots.test_looks import Compare, Posed, same_everywhere

__all__ = ["same_everywhere"]


def posed(tmp_path: Path, *keys: str) -> Any:
    """A notebook with a sweep, a search, tags and a note."""
    root = tmp_path / "garden"
    root.mkdir()
    *first, best = three()
    best = best.model_copy(update={"tags": ("keep", "best"), "note": "lowest so far"})
    sweep = [
        record(number, Stage.WIDEN, loss=0.15 + number / 100, group="sweep 4", parent="3")
        for number in (4, 5)
    ]
    fill(root, [*first, best, *sweep, search(6, Status.DONE, DONE, FAILED)])
    app = Cockpit(Posed(root))

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.desk.is_loaded and app.desk.snapshot.summary)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause(0.15)

    return app, act


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_results(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    app, act = posed(tmp_path, "3", "g", "end", "z", "up")
    assert snap_compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize(
    "keys",
    [
        ("3", "slash", *"val<0.3"),
        ("3", "slash", *"stge:x"),
        ("3", "C", "down", "space"),
        ("3", "t"),
        ("3", "d"),
    ],
    ids=["filter", "misunderstood", "columns", "remarks", "delete"],
)
def test_dialog(snap_compare: Compare, tmp_path: Path, keys: tuple[str, ...]) -> None:
    app, act = posed(tmp_path, *keys)
    assert snap_compare(app, terminal_size=(80, 24), run_before=act)


def submitted(tmp_path: Path) -> Any:
    """Four exports, three of them scored by Kaggle; a CSV is gone, and one was changed."""
    app, act = posed(tmp_path, "8")
    garden, answers = tmp_path / "garden", b"id,answer\n1,0.5\n"
    notebook = Notebook(Service(garden).workspace)
    (garden / "submissions").mkdir()
    for number in (1, 2, 3):
        written = answers if number != 3 else answers * 2
        (garden / f"submissions/{number}-overfit-wide_cnn-16px.csv").write_bytes(written)
    for validation, leaderboard in ((0.4, 0.42), (0.3, 0.31), (0.2, 0.33), (0.15, None)):

        def entry(
            number: int, validation: float = validation, leaderboard: float | None = leaderboard
        ) -> Submitted:
            return Submitted(
                number=number,
                at=datetime(2026, 1, 2, 9, number, tzinfo=UTC),
                experiment=str(number),
                file=f"submissions/{number}-overfit-wide_cnn-16px.csv",
                digest=hashlib.sha256(answers).hexdigest(),
                metric="log_loss",
                validation=validation,
                leaderboard=leaderboard,
            )

        notebook.note_submission(entry, lambda _: True)
    return app, act


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_submissions(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    app, act = submitted(tmp_path)
    assert snap_compare(app, terminal_size=size, run_before=act)
