"""Grad-CAM of experiments that really ran, drawn by a process of its own."""

import json
from pathlib import Path

import pytest
from PIL import Image

from app.cli import run_command
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.jobs.tasks import WEIGHTS
from engine.service import Service
from tests.jobs.conftest import settled
from tests.support import tiny_spec


@pytest.fixture(scope="module")
def explained(arena: Service) -> ExperimentRecord:
    """Two folds, and a head that reads every position."""
    spec = tiny_spec("stage=regularize", "folds=2", "head.pooling=none")
    record = settled(arena, arena.submit(spec).id)
    assert record.status is Status.DONE
    return record


def weights_of(service: Service, record: ExperimentRecord, fold: int) -> Path:
    return service.workspace.task(record.id, f"fold{fold}") / WEIGHTS


@pytest.mark.slow
def test_errors_are_explained_by_the_fit_that_never_saw_them(
    arena: Service, explained: ExperimentRecord
) -> None:
    said: list[tuple[str, int, int]] = []
    drawn = arena.inspection.grad_cams(
        explained.id, count=6, progress=lambda *words: said.append(words)
    )
    assert (drawn.experiment, drawn.explained_by) == (explained.id, explained.id)
    assert len({one.id for one in drawn.images}) == 6
    report = arena.inspection.errors(explained.id)
    errors = [one for one in report.top_losses if one.truth != one.answer][:6]
    assert [one.id for one in drawn.images][: len(errors)] == [one.id for one in errors]
    folder = arena.workspace.run(explained.id) / "grad-cam"
    for one in drawn.images:
        assert Path(one.path).parent == folder
        assert one.answer == (one.explained,)
        assert one.probability >= 0.5
        with Image.open(one.path) as picture:
            assert picture.size == (2 * 320 + 8, 320)
    assert said[0][1:] == (0, 6)
    assert said[-1][1:] == (6, 6)


def test_what_is_drawn_is_not_drawn_again(arena: Service, explained: ExperimentRecord) -> None:
    first = arena.inspection.grad_cams(explained.id, count=2)
    before = [Path(one.path).stat().st_mtime_ns for one in first.images]
    said: list[int] = []
    again = arena.inspection.grad_cams(
        explained.id,
        [one.id for one in first.images],
        progress=lambda _what, done, _total: said.append(done),
    )
    assert again == first
    assert [Path(one.path).stat().st_mtime_ns for one in again.images] == before
    assert said == []


@pytest.mark.slow
def test_an_ensemble_is_explained_by_its_best_member(
    arena: Service, explained: ExperimentRecord
) -> None:
    other = settled(arena, arena.submit(tiny_spec("stage=regularize", "folds=2")).id)
    blended = arena.workbench.blend(EnsembleSpec(members=(explained.id, other.id)))
    best = min((explained, other), key=lambda one: one.scores.val_log_loss or 0)
    drawn = arena.inspection.grad_cams(blended.id, count=1)
    assert (drawn.experiment, drawn.explained_by) == (blended.id, best.id)
    assert Path(drawn.images[0].path).parent.parent == arena.workspace.run(blended.id)


@pytest.mark.slow
def test_the_command_names_the_pictures(
    arena: Service, explained: ExperimentRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["errors", explained.id, "--grad-cam", "2", "-w", str(arena.workspace.root)]
    assert run_command([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    paths = [one["path"] for one in document["grad_cam"]["images"]]
    assert len(paths) == 2
    assert document["confusion"]["rows"] == 16
    assert run_command(words) == 0
    told = capsys.readouterr().out
    assert all(path in told for path in paths)


@pytest.mark.slow
def test_what_cannot_be_explained_is_said(
    arena: Service, explained: ExperimentRecord, finished: ExperimentRecord
) -> None:
    bench = arena.inspection
    with pytest.raises(UserError, match="`rose` is no labelled image"):
        bench.grad_cams(explained.id, ["rose"])
    with pytest.raises(UserError, match="0 images can't be explained"):
        bench.grad_cams(explained.id, count=0)
    predicted = {one.id for one in bench.errors(finished.id).top_losses}
    stranger = next(str(row) for row in range(1, 41) if str(row) not in predicted)
    with pytest.raises(UserError, match=f"has held `{stranger}` out"):
        bench.grad_cams(finished.id, [stranger])


@pytest.mark.slow
def test_lost_weights_are_named_and_the_way_to_get_them_back(arena: Service) -> None:
    record = settled(arena, arena.submit(tiny_spec()).id)
    weights_of(arena, record, 0).write_bytes(b"torn")
    with pytest.raises(UserError, match="can't be read") as caught:
        arena.inspection.grad_cams(record.id, count=1)
    weights_of(arena, record, 0).unlink()
    with pytest.raises(UserError, match="is not there") as caught:
        arena.inspection.grad_cams(record.id, count=1)
    assert f"hydra-tui rerun {record.id}" in caught.value.fix


@pytest.mark.slow
def test_a_range_test_predicts_nothing(arena: Service) -> None:
    record = settled(arena, arena.submit(tiny_spec("kind=range_test")).id)
    with pytest.raises(UserError, match="is a range test, which predicts nothing"):
        arena.inspection.grad_cams(record.id)
