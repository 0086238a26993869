"""What is explained of which image, and by which weights."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis.explain_errors import grad_cams
from engine.analysis.reports import GradCams
from engine.competition.competition import load_competition
from engine.errors import UserError
from engine.jobs.tasks import PREDICTIONS, WEIGHTS
from engine.jobs.workspace import Workspace
from engine.models.build import build_model
from tests.support import tiny_spec
from tests.unit.competition import builders

LABELS = ("bud", "leaf", "thorn")
ROWS = 12
KAPPA = '[competition]\nmetric = "quadratic_kappa"\n'
SPEC = tiny_spec()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Several labels an image, and room for what a fit leaves."""
    data = tmp_path / "data"
    ids = [f"r{row}" for row in range(ROWS)]
    builders.pictures(data / "train", [f"{one}.png" for one in ids])
    builders.pictures(data / "test", ["t0.png", "t1.png"], first_seed=1000)
    lines = [f"{one},{row % 2},{row // 2 % 2},1" for row, one in enumerate(ids)]
    builders.table(data / "train.csv", f"id,{','.join(LABELS)}", *lines)
    builders.table(data / "sample_submission.csv", f"id,{','.join(LABELS)}", "t0,0,0,0", "t1,0,0,0")
    return builders.workspace(tmp_path)


def fitted(workspace: Workspace, predictions: list[list[float]], kind: str = "multilabel") -> None:
    """Leave what a fit of fold 0 leaves, with these predictions of the first rows."""
    folder = workspace.task("1", "fold0")
    folder.mkdir(parents=True)
    competition = load_competition(workspace.root.parent / "data", workspace)
    assert competition.kind == kind
    rows = np.arange(len(predictions))
    np.savez(
        folder / PREDICTIONS,
        train_rows=np.arange(len(predictions), ROWS),
        validation_rows=rows,
        validation=np.array(predictions, np.float32),
        test=np.zeros((len(competition.test_ids), len(LABELS)), np.float32),
    )
    built = build_model(SPEC, competition.kind, len(LABELS))
    built.model.save_weights(folder / WEIGHTS)


def explained(workspace: Workspace, **changes: Any) -> GradCams:
    asked: dict[str, Any] = {
        "workspace": str(workspace.root),
        "data": str(workspace.root.parent / "data"),
        "experiment": "1",
        "folds": [0],
        "member": "1",
        "spec": SPEC.model_dump(mode="json"),
        "images": None,
        "count": 12,
    }
    answer = grad_cams(lambda _message: None, **(asked | changes))
    return GradCams.model_validate(answer)


def test_of_several_labels_the_surest_wrong_one_is_explained(workspace: Workspace) -> None:
    # The truths of the rows: 0 0 1, 1 0 1, 0 1 1.
    fitted(workspace, [[0.6, 0.9, 0.9], [0.9, 0.1, 0.7], [0.1, 0.9, 0.02]])
    drawn = explained(workspace).images
    assert [(one.id, one.explained) for one in drawn] == [
        ("r2", "thorn"),
        ("r0", "leaf"),
        ("r1", "thorn"),
    ], "errors first, by what they cost; of what is right the least sure label"
    assert drawn[0].probability == pytest.approx(0.02)
    assert drawn[0].answer == ("leaf",)
    assert drawn[0].truth == ("leaf", "thorn")
    assert all(Path(one.path).is_file() for one in drawn)


def test_a_fit_that_went_on_is_drawn_anew_and_one_that_lost_its_weights_is_not(
    workspace: Workspace,
) -> None:
    fitted(workspace, [[0.6, 0.9, 0.9]])
    (first,) = explained(workspace).images
    picture, weights = Path(first.path), workspace.task("1", "fold0") / WEIGHTS
    picture.write_bytes(b"old")
    os.utime(picture, (0, 0))
    explained(workspace)
    assert picture.stat().st_size > 100
    weights.unlink()
    assert explained(workspace).images == (first,)
    picture.unlink()
    with pytest.raises(UserError, match="weights of experiment 1 are missing"):
        explained(workspace)


def test_an_image_that_is_gone_is_named(workspace: Workspace) -> None:
    fitted(workspace, [[0.6, 0.9, 0.9]])
    (workspace.root.parent / "data" / "train" / "r0.png").write_bytes(b"torn")
    with pytest.raises(UserError, match=r"r0\.png can't be shown: not an image"):
        explained(workspace)


def test_long_names_and_the_answer_to_grades(tmp_path: Path) -> None:
    """Names of nine bytes a letter, once quoted; between two far grades the middle one is meant."""
    data, place = tmp_path / "data", builders.workspace(tmp_path, KAPPA)
    ids = [f"{'写真' * 20}{row}" for row in range(ROWS)]
    grades = ["軽い" * 30, "中くらい" * 15, "重い" * 30]
    builders.pictures(data / "train", [f"{one}.png" for one in ids])
    rows = (f"{one},{grades[row % 3]}" for row, one in enumerate(ids))
    builders.table(data / "train.csv", "id,grade", *rows)
    classes = load_competition(data, place).classes
    fitted(place, [[0.5, 0.0, 0.5], [0.45, 0.1, 0.45]], kind="multiclass")
    drawn = explained(place).images
    assert {one.explained for one in drawn} == {classes[1]} == {one.answer[0] for one in drawn}
    assert len({one.path for one in drawn}) == 2
    assert all(Path(one.path).is_file() for one in drawn)
