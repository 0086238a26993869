"""Notebooks and competitions that nobody ran."""

from datetime import UTC, datetime
from typing import Any

from engine.competition.findings import CompetitionSummary
from engine.experiment.compare import judged
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec, MemberReport
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, Stage

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def photographs(rows: int = 1000, **changes: Any) -> CompetitionSummary:
    """A competition of photographs."""
    fields: dict[str, Any] = {
        "name": "made up", "folder": "nowhere", "layout": "", "target": "binary",
        "label_file": None, "class_counts": (("a", rows // 2), ("b", rows // 2)),
        "metric": "log_loss", "labelled_images": rows, "test_images": 440, "folds": 5,
        "grouped": False, "submission": None, "sizes": ((320, 320, rows),),
        "modes": (("RGB", rows),), "median_side": 320, "findings": (),
    }  # fmt: skip
    return CompetitionSummary(**fields | changes)


def done(
    identifier: str,
    stage: Stage,
    loss: float,
    *overrides: str,
    folds: int = 1,
    seconds: float = 10.0,
    **fields: Any,
) -> ExperimentRecord:
    """A finished fit with the same scores in every fold; `train` is its training log-loss."""
    train = fields.pop("train", loss / 2)
    extra = fields.pop("scores", {})
    # No two networks have the same scores to the last bit.
    error = 0.01 + 1e-9 * int(identifier)
    scores = Scores(
        train_log_loss=train, val_log_loss=loss, val_log_loss_error=error, val_accuracy=0.95,
        val_rows=200, prior_log_loss=0.69, majority_accuracy=0.5, **extra,
    )  # fmt: skip
    spec = apply_overrides(
        ExperimentSpec(stage=Stage.BASELINE, rows=0.5), [f"stage={stage}", *overrides]
    ).model_copy(update={"folds": folds})
    tasks = tuple(
        TaskRecord(
            name=f"fold{fold}", fold=fold, status=Status.DONE, scores=scores,
            seconds=seconds, epoch_seconds=(seconds / 10,) * 5,
        )
        for fold in range(folds)
    )  # fmt: skip
    return ExperimentRecord(**{
        "id": identifier, "name": f"{stage} {identifier}", "stage": stage, "status": Status.DONE,
        "spec": spec, "scores": scores, "created": NOW, "queued": NOW, "tasks": tasks,
        "seconds": seconds * folds,
    } | fields)  # fmt: skip


def blend(
    identifier: str,
    loss: float,
    members: tuple[str, ...],
    contributions: tuple[float, ...] = (),
    gain: tuple[float, float] = (0.01, 0.001),
    folds: int = 5,
) -> ExperimentRecord:
    """A finished ensemble."""
    scores = Scores(
        val_log_loss=loss, val_log_loss_error=0.01, val_rows=200, majority_accuracy=0.5,
        parent_gain=gain[0], parent_gain_error=gain[1],
    )  # fmt: skip
    worth = contributions or (0.01,) * len(members)
    return ExperimentRecord(
        id=identifier,
        name="ensemble",
        stage=Stage.ENSEMBLE,
        status=Status.DONE,
        spec=EnsembleSpec(members=members),
        scores=scores,
        created=NOW,
        queued=NOW,
        parent=members[0],
        tasks=tuple(
            TaskRecord(name=f"fold{fold}", fold=fold, status=Status.DONE, scores=scores)
            for fold in range(folds)
        ),
        blend=EnsembleReport(
            members=tuple(
                MemberReport(id=one, contribution=value)
                for one, value in zip(members, worth, strict=True)
            ),
            in_sample_log_loss=loss,
            correlation=((1.0,),),
        ),
    )


def report_of(weights: dict[str, float], metric_gain: float | None = None) -> EnsembleReport:
    """How a blend came about; a gain by the metric is known to a thousandth."""
    members = tuple(MemberReport(id=one, weight=weight) for one, weight in weights.items())
    return EnsembleReport(
        members=members,
        in_sample_log_loss=None,
        metric_gain=None if metric_gain is None else judged(metric_gain, 0.001),
        metric_best=members[0].id,
        correlation=((1.0,),),
    )
