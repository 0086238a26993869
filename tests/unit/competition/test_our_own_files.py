"""What this program wrote beside the data is never taken for the competition's own files."""

from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from engine.jobs.workspace import Workspace
from tests.unit.competition.builders import pictures, table

KINDS = ("cat", "dog", "owl")
ROWS, ANSWERS = range(12), range(12)


def given(folder: Path, header: str, answer: str, labels: str = "listing.csv") -> Path:
    """Both parts are counted from 0, and the label file's name says nothing."""
    pictures(folder / "train", [f"{row}.png" for row in ROWS])
    pictures(folder / "test", [f"{row}.png" for row in ANSWERS], first_seed=100)
    table(folder / labels, "id,label", *(f"{row},{KINDS[row % 3]}" for row in (*ROWS, 50)))
    table(folder / "sample_submission.csv", header, *(f"{row},{answer}" for row in ANSWERS))
    return folder


def worked_in(root: Path) -> None:
    """The tables of a workspace that has trained."""
    lines = [f"{row},0,cat,0.9,0.05,0.05" for row in ROWS]
    table(root / "runs" / "1" / "out_of_fold.csv", "id,fold,label,cat,dog,owl", *lines)
    pictures(root / "runs" / "1" / "maps", ["1.png"], first_seed=50)
    table(root / "folds.csv", "id,fold,group", *(f"{row},{row % 5}," for row in ROWS))
    table(root / "submissions" / "1.csv", "id,cat,dog,owl", *(f"{row},1,0,0" for row in ANSWERS))


def is_whole(found: Competition) -> bool:
    return (found.label_file, found.classes, len(found.ids)) == ("listing.csv", KINDS, len(ROWS))


@pytest.mark.parametrize("place", ["work", "mine/digits", "."])
def test_a_workspace_in_the_competitions_folder(tmp_path: Path, place: str) -> None:
    data = given(tmp_path / "data", "id,cat,dog,owl", "0.3,0.3,0.4")
    worked_in(data / place)
    found = load_competition(data, Workspace(data / place))
    assert is_whole(found)
    assert not any("not used" in finding.happened for finding in found.findings)


def test_another_workspace_there_is_known_by_its_notebook(tmp_path: Path) -> None:
    data = given(tmp_path / "data", "id,cat,dog,owl", "0.3,0.3,0.4")
    worked_in(data / "earlier")
    (data / "earlier" / "experiments.json").write_text("{}", encoding="utf-8")
    assert is_whole(load_competition(data, Workspace(tmp_path / "now")))


@pytest.mark.parametrize(
    ("header", "shown", "written"),
    [("id,label", "cat", "dog"), ("id,cat,dog,owl", "0.3,0.3,0.4", "0,1,0")],
)
def test_a_submission_written_beside_the_data(
    tmp_path: Path, header: str, shown: str, written: str
) -> None:
    data = given(tmp_path / "data", header, shown)
    table(data / "best.csv", header, *(f"{row},{written}" for row in ANSWERS))
    assert is_whole(load_competition(data, Workspace(tmp_path / "workspace")))


def test_labels_may_have_the_samples_header_and_ids(tmp_path: Path) -> None:
    data = given(tmp_path / "data", "id,label", "cat", labels="labels.csv")
    table(data / "labels.csv", "id,label", *(f"{row},{KINDS[row % 3]}" for row in ROWS))
    found = load_competition(data, Workspace(tmp_path / "workspace"))
    assert (found.label_file, len(found.ids)) == ("labels.csv", len(ROWS))
