"""A blend that one member makes up alone: how sure it is, is a gain by log-loss and no other."""

from types import SimpleNamespace
from typing import Any

import pytest

from engine.blending.methods import Method
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import Stage
from engine.pilot.blending import best_blend
from engine.pilot.process import Autopilot
from engine.recipe.autopilot import next_step
from engine.recipe.stages import GateState, climb
from engine.recipe.steps import Step
from tests.unit.recipe.made_up import blend, done, photographs, report_of
from tests.unit.recipe.walking import FIRST, regularized

ONE, BOTH = {"3": 1.0, "4": 0.0004}, {"3": 0.6, "4": 0.4}
TEMPERED = {"parent_gain": 0.04, "parent_gain_error": 0.001}
BY_F1 = {"metric": "macro_f1", "val_metric": 0.843}


def of(weights: dict[str, float], gain: float | None, **scores: Any) -> ExperimentRecord:
    made = blend("5", 0.046, tuple(weights), gain=(0.04, 0.001))
    changed = made.scores.model_copy(update=scores)
    return made.model_copy(update={"scores": changed, "blend": report_of(weights, gain)})


@pytest.mark.parametrize(
    ("record", "state", "reading"),
    [
        (
            of(ONE, 0.0, **BY_F1),
            GateState.SHUT,
            "F1 0.843 vs 0.843 of 3, noise 0.002: within noise",
        ),
        (
            of({"3": 1.0}, 0.0, **BY_F1),
            GateState.SHUT,
            "F1 0.843 vs 0.843 of 3, noise 0.002: within noise",
        ),
        (of(ONE, 0.04, **BY_F1), GateState.OPEN, "F1 0.843 vs 0.803 of 3, noise 0.002: better"),
        (of(BOTH, 0.0, **BY_F1), GateState.OPEN, "0.046 vs 0.086 of 3, noise 0.002: better"),
        (
            of(ONE, None, metric="log_loss"),
            GateState.OPEN,
            "0.046 vs 0.086 of 3, noise 0.002: better",
        ),
    ],
)
def test_a_temperature_alone_opens_the_gate_by_log_loss_only(
    record: ExperimentRecord, state: GateState, reading: str
) -> None:
    summary = photographs(metric=record.scores.metric)
    (rung,) = (one for one in climb(summary, [record]) if one.stage is Stage.ENSEMBLE)
    assert (rung.state, rung.reading) == (state, reading)


def bench_of(report: EnsembleReport, **scores: Any) -> Any:
    """Every way comes to the same."""
    found = Scores.model_validate({"val_log_loss": 0.3} | scores)
    return SimpleNamespace(try_blend=lambda _: (found, report))


@pytest.mark.parametrize(
    ("bench", "is_kept"),
    [
        (bench_of(report_of(ONE, 0.0), **TEMPERED, **BY_F1), False),
        (bench_of(report_of(ONE), parent_gain=0.0, parent_gain_error=0.0), False),
        (bench_of(report_of(ONE), **TEMPERED), True),
        (bench_of(report_of(BOTH, -0.1), **BY_F1), True),
    ],
    ids=["by F1", "by log-loss", "tempered", "of both"],
)
def test_what_is_no_better_than_its_only_member_is_not_kept(bench: Any, is_kept: bool) -> None:
    assert (best_blend(bench, [], ("3", "4")) is not None) is is_kept


def test_what_tells_of_predicted_labels_is_kept_whatever_it_comes_down_to() -> None:
    bench = bench_of(report_of(ONE), parent_gain=0.0, parent_gain_error=0.0)
    labelled = done("4", Stage.PSEUDO_LABEL, 0.2, "pseudo.source=3", folds=5)
    found = best_blend(bench, [labelled], ("3", "4"))
    assert found == EnsembleSpec(members=("3", "4"), method=Method.MEAN)


def test_the_walk_says_so_once_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    known = (*FIRST, regularized("3", loss=0.1), regularized("4", Stage.WIDEN, 260, 0.4))
    bench = bench_of(report_of(ONE, 0.0), **TEMPERED, **BY_F1)
    service: Any = SimpleNamespace(workbench=bench, records=lambda: known, workspace=None)
    monkeypatch.setattr("engine.pilot.journal.note_flight", lambda *_: None)
    pilot = Autopilot(service, 60.0, lambda: False)
    asked = Step(kind="blend", stage=Stage.ENSEMBLE, reason="", experiments=("3", "4"))
    pilot._try(asked)
    assert pilot._refused == [asked]
    assert pilot._journal.flight.entries[-1].what == "no blend is kept"


def test_the_gate_that_no_blend_was_kept_for_is_passed() -> None:
    known, summary = (*FIRST, regularized("3")), photographs()
    ladder = climb(
        summary, known, frozenset({"data", "baseline", "overfit", "regularize", "widen"})
    )
    asked = next_step(ladder, summary, known, 10.0)
    assert asked.kind == "blend"
    then = next_step(ladder, summary, known, 10.0, refused=[asked])
    assert (then.kind, then.stage) == ("pass", Stage.ENSEMBLE)
    assert then.reason == "no blend is better beyond the noise"
