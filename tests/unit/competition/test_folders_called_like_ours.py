"""A competition's folder may be called like one that this program writes."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.jobs.workspace import Workspace
from tests.unit.competition.builders import pictures, table, zipped_folder

KINDS = ("drawings", "photos", "screenshots")


def classes(data: Path) -> Path:
    for place, kind in enumerate(KINDS):
        pictures(data / kind, [f"{kind[0]}{row}.png" for row in range(4)], first_seed=10 * place)
    pictures(data / "test", ["b0.png", "b1.png"], first_seed=100)
    return data


@pytest.mark.parametrize("place", ["elsewhere", "data", "data/work"])
def test_a_class_folder_counts_wherever_the_workspace_is(tmp_path: Path, place: str) -> None:
    classes(tmp_path / "data")
    found = load_competition(tmp_path / "data", Workspace(tmp_path / place))
    assert (found.classes, len(found.ids)) == (KINDS, 12)


def test_in_a_zip_too(tmp_path: Path) -> None:
    archive = zipped_folder(tmp_path / "kinds.zip", classes(tmp_path / "data"))
    assert load_competition(archive, Workspace(tmp_path / "work")).classes == KINDS


@pytest.mark.parametrize("name", ["screenshots", "runs", "comparisons", "submissions"])
def test_the_labelled_images_may_lie_there(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    pictures(data / name, [f"a{row}.png" for row in range(12)])
    table(data / "train.csv", "id,label", *(f"a{row},{KINDS[row % 3]}" for row in range(12)))
    found = load_competition(data, Workspace(tmp_path / "work"))
    assert (found.kind, len(found.ids)) == (TargetKind.MULTICLASS, 12)


def test_the_competitions_own_folds_are_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(12)])
    table(data / "folds.csv", "id,label", *(f"a{row},{KINDS[row % 3]}" for row in range(12)))
    assert load_competition(data, Workspace(tmp_path / "work")).label_file == "folds.csv"
