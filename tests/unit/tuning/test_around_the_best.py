"""Where nobody names an experiment, a search is around the best one so far."""

from pathlib import Path

import pytest

from app.cli import run_command
from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.proposals import Proposal
from engine.service import Service
from engine.tuning.searches import Searches
from engine.watching import Snapshot
from tests.functional.staging import fill
from tests.unit.recipe.made_up import blend, done, photographs

PROPOSED = ExperimentSpec(stage=Stage.REGULARIZE, image_size=16)
RECORDS = (
    done("1", Stage.OVERFIT, 0.4),
    done("2", Stage.REGULARIZE, 0.35, folds=5),
    done("3", Stage.WIDEN, 0.3, "image_size=48", folds=5),
    done("4", Stage.REGULARIZE, 0.33, folds=5),
    blend("5", 0.25, ("2", "3")),
    done("6", Stage.PSEUDO_LABEL, 0.28, "pseudo.source=5", folds=5),
)


def searches(*records: object, left_out: tuple[str, ...] = ()) -> Searches:
    known = {one.id: one for one in RECORDS if one in records}

    def propose(stage: Stage, overrides: object) -> tuple[Proposal, ...]:
        return ((PROPOSED.model_copy(update={"stage": stage}), "1"),)

    return Searches(
        known.__getitem__,
        lambda: Snapshot(tuple(known.values()), left_out=left_out),
        propose,
        photographs,
        lambda *_: (),
    )


def test_the_best_fit_is_varied_as_it_would_be_submitted() -> None:
    plan = searches(*RECORDS).plan()
    assert plan.search.stage is Stage.REGULARIZE
    best = RECORDS[2].fit
    assert best is not None
    as_asked = best.model_copy(update={"stage": Stage.REGULARIZE})
    assert (plan.search.base, plan.parent) == (as_asked, "3")
    assert plan.around == "experiment 3, the best of regularize"
    plan = searches(*RECORDS).plan(Stage.OVERFIT)
    assert (plan.search.base, plan.parent) == (RECORDS[0].fit, "1")
    assert plan.around == "experiment 1, the best of overfit"


def test_what_a_stage_would_run_is_varied_where_nothing_has_or_it_is_changed() -> None:
    for plan in (searches(RECORDS[0]).plan(), searches(*RECORDS).plan(overrides=["rows=1"])):
        assert (plan.search.base, plan.parent) == (PROPOSED, "1")
        assert plan.around == "what regularize would run, made from 1"


def test_a_named_experiment_is_varied_also_with_changes() -> None:
    plan = searches(*RECORDS).plan(source="2")
    assert (plan.search.base, plan.around) == (RECORDS[1].fit, "experiment 2")
    plan = searches(*RECORDS).plan(overrides=["image_size=96"], source="2")
    assert (plan.search.base.image_size, plan.around) == (96, "experiment 2, changed")


def test_what_was_marked_since_is_left_out() -> None:
    plan = searches(*RECORDS, left_out=("7", "9")).plan()
    assert plan.search.base.leave_out == ("7", "9")


def test_values_that_can_not_be_here_are_refused_before_trials_are_spent_on_them() -> None:
    for ask in ({}, {"source": "2"}, {"overrides": ["rows=1"]}):
        with pytest.raises(UserError, match=r"loss\.name=sparsemax is not possible"):
            searches(*RECORDS).plan(over=["loss.name=cross_entropy,sparsemax,focal"], **ask)
    plan = searches(*RECORDS).plan(over=["loss.name=cross_entropy,focal", "head.dropout=0..0.5"])
    assert len(plan.search.axes) == 2
    both = ["loss.name=cross_entropy,focal", "loss.label_smoothing=0,0.1"]
    assert len(searches(*RECORDS).plan(over=both).search.axes) == 2


def test_the_command_tells_what_is_varied_and_what_it_will_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "known_summary", lambda _: photographs())
    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _: None)
    fill(tmp_path, RECORDS)
    assert run_command(["tune", "-w", str(tmp_path), "--trials", "8", "--detach"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("8 trials, bayesian: about ")
    assert told[1] == "  around experiment 3, the best of regularize"
