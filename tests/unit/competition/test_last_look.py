"""A remembered summary holds only while the competition looks the same."""

from pathlib import Path

import pytest

from engine.competition import last_look
from engine.competition.demo import write_digits
from engine.competition.findings import CompetitionSummary
from engine.competition.last_look import recall, remember
from engine.competition.summary import summarise
from engine.jobs.workspace import Workspace


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, CompetitionSummary]:
    root = tmp_path_factory.mktemp("looked") / "digits"
    write_digits(root)
    workspace = Workspace(root)
    return workspace, summarise(root, workspace, lambda _done, _total: None)


def test_nothing_is_recalled_before_a_first_look(tmp_path: Path) -> None:
    assert recall(Workspace(tmp_path), ".") is None


def test_recalls_what_was_remembered_and_ignores_our_own_files(
    looked: tuple[Workspace, CompetitionSummary],
) -> None:
    workspace, summary = looked
    remember(workspace, ".", summary)
    workspace.notebook.write_text("{}")
    for folder in (workspace.runs, workspace.comparisons, workspace.root / "screenshots"):
        folder.mkdir(exist_ok=True)
    assert recall(workspace, ".") == summary


def test_looks_again_after_an_update_that_reads_otherwise(
    looked: tuple[Workspace, CompetitionSummary], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, summary = looked
    remember(workspace, ".", summary)
    monkeypatch.setattr(last_look, "_READING", 0)
    assert recall(workspace, ".") is None


def test_looks_again_when_an_image_comes_or_the_settings_change(
    looked: tuple[Workspace, CompetitionSummary],
) -> None:
    workspace, summary = looked
    remember(workspace, ".", summary)
    (workspace.root / "train" / "more.png").touch()
    assert recall(workspace, ".") is None
    remember(workspace, ".", summary)
    workspace.settings.write_text("[folds]\ncount = 3\n")
    assert recall(workspace, ".") is None


def test_another_place_is_another_look(looked: tuple[Workspace, CompetitionSummary]) -> None:
    workspace, summary = looked
    remember(workspace, ".", summary)
    assert recall(workspace, "elsewhere") is None


def test_a_damaged_memory_is_no_memory(looked: tuple[Workspace, CompetitionSummary]) -> None:
    workspace, summary = looked
    remember(workspace, ".", summary)
    (workspace.hydra / "last-look.json").write_text('{"fingerprint": "', encoding="utf-8")
    assert recall(workspace, ".") is None
