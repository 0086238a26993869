"""The later stages on real runs: blends, comparisons, pseudo-labels, and the whole recipe."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.compare import Verdict
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import PseudoSpec, Stage
from engine.jobs.tasks import PREDICTIONS, TaskOrder
from engine.pilot.process import Autopilot
from engine.service import Service
from engine.training.data import load_fold
from engine.training.stopping import StopSignal
from tests.jobs.conftest import settled
from tests.support import end_processes, tiny_spec, wait_until
from tests.unit.competition.builders import flowers

Members = tuple[ExperimentRecord, ExperimentRecord]


@pytest.fixture(scope="module")
def members(arena: Service) -> Members:
    """Two members that differ in size, on the same two folds."""
    # A seed of their own: runs of other files in the same arena would be their twins.
    queued = [
        arena.submit(tiny_spec("stage=regularize", "folds=2", "seed=4", f"image_size={size}"))
        for size in (8, 12)
    ]
    first, second = (settled(arena, record.id) for record in queued)
    assert (first.status, second.status) == (Status.DONE, Status.DONE)
    return first, second


@pytest.fixture(scope="module")
def blended(arena: Service, members: Members) -> ExperimentRecord:
    return arena.workbench.blend(EnsembleSpec(members=tuple(one.id for one in members)))


def test_a_blend_is_an_experiment_like_others(
    arena: Service, members: Members, blended: ExperimentRecord, tmp_path: Path
) -> None:
    assert (blended.status, blended.stage) == (Status.DONE, Stage.ENSEMBLE)
    assert [task.fold for task in blended.tasks] == [0, 1]
    assert blended.parent in {one.id for one in members}
    for fold in range(2):
        parts = [
            np.load(arena.workspace.task(one.id, f"fold{fold}") / PREDICTIONS)
            for one in (*members, blended)
        ]
        np.testing.assert_allclose(
            parts[2]["validation"], (parts[0]["validation"] + parts[1]["validation"]) / 2, atol=1e-6
        )
        np.testing.assert_allclose(
            parts[2]["test"], (parts[0]["test"] + parts[1]["test"]) / 2, atol=1e-6
        )
    assert arena.submissions.export(blended.id, tmp_path / "blend.csv").rows == 6
    again = arena.rerun(blended.id)
    assert (again.spec, again.scores) == (blended.spec, blended.scores)
    assert arena.record(again.id).blend == blended.blend


def test_a_blend_that_is_only_tried_is_not_kept(arena: Service, members: Members) -> None:
    before = len(arena.records())
    spec = EnsembleSpec(
        members=tuple(one.id for one in members), method=Method.WEIGHTED, calibrated=True
    )
    scores, report = arena.workbench.try_blend(spec)
    assert scores.val_rows == 16
    assert sum(one.weight or 0 for one in report.members) == pytest.approx(1)
    assert report.temperature is not None
    assert len(arena.records()) == before
    assert not list(arena.workspace.runs.glob(".blend-*"))


def test_members_without_a_fold_in_common_are_refused(
    arena: Service, finished: ExperimentRecord, members: Members
) -> None:
    ranks = EnsembleSpec(members=(members[0].id, finished.id), method=Method.RANK)
    with pytest.raises(UserError, match="log_loss"):
        arena.workbench.blend(ranks)
    assert not list(arena.workspace.runs.glob(".blend-*"))


def test_experiments_are_compared_on_the_rows_of_both(
    arena: Service, finished: ExperimentRecord, members: Members
) -> None:
    comparison = arena.workbench.compare([one.id for one in (*members, finished)])
    assert comparison.reference == members[0].id
    other, holdout = comparison.compared
    assert (other.rows, holdout.rows) == (16, 8)
    assert other.log_loss is not None
    gain = (members[0].scores.val_log_loss or 0) - (members[1].scores.val_log_loss or 0)
    assert other.log_loss.gain == pytest.approx(gain, abs=1e-6)
    assert other.log_loss.verdict in set(Verdict)
    assert ("image_size", ("8", "12", "8")) in comparison.differing
    turned = arena.workbench.compare([members[0].id, members[1].id], members[1].id)
    assert ("image_size", ("12", "8")) in turned.differing, "the reference's value comes first"
    with pytest.raises(UserError, match="itself"):
        arena.workbench.compare([finished.id])


def test_pseudo_labels_are_learned_from_and_never_validated_on(
    arena: Service, members: Members, blended: ExperimentRecord
) -> None:
    preview = arena.workbench.preview_pseudo(PseudoSpec(source=blended.id, share=0.1))
    # A tenth of all rows, beside 20 labelled ones of one of two folds' halves.
    assert 0 < preview.rows <= 6
    # All of them: as right as the slider says of the same threshold.
    plain = arena.workbench.preview_pseudo(PseudoSpec(source=blended.id, share=0.9))
    assert plain.precision == {least: right for least, _, right in plain.coverage}[0.0]
    spec = tiny_spec("stage=pseudo-label", f"pseudo.source={blended.id}", "pseudo.share=0.5")
    record = settled(arena, arena.submit(spec, parent=members[0].id).id)
    assert record.status is Status.DONE, record.error
    assert any("6 test images are trained on" in note for note in record.tasks[0].notes)
    stored = np.load(arena.workspace.task(record.id, "fold0") / PREDICTIONS)
    assert stored["train_rows"].max() < 40
    assert len(stored["validation_rows"]) == 8
    assert record.scores.parent_gain is not None


def test_a_source_that_saw_the_validation_rows_is_refused(
    arena: Service, members: Members, blended: ExperimentRecord
) -> None:
    """A leak, planted: the blend claims to know the rows that the fold holds out."""
    leaking = arena.workbench.blend(blended.spec)  # type: ignore[arg-type] # a blend's spec
    path = arena.workspace.task(leaking.id, "fold0") / PREDICTIONS
    with np.load(path) as stored:
        fields = dict(stored)
    fields["train_rows"] = np.arange(40)
    np.savez(path, allow_pickle=False, **fields)
    with pytest.raises(UserError, match="would leak into the validation"):
        arena.workbench.preview_pseudo(PseudoSpec(source=leaking.id))
    spec = tiny_spec("stage=pseudo-label", f"pseudo.source={leaking.id}")
    record = settled(arena, arena.submit(spec).id)
    assert record.status is Status.FAILED
    assert record.error is not None
    assert "would leak into the validation" in record.error.happened


def test_marked_images_are_not_trained_on(arena: Service) -> None:
    with pytest.raises(UserError, match="no labelled image"):
        arena.inspection.leave_out(["nobody"])
    with pytest.raises(UserError) as mistyped:
        arena.inspection.leave_out(["7.png"])
    assert "`7`" in mistyped.value.expected
    assert arena.inspection.leave_out(["3", "7"]) == ("3", "7")
    try:
        ((spec, _),) = arena.propose(Stage.BASELINE, ["image_size=8", "rows=1"])
    finally:
        assert arena.inspection.leave_out(["3", "7"], undo=True) == ()
    assert spec.leave_out == ("3", "7")
    order = TaskOrder(
        experiment="0", task="fold0", fold=0, spec=spec, parent=None,
        workspace=str(arena.workspace.root), data=arena.data,
    )  # fmt: skip
    data = load_fold(order, lambda _event: None, StopSignal())
    assert not {2, 6} & set(data.train_rows.tolist())
    assert len(data.validation_rows) == 8, "they stay in validation"


def test_images_that_are_not_there_are_not_left_out(arena: Service) -> None:
    before = len(arena.records())
    with pytest.raises(UserError, match="`nobody` is no labelled image"):
        arena.submit_all([(tiny_spec("leave_out=nobody,3"), None)])
    assert len(arena.records()) == before


def test_errors_are_told_of_rows_nobody_trained_on(
    arena: Service, blended: ExperimentRecord
) -> None:
    report = arena.inspection.errors(blended.id)
    assert report.confusion.rows == 16
    assert len(report.top_losses) == 16
    assert report.top_losses[0].loss >= report.top_losses[-1].loss
    assert {row.id for row in report.top_losses} <= {name for name, _ in report.images}
    (matrix,) = report.confusion.matrices
    for truth, counts in zip(matrix.names, matrix.counts, strict=True):
        for answer, count in zip(matrix.names, counts, strict=True):
            rows = arena.inspection.rows_in_cell(blended.id, "", truth, answer)
            assert len(rows) == count
            assert all((row.truth, row.answer) == ((truth,), (answer,)) for row in rows)
    assert set(arena.gallery.paths([row.id for row in report.top_losses])) == {
        row.id for row in report.top_losses
    }


def test_submissions_stand_in_the_ledger(
    arena: Service, blended: ExperimentRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = arena.submissions.export(blended.id, tmp_path / "a.csv")
    arena.submissions.export(blended.id, tmp_path / "b.csv")
    entries = [one for one in arena.submissions.ledger() if one.digest == written.digest]
    assert len([one for one in entries if one.experiment == blended.id]) == 1, "the same answers"
    entry = arena.submissions.score(entries[0].number, 0.5)
    assert entry.gap == pytest.approx(0.5 - (blended.scores.val_log_loss or 0))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="not installed"):
        arena.submissions.upload(entry.number, "some-competition")
    with pytest.raises(UserError, match="no submission 99"):
        arena.submissions.score(99, 0.1)


def test_a_sweep_is_one_group(arena: Service) -> None:
    changes = ["phases.0.epochs=1", "image_size=8", "head.units=8,16"]
    records = arena.submit_all(arena.propose(Stage.BASELINE, changes))
    for record in records:
        arena.stop(record.id)
    stored = [arena.record(record.id) for record in records]
    assert {one.group for one in stored} == {f"sweep {records[0].id}"}
    assert [one.fit.head.units for one in stored if one.fit] == [8, 16]


def as_if_run(service: Service, experiment: str, like: ExperimentRecord) -> ExperimentRecord:
    """Have an experiment end as another one did, with that one's predictions."""
    shutil.copytree(
        service.workspace.run(like.id), service.workspace.run(experiment), dirs_exist_ok=True
    )
    ended = {"status": Status.DONE, "tasks": like.tasks, "scores": like.scores}
    return service._notebook.change(experiment, lambda one: one.model_copy(update=ended))


def test_an_ablation_tells_what_each_factor_is_worth(
    arena: Service, finished: ExperimentRecord
) -> None:
    with pytest.raises(UserError, match="never ablated"):
        arena.workbench.contributions(finished.id)
    full = arena.submit(tiny_spec("head.units=16", "head.layers=1", "head.dropout=0.1"))
    arena.stop(full.id)
    as_if_run(arena, full.id, finished)
    queued = arena.ablate(full.id, finished.id, count=2)
    for record in queued:
        arena.stop(record.id)
    assert [one.parent for one in queued] == [full.id, full.id, finished.id]
    as_if_run(arena, queued[0].id, finished)
    found, noise = arena.workbench.contributions(full.id)
    assert {(one.factor, one.value) for one in found} == {
        ("head.layers head.units", "0 128"),
        ("head.dropout", "0.0"),
    }
    by_run = {one.experiment: one for one in found}
    worth = by_run[queued[0].id].worth
    assert worth is not None
    assert (worth.gain, worth.verdict) == (0.0, Verdict.NOISE), "the same predictions"
    assert by_run[queued[1].id].problem == "stopped"
    assert noise is None, "one seed has no spread"


def test_the_autopilot_goes_on_where_it_was_and_leaves_a_submission(tmp_path: Path) -> None:
    data = flowers(tmp_path / "competition", rows=40, test=6)
    (tmp_path / "workspace").mkdir()
    service = Service(tmp_path / "workspace", str(data))
    try:
        first = Autopilot(service, 600, lambda: bool(service.records())).run()
        assert first.status == "stopped"
        (begun,) = service.records()
        flight = Autopilot(service, 600, lambda: len(service.records()) > 1).run()
        assert flight.status == "stopped", flight.problem
        assert service.record(begun.id).status is Status.DONE, "it was gone on with"
        assert Path(flight.submission).read_text().startswith("name,tulip\n")
        assert service.record(flight.best).status is Status.DONE
        assert all(entry.why for entry in flight.entries)
    finally:
        service.close()
        end_processes(service.workspace)


def test_what_is_trained_when_the_budget_is_used_up_is_blended(
    arena: Service, members: Members
) -> None:
    late = settled(arena, arena.submit(tiny_spec("stage=regularize", "folds=2", "seed=9")).id)
    image = next((Path(arena.data) / "test").iterdir())
    whole = image.read_bytes()
    try:
        image.write_bytes(b"no image")
        flight = Autopilot(arena, 1, lambda: False).run()
    finally:
        image.write_bytes(whole)
    assert flight.status == "done", flight.problem
    assert "can't be read" not in flight.entries[-1].why, "it was predicted when it could be"
    (blended,) = [entry for entry in flight.entries if entry.what.startswith("blend ")]
    assert late.id in blended.what.removeprefix("blend ").split(", ")
    assert {one.id for one in members} <= set(blended.what.removeprefix("blend ").split(", "))
    last = max(arena.records(), key=lambda one: int(one.id))
    assert isinstance(last.spec, EnsembleSpec)
    assert flight.submission


@pytest.mark.slow
def test_a_detached_autopilot_can_be_stopped(tmp_path: Path) -> None:
    data = flowers(tmp_path / "competition", rows=40, test=6)
    (tmp_path / "workspace").mkdir()
    service = Service(tmp_path / "workspace", str(data))
    try:
        service.pilot.start(600)
        with pytest.raises(UserError, match="under way"):
            service.pilot.start(600)
        wait_until(lambda: service.records() or None)
        service.pilot.stop()
        flight = wait_until(
            lambda: one if (one := service.pilot.flight()) and one.status != "running" else None
        )
        assert flight.status == "stopped"
        assert all(record.status.is_finished for record in service.records())
        wait_until(lambda: not service.pilot.is_flying or None)
        with pytest.raises(UserError, match="No autopilot"):
            service.pilot.stop()
    finally:
        service.close()
        end_processes(service.workspace)
