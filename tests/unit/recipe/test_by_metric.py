"""What is submitted, blended and kept follows the competition's metric."""

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from engine.blending.methods import Method
from engine.experiment.compare import Verdict
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.metrics import by_metric, current_metric, shortfall
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import Stage
from engine.pilot.process import Autopilot
from engine.pilot.telling import told_of
from engine.recipe import noise
from engine.recipe.advice import next_moves
from engine.recipe.choosing import (
    best_to_submit,
    members_of,
    worth_widening,
)
from engine.recipe.labelling import labellers
from engine.recipe.ranking import best_way
from engine.recipe.stages import LADDER, climb
from tests.unit.recipe.made_up import done, photographs, report_of


def scored(
    identifier: str, loss: float, auc: float | None, folds: int = 5, **extra: Any
) -> ExperimentRecord:
    """A regularized fit of a competition that is scored by AUC."""
    scores = {"metric": "auc", "val_metric": auc, "val_auc": auc} | extra
    return done(identifier, Stage.REGULARIZE, loss, folds=folds, scores=scores)


A, B = scored("1", 0.30, 0.95), scored("2", 0.33, 0.985)


def test_the_best_by_the_metric_is_submitted_and_blended_first() -> None:
    assert best_to_submit([A, B]) is B
    assert members_of([A, B]) == [B, A]
    # Soft labels are taken as probabilities, of which the log-loss is the judge.
    assert labellers([A, B], 5) == [A, B]


def test_the_advice_exports_what_the_metric_chose() -> None:
    summary = photographs(metric="auc")
    ladder = climb(summary, [A, B], frozenset(map(str, LADDER[:-1])))
    (export,) = next_moves(ladder, summary, [A, B])
    assert (export.kind, export.members) == ("export", ("2",))
    assert export.reason == "it has the best clean validation AUC"


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("map_at_5", "log-loss 0.3000, AUC 0.9500, MAP@5 0.8750"),
        ("log_loss", "log-loss 0.3000, AUC 0.9500"),
    ],
)
def test_what_came_of_a_step_is_told_by_the_metric(metric: str, told: str) -> None:
    value = 0.875 if metric == "map_at_5" else 0.3
    ended = scored("1", 0.3, 0.95, metric=metric, val_metric=value)
    assert told_of(ended).startswith(f"val {told} in")


def test_where_the_metric_is_the_same_the_log_loss_decides() -> None:
    sure = scored("3", 0.40, 0.985)
    assert best_to_submit([sure, B]) is B
    assert best_to_submit([B, sure]) is B
    assert best_to_submit([scored("4", 0.1, None), sure]) is sure


def test_fewer_folds_win_only_where_both_the_metric_and_the_noise_say_so() -> None:
    # On one fold: a better AUC whose log-loss is within the noise, then one that is not.
    assert best_to_submit([A, scored("3", 0.29, 0.99, folds=1)]) is A
    clearly = scored("4", 0.20, 0.99, folds=1)
    assert best_to_submit([A, clearly]) is clearly
    # A far lower log-loss is not what this competition asks for.
    assert best_to_submit([A, scored("5", 0.10, 0.94, folds=1)]) is A


def test_a_metric_that_was_corrected_holds_for_earlier_experiments_too() -> None:
    before = scored("1", 0.30, 0.95, metric="log_loss", val_metric=0.30)
    assert current_metric([before, B]) == "auc"
    assert best_to_submit([before, B]) is B
    later = B.model_copy(update={"scores": before.scores.model_copy(update={"val_auc": 0.985})})
    assert best_to_submit([before, later], "auc") is later
    assert by_metric(before.scores, "auc") == 0.95
    assert by_metric(Scores(), "auc") is None
    assert shortfall(Scores(val_log_loss=0.2), "macro_f1") == (inf, 0.2)
    assert current_metric([]) == "log_loss"


@pytest.mark.parametrize(
    ("tried", "kept"),
    [
        # The metric's best is kept, though its log-loss is the highest.
        ([(0.30, 0.950), (0.31, 0.970), (0.33, 0.985)], 2),
        # What gains less than its risk is not: the simplest stays.
        ([(0.30, 0.9840), (0.30, 0.9845), (0.2995, 0.9849)], 0),
        # As good an order, and clearly better probabilities.
        ([(0.33, 0.985), (0.30, 0.985), (0.2995, 0.985)], 1),
    ],
)
def test_the_blend_that_is_kept_is_the_best_by_the_metric(
    tried: list[tuple[float, float]], kept: int
) -> None:
    ways = [
        (place, Scores(val_log_loss=loss, val_auc=auc, val_metric=auc, metric="auc"))
        for place, (loss, auc) in enumerate(tried)
    ]
    assert best_way(ways) == kept


def test_by_log_loss_the_blend_with_the_lowest_is_kept() -> None:
    losses = (0.30, 0.2995, 0.28, 0.2795)
    ways = [(place, Scores(val_log_loss=loss)) for place, loss in enumerate(losses)]
    assert best_way(ways) == 2


def test_the_autopilot_keeps_and_exports_by_the_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[EnsembleSpec] = []
    exported: list[str] = []

    def tried(spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
        # A selection finds a better order, at the cost of a higher log-loss.
        auc, loss = (0.97, 0.4) if spec.method is Method.SELECTION else (0.95, 0.3)
        loss -= 0.05 * spec.calibrated
        scores = Scores(val_log_loss=loss, val_auc=auc, val_metric=auc, metric="auc")
        return scores, report_of({"1": 0.5, "2": 0.5}, 0.01)

    def blended(spec: EnsembleSpec) -> ExperimentRecord:
        kept.append(spec)
        return A

    def export(experiment: str, guess: bool) -> SimpleNamespace:
        exported.append(experiment)
        return SimpleNamespace(path="answers.csv", warning="")

    service: Any = SimpleNamespace(
        workbench=SimpleNamespace(try_blend=tried, blend=blended),
        submissions=SimpleNamespace(export=export),
        # The newest was scored before the metric was corrected.
        records=lambda: [
            B,
            A.model_copy(update={"scores": Scores(val_log_loss=0.3, val_auc=0.95)}),
        ],
        known_summary=lambda: photographs(metric="auc"),
        workspace=None,
    )
    monkeypatch.setattr("engine.pilot.journal.note_flight", lambda *_: None)
    Autopilot(service, 60.0, lambda: False)._blend(("1", "2"))
    assert [(one.method, one.calibrated) for one in kept] == [(Method.SELECTION, True)]
    assert exported == ["2"]


def counted(identifier: str, loss: float, accuracy: float, folds: int = 5) -> ExperimentRecord:
    """A regularized fit of a competition that is scored by accuracy, on 486 rows."""
    scores = {"metric": "accuracy", "val_metric": accuracy, "val_accuracy": accuracy}
    record = done(identifier, Stage.REGULARIZE, loss, folds=folds)
    found = record.scores.model_copy(update=scores | {"val_rows": 486})
    tasks = tuple(task.model_copy(update={"scores": found}) for task in record.tasks)
    return record.model_copy(update={"scores": found, "tasks": tasks})


def test_one_row_more_that_is_right_is_no_better_model() -> None:
    lucky, sound = counted("10", 0.5997, 0.7510), counted("20", 0.5026, 0.7489)
    assert best_to_submit([lucky, sound]) is sound
    assert worth_widening([lucky, sound]) is sound
    assert members_of([lucky, sound]) == [sound, lucky]
    ladder = climb(photographs(metric="accuracy"), [lucky, sound])
    (rung,) = (one for one in ladder if one.stage is Stage.REGULARIZE)
    assert rung.experiment == "20"
    # Fifty rows are no chance, whatever the log-loss.
    assert best_to_submit([counted("10", 0.5997, 0.85), sound]) == counted("10", 0.5997, 0.85)
    better = counted("10", 0.5997, 0.7689)
    assert best_to_submit([better, sound]) == better, "ten rows more are no mere chance"


def test_fewer_folds_with_a_clearly_lower_loss_win_where_a_row_is_missing() -> None:
    lucky, sound = counted("10", 0.5997, 0.7510), counted("20", 0.5026, 0.7489, folds=1)
    assert best_to_submit([lucky, sound]) is sound


def test_a_blend_that_is_right_on_one_row_more_is_not_kept_for_it() -> None:
    ways = [(one.id, one.scores) for one in (counted("1", 0.50, 0.749), counted("2", 0.6, 0.7510))]
    assert best_way(ways) == "1"


def test_counts_are_judged_by_their_noise_and_other_metrics_are_not() -> None:
    few, more = (counted(name, 0.3, right).scores for name, right in (("1", 1.0), ("2", 0.998)))
    found = noise.counted(more, few, "accuracy")
    assert found is not None
    assert found.verdict is Verdict.NOISE
    assert noise.counted(more, few, "auc") is None
    assert noise.counted(more, few.model_copy(update={"val_rows": None}), "accuracy") is None
    below = Scores(val_quadratic_kappa=-0.2, val_rows=100)
    above = Scores(val_quadratic_kappa=0.4, val_rows=100)
    found = noise.counted(below, above, "quadratic_kappa")
    assert found is not None
    assert found.verdict is Verdict.WORSE
