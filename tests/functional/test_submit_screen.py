"""The ledger in the cockpit: what was exported, scored there, and held against validation."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from app.cli import run_command
from app.presentation.reports import ledger_lines
from app.presentation.submitted import agreement_text, gap_text
from app.screens.line import LineScreen
from app.screens.message import MessageScreen
from app.widgets.submissions_table import SubmissionsTable
from engine.errors import UserError
from engine.experiment.ledger import Submitted
from engine.service import Service
from engine.store.notebook import Notebook
from engine.submission.kept import Kept
from engine.submissions import Submissions
from tests.functional.staging import cockpit, fill, notices, opened, record, station, until


def entry(
    number: int,
    validation: float | None = None,
    leaderboard: float | None = None,
    metric: str = "log_loss",
) -> Submitted:
    return Submitted(
        number=number,
        at=datetime(2026, 1, 2, 9, number, tzinfo=UTC),
        experiment=str(number),
        file=f"submissions/{number}.csv",
        digest="ab" * 32,
        metric=metric,
        validation=validation,
        leaderboard=leaderboard,
    )


@pytest.fixture
def submitted(filled: Path) -> Path:
    """Two of the three experiments were exported."""
    notebook = Notebook(Service(filled).workspace)
    for number, validation in ((2, 0.4), (3, 0.2)):
        one = entry(number, validation)
        notebook.note_submission(
            lambda count, one=one: one.model_copy(update={"number": count}),  # type: ignore[misc] # the loop's entry
            lambda _: True,
        )
    return filled


def told(pilot: Pilot[None]) -> str:
    return str(station(pilot).query_one("#told", Static).render())


def shown(pilot: Pilot[None], row: int) -> list[str]:
    return [str(cell) for cell in station(pilot).query_one(SubmissionsTable).get_row_at(row)]


async def listed(pilot: Pilot[None], rows: int) -> None:
    await pilot.press("8")
    await until(pilot, lambda: station(pilot).query_one(SubmissionsTable).row_count == rows)
    await pilot.pause()


@pytest.mark.exercises("view.submit", "submission.score", "line.take")
async def test_a_leaderboard_score_is_noted_by_keys(submitted: Path) -> None:
    async with opened(submitted, size=(120, 30)) as pilot:
        await listed(pilot, 2)
        assert shown(pilot, 0)[0] == "2", "the newest first"
        assert "None has a leaderboard score yet" in told(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        await pilot.press(*"many", "enter")
        await pilot.pause()
        verdict = str(pilot.app.screen.query_one("#verdict", Static).render())
        assert "`many` is no score." in verdict
        await pilot.press("ctrl+u", *"0,45")
        verdict = str(pilot.app.screen.query_one("#verdict", Static).render())
        assert verdict == "", "it was about another line"
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 2 scored" in told(pilot))
        assert shown(pilot, 1)[2:4] == ["0.4500", "0.0500 worse"]
        table = station(pilot).query_one(SubmissionsTable)
        assert table.cursor_row == 1, "the cursor stays"
        assert "submissions/2.csv" in told(pilot)
    (first, second) = Service(submitted).submissions.ledger()
    assert (first.leaderboard, second.leaderboard) == (0.45, None)


async def test_a_mistyped_score_is_taken_back_by_an_empty_line(submitted: Path) -> None:
    async with opened(submitted, size=(120, 30)) as pilot:
        await listed(pilot, 2)
        await pilot.press("enter", "enter")
        verdict = pilot.app.screen.query_one("#verdict", Static)
        await until(pilot, lambda: "`` is no score." in str(verdict.render()))
        await pilot.press(*"0.31", "enter")
        await until(pilot, lambda: "1 of 2 scored" in told(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        asked = " ".join(str(one.render()) for one in pilot.app.screen.query(Static))
        assert "An empty line takes back what was noted." in asked
        await pilot.press("ctrl+u", "enter")
        await until(pilot, lambda: "None has a leaderboard score yet" in told(pilot))
    assert [one.leaderboard for one in Service(submitted).submissions.ledger()] == [None, None]


def test_a_command_takes_a_score_back(submitted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["ledger", "1", "-w", str(submitted), "--json", "--score"]

    def noted(said: str) -> object:
        assert run_command([*ask, said]) == 0
        return json.loads(capsys.readouterr().out)[0]["leaderboard"]

    assert noted("0,31") == 0.31
    assert noted("none") is None
    assert run_command([*ask, ""]) == 2, "a variable that was not set"
    capsys.readouterr()
    assert run_command(["ledger", "-w", str(submitted), "--score", "none"]) == 2
    assert "ledger NO --score none" in capsys.readouterr().err


@pytest.mark.exercises("submission.upload", "line.leave")
async def test_an_upload_asks_where_to(submitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, str]] = []

    def upload(self: Submissions, number: int, competition: str, message: str = "") -> Submitted:
        if competition == "closed":
            raise UserError("Kaggle's client refused.", "an open one.", "take part.")
        sent.append((number, competition))
        return self._notebook.change_submission(number, competition=competition)

    monkeypatch.setattr(Submissions, "upload", upload)
    monkeypatch.setattr("engine.submission.kaggle.shutil.which", lambda *_, **__: "kaggle")
    async with opened(submitted) as pilot:
        await listed(pilot, 2)
        await pilot.press("K", "escape")
        assert not sent
        await pilot.press("K", "enter")
        await pilot.pause()
        verdict = str(pilot.app.screen.query_one("#verdict", Static).render())
        assert "No competition was named." in verdict
        pilot.app.screen.query_one(Input).post_message(
            Paste("https://kaggle.com/competitions/roses/")
        )
        await pilot.press("enter")
        await until(pilot, lambda: sent)
        assert sent == [(2, "roses")]
        await until(pilot, lambda: "3.csv was sent" in notices(pilot))
        await until(pilot, lambda: station(pilot)._entries[1].competition == "roses")  # type: ignore[attr-defined]
        await pilot.press("K", "enter")
        await until(pilot, lambda: len(sent) == 2)
        assert sent[1] == (2, "roses"), "it is sent to where the last one went"
        await pilot.press("K", "ctrl+u", *"closed", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert "Sending" not in notices(pilot), "it was not sent"


async def test_no_competition_is_asked_for_where_nothing_can_be_sent(
    submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.submission.kaggle.shutil.which", lambda *_, **__: None)
    async with opened(submitted) as pilot:
        await listed(pilot, 2)
        await pilot.press("K")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        said = str(pilot.app.screen.query_one(Static).render())
        assert "Kaggle's client is not installed" in said


async def test_a_csv_that_is_gone_or_was_changed_is_marked(
    submitted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = b"id,answer\n1,0.5\n"
    folder = submitted / "submissions"
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(answers).hexdigest()
    notebook = Notebook(Service(submitted).workspace)
    for number, name in ((1, "2.csv"), (2, "3.csv")):
        (folder / name).write_bytes(answers)
        notebook.change_submission(number, digest=digest)
    async with opened(submitted, size=(120, 30)) as pilot:
        await listed(pilot, 2)
        names = [shown(pilot, row)[4] for row in (0, 1)]
        assert not any("CSV" in name for name in names)
        await pilot.press("3")
        (folder / "3.csv").unlink()
        (folder / "2.csv").write_bytes(answers + b"2,0.5\n")
        await pilot.press("8")
        await until(pilot, lambda: shown(pilot, 0)[4] == f"(CSV gone) {names[0]}")
        assert shown(pilot, 1)[4] == f"(CSV changed) {names[1]}"
    assert run_command(["ledger", "-w", str(submitted)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "submissions/2.csv (CSV changed)" in lines[1]
    assert "submissions/3.csv (CSV gone)" in lines[2]
    assert run_command(["ledger", "-w", str(submitted), "--json"]) == 0
    assert [one["kept"] for one in json.loads(capsys.readouterr().out)] == ["changed", "gone"]


async def test_what_is_as_it_was_stays_scrolled(submitted: Path) -> None:
    async with opened(submitted, size=(80, 24)) as pilot:
        await listed(pilot, 2)
        table = station(pilot).query_one(SubmissionsTable)
        table.scroll_to(x=9, animate=False)
        await until(pilot, lambda: table.scroll_x == 9)
        fill(submitted, [record(4)])
        desk = cockpit(pilot).desk
        await until(pilot, lambda: desk.find("4") and not desk.is_asking("ledger"))
        await pilot.pause(0.1)
        assert table.scroll_x == 9


async def test_without_submissions_it_says_how_to_make_one(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("8")
        await until(pilot, lambda: station(pilot).has_class("-empty"))
        assert "press E" in str(station(pilot).query_one("#empty", Static).render())
        await pilot.press("K")
        assert "Nothing was exported yet" in notices(pilot)


def unknown(_experiment: str) -> None:
    """Of deleted experiments nobody knows anything."""


def test_which_way_a_gap_goes_depends_on_the_metric() -> None:
    assert gap_text(entry(1, 0.2, 0.25), None) == "0.0500 worse"
    assert gap_text(entry(1, 0.7, 0.6, "macro_f1"), record(1)) == "0.1000 worse"
    assert gap_text(entry(1, 0.7, 0.8, "auc"), None) == "0.1000 better"
    assert gap_text(entry(1, 0.7), record(1)) == "-"


def test_a_gap_as_small_as_the_noise_of_validation_goes_no_way() -> None:
    known = {one.id: one for one in (record(1), record(2))}
    assert gap_text(entry(1, 0.2, 0.23), record(1)) == "0.0300 within noise"
    assert gap_text(entry(1, 0.2, 0.17), record(1)) == "0.0300 within noise"
    assert gap_text(entry(1, 0.2, 0.25), record(1)) == "0.0500 worse"
    assert gap_text(entry(1, 0.7, 0.69, "auc"), record(1)) == "0.0100 worse", "its noise is unknown"
    two = [entry(1, 0.2, 0.25), entry(2, 0.3, 0.28)]
    told = agreement_text(two, known.get)
    assert "the leaderboard is 0.0150 worse on average, within noise ·" in told
    told = agreement_text([entry(1, 0.2, 0.17)], known.get)
    assert "the leaderboard is 0.0300 better, within noise ·" in told
    assert "the leaderboard is 0.0150 worse on average" in agreement_text(two, unknown)
    kept = dict.fromkeys((1, 2), Kept.THERE)
    assert "0.0500 worse" in "\n".join(ledger_lines(two, known.get, kept))
    assert "0.0200 within noise" in "\n".join(ledger_lines(two, known.get, kept))


def test_agreement_counts_pairs_in_the_same_order() -> None:
    three = [entry(1, 0.4, 0.42), entry(2, 0.3, 0.35), entry(3, 0.2, 0.36)]
    assert agreement_text(three, unknown).endswith(
        "2 of 3 pairs are ranked as validation ranks them"
    )
    assert "the leaderboard is 0.0767 worse on average" in agreement_text(three, unknown)
    assert "with 3 scores" in agreement_text(three[:2], unknown)
    other = [*three, entry(4, 0.9, 0.8, "auc")]
    assert agreement_text(other, unknown).startswith(
        "1 of 4 scored · the leaderboard is 0.1000 worse"
    )


@pytest.mark.exercises("app.messages")
async def test_what_was_told_can_be_read_again(filled: Path) -> None:
    async with opened(filled, size=(80, 24)) as pilot:
        for text in ("first", "second"):
            pilot.app.notify(text, title="Told")
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        lines = str(pilot.app.screen.query_one(Static).render()).splitlines()
        assert [line.split(maxsplit=1)[-1] for line in lines[:4]] == [
            "Told",
            "second",
            "Told",
            "first",
        ]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("export", "run.export"),
        ("undo", "run.undelete"),
        ("ledger", "view.submit"),
        ("confusion matrix", "view.errors"),
    ],
)
async def test_the_palette_finds_what_people_call_it(filled: Path, word: str, wanted: str) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3")
        await pilot.pause()
        app = pilot.app
        found = [one for one in app.get_system_commands(app.screen) if word in one.title.lower()]
        assert wanted in {one.help for one in found}
