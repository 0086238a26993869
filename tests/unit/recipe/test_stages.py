"""Gates open at their exact borders, and stages begin where the data says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import nextafter
from typing import Any

import pytest

from engine.competition.findings import CompetitionSummary, Finding
from engine.experiment.overrides import validated
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, HeadSpec, LossSpec, PhaseSpec, Stage
from engine.recipe.proposals import Proposal, propose_specs
from engine.recipe.stages import GateState, Rung, climb
from tests.unit.recipe.made_up import photographs

NOW = datetime.now(UTC)
FIRST = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE)


def propose_spec(
    stage: Stage, about: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Proposal:
    (proposal,) = propose_specs(stage, about, records)
    return proposal


def record(
    identifier: str, stage: Stage, status: Status = Status.DONE, **fields: Any
) -> ExperimentRecord:
    scores = Scores(**fields.pop("scores", {}))
    spec = fields.pop("spec", ExperimentSpec(stage=stage, rows=0.5))
    task = TaskRecord(name="fold0", fold=0, status=status, scores=scores)
    fields = {"tasks": (task,)} | fields
    return ExperimentRecord(
        id=identifier, name="n", stage=stage, status=status, spec=spec, scores=scores,
        created=NOW, queued=NOW, **fields,
    )  # fmt: skip


def rung(stage: Stage, *records: ExperimentRecord) -> Rung:
    (found,) = [rung for rung in climb(None, records) if rung.stage is stage]
    return found


def summary(side: int, *findings: Finding, mode: str = "RGB") -> CompetitionSummary:
    fields: dict[str, Any] = {
        "name": "made up", "folder": "nowhere", "layout": "", "target": "binary",
        "label_file": None,
        "class_counts": (("a", 5), ("b", 5)), "metric": "log_loss", "labelled_images": 10,
        "test_images": 2, "folds": 5, "grouped": False, "submission": None,
        "sizes": ((side, side, 10),), "modes": ((mode, 10),), "median_side": side,
        "findings": findings,
    }  # fmt: skip
    return CompetitionSummary(**fields)


ODD = Finding(severity="warning", happened="a", expected="b", fix="c", files=(), count=1)


def test_the_overfit_gate_opens_just_below_a_hundredth() -> None:
    at = record("1", Stage.OVERFIT, scores={"train_log_loss": 0.01})
    below = record("1", Stage.OVERFIT, scores={"train_log_loss": nextafter(0.01, 0)})
    assert rung(Stage.OVERFIT, at).state is GateState.SHUT
    assert rung(Stage.OVERFIT, below).state is GateState.OPEN
    assert rung(Stage.OVERFIT, below).experiment == "1"


# 100 rows right at 0.8: the lower 95 % bound of the accuracy is 0.7216.
GOOD = {
    "val_log_loss": 0.5,
    "val_log_loss_error": 0.1,
    "val_accuracy": 0.8,
    "val_rows": 100,
    "prior_log_loss": 0.6961,
    "majority_accuracy": 0.72,
}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, GateState.OPEN),
        # 0.5 + 1.96 * 0.1 reaches the prior's entropy.
        ({"prior_log_loss": 0.696}, GateState.SHUT),
        ({"majority_accuracy": 0.7217}, GateState.SHUT),
        # A good model answers a large majority nearly always, too.
        ({"majority_accuracy": 0.8}, GateState.OPEN),
        ({"majority_accuracy": 0.95, "prior_log_loss": 0.2}, GateState.SHUT),
        ({"val_rows": 90}, GateState.SHUT),
        ({"val_log_loss": None}, GateState.SHUT),
        ({"val_accuracy": 1.0, "val_rows": 1}, GateState.OPEN),
    ],
)
def test_a_baseline_must_beat_the_class_shares_by_its_bounds(
    changes: dict[str, Any], state: GateState
) -> None:
    if changes.get("val_log_loss", 0.5) is None:
        # Nothing to rank it by: as if it had not run.
        state = GateState.WAITING
    found = rung(Stage.BASELINE, record("1", Stage.BASELINE, scores=GOOD | changes))
    assert found.state is state


def test_the_data_s_gate_tells_how_many_images_are_left_out() -> None:
    readings = [
        climb(photographs(), [], left_out=out)[0].reading for out in ((), ("7",), ("7", "8"))
    ]
    clean = "1,000 images, clean"
    assert readings == [clean, f"{clean}; 1 left out", f"{clean}; 2 left out"]


def test_a_baseline_s_gate_tells_the_figure_that_keeps_it_shut() -> None:
    by_accuracy = record("1", Stage.BASELINE, scores=GOOD | {"majority_accuracy": 0.75})
    assert (
        rung(Stage.BASELINE, by_accuracy).reading
        == "accuracy 0.800 vs 0.750, noise 0.078: within noise"
    )
    by_loss = record("1", Stage.BASELINE, scores=GOOD | {"prior_log_loss": 0.6})
    assert rung(Stage.BASELINE, by_loss).reading == "val 0.500 vs 0.600, noise 0.196: within noise"


OVERFIT = record(
    "1",
    Stage.OVERFIT,
    scores={"train_log_loss": 0.001, "val_log_loss": 0.5, "val_log_loss_error": 0.03},
)


@pytest.mark.parametrize(
    ("loss", "parent", "state", "verdict"),
    [
        # Paired by row the error is 0.0625, so that 0.1225 is noise (unpaired 0.0416: the fold's
        # own noise in both).
        (0.3776, "1", GateState.SHUT, "within noise"),
        (0.3774, "1", GateState.OPEN, "better"),
        (0.6224, "1", GateState.SHUT, "within noise"),
        (0.6227, "1", GateState.SHUT, "worse"),
        (0.41, "9", GateState.OPEN, "better"),
        (0.42, "9", GateState.SHUT, "within noise"),
    ],
)
def test_regularized_must_be_better_beyond_the_noise(
    loss: float, parent: str, state: GateState, verdict: str
) -> None:
    scores = {"val_log_loss": loss, "val_log_loss_error": 0.03, "parent_gain_error": 0.0625}
    mine = record("2", Stage.REGULARIZE, scores=scores, parent=parent)
    found = rung(Stage.REGULARIZE, OVERFIT, mine)
    assert found.state is state
    assert verdict in found.reading


def test_regularized_without_an_overfit_run_has_nothing_to_beat() -> None:
    alone = record("2", Stage.REGULARIZE, scores={"val_log_loss": 0.1})
    assert rung(Stage.REGULARIZE, alone).state is GateState.SHUT


@pytest.mark.parametrize("stage", FIRST)
def test_a_stage_waits_then_runs(stage: Stage) -> None:
    assert rung(stage).state is GateState.WAITING
    queued = record("1", stage, Status.QUEUED)
    assert rung(stage, queued).state is GateState.QUEUED
    assert rung(stage, queued).reading == "first run waits"
    running = record("2", stage, Status.RUNNING)
    assert rung(stage, queued, running).state is GateState.RUNNING
    assert rung(stage, running).reading == "first run under way"
    for status in (Status.FAILED, Status.STOPPED, Status.INTERRUPTED):
        assert rung(stage, record("1", stage, status)).state is GateState.WAITING
        assert rung(stage, record("1", stage, status)).reading == f"first run {status}"
        tested = record("1", stage, status)
        assert tested.fit is not None
        spec = tested.fit.model_copy(update={"kind": "range_test"})
        assert rung(stage, tested.model_copy(update={"spec": spec})).reading == "not run yet"


def test_the_best_run_is_judged() -> None:
    worse = record("1", Stage.OVERFIT, scores={"train_log_loss": 0.5})
    best = record("2", Stage.OVERFIT, scores={"train_log_loss": 0.001})
    stopped = record("3", Stage.OVERFIT, Status.STOPPED, scores={"train_log_loss": 0.0001})
    assert rung(Stage.OVERFIT, worse, best, stopped).experiment == "2"


def test_the_data_gate_counts_warnings() -> None:
    assert climb(None, ())[0].state is GateState.WAITING
    assert climb(summary(24), ())[0].state is GateState.OPEN
    odd = climb(summary(24, ODD, ODD.model_copy(update={"severity": "note"})), ())[0]
    assert (odd.state, odd.reading) == (GateState.SHUT, "1 to look at")


def test_the_last_gate_opens_with_an_export() -> None:
    exported = record("1", Stage.BASELINE, submission="a.csv")
    assert rung(Stage.SUBMIT).state is GateState.WAITING
    assert rung(Stage.SUBMIT, exported).state is GateState.OPEN


@pytest.mark.parametrize(
    ("side", "size", "mode"),
    [
        (8, 16, "RGB"), (4, 16, "RGB"), (16, 32, "L"), (24, 24, "RGB"), (28, 32, "L"),
        (64, 64, "L"), (95, 64, "I;16"),
    ],
)  # fmt: skip
def test_small_pictures_get_plain_networks(side: int, size: int, mode: str) -> None:
    about = summary(side, mode=mode)
    baseline, parent = propose_spec(Stage.BASELINE, about, ())
    assert (baseline.backbone, baseline.image_size, parent) == ("plain_cnn", size, None)
    assert baseline.rows == 0.5
    overfit, _ = propose_spec(Stage.OVERFIT, about, ())
    assert (overfit.backbone, overfit.image_size, overfit.rows) == ("wide_cnn", size, 1.0)


def test_where_epochs_are_short_patience_is_long() -> None:
    (few, _), (many, _) = (
        propose_spec(Stage.BASELINE, about, ())
        for about in (summary(8), summary(8).model_copy(update={"labelled_images": 10_000}))
    )
    assert few.phases[0].patience > 50
    assert many.phases[0].patience == 5


@pytest.mark.parametrize("side", [32, 95, 96])
def test_small_pictures_in_colour_are_shown_larger_to_a_pretrained_network(side: int) -> None:
    for stage in (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE):
        spec, _ = propose_spec(stage, summary(side), ())
        assert (spec.weights, spec.image_size) == ("imagenet", 224)


@pytest.mark.parametrize(
    ("stage", "train"),
    [
        (Stage.BASELINE, ["head"]),
        (Stage.OVERFIT, ["head"]),
        (Stage.REGULARIZE, ["head", "last_blocks:3"]),
    ],
)
def test_photographs_get_a_pretrained_network(stage: Stage, train: list[str]) -> None:
    spec, _ = propose_spec(stage, summary(96), ())
    assert (spec.stage, spec.backbone, spec.weights) == (stage, "efficientnet_lite0", "imagenet")
    assert [phase.train for phase in spec.phases] == train


@pytest.mark.parametrize(
    ("rows", "classes", "epochs"),
    [
        # 220 steps of 32 rows for each bit, on four of five folds.
        (1000, 2, 9),
        (1000, 16, 30),
        (4000, 16, 9),
        # A small set is gone through as often whatever its classes are.
        (200, 2, 44),
        (200, 16, 44),
        (100_000, 2, 5),
    ],
)
def test_more_classes_are_tuned_for_longer(rows: int, classes: int, epochs: int) -> None:
    counts = tuple((str(number), rows // classes) for number in range(classes))
    about = photographs(rows, class_counts=counts)
    spec, _ = propose_spec(Stage.REGULARIZE, about, ())
    assert spec.phases[-1].train == "last_blocks:3"
    assert [phase.epochs for phase in spec.phases] == [max(epochs // 2, 2), epochs]


def test_regularize_starts_from_the_best_overfit_run() -> None:
    spec = ExperimentSpec(
        stage=Stage.OVERFIT, head=HeadSpec(units=99), loss=LossSpec(name="focal"), seed=5
    )
    parent = record("4", Stage.OVERFIT, spec=spec, scores={"train_log_loss": 0.001})
    regularized, lineage = propose_spec(Stage.REGULARIZE, summary(24), [parent])
    assert lineage == "4"
    assert regularized.stage is Stage.REGULARIZE
    assert (regularized.head.units, regularized.seed, regularized.loss.name) == (99, 5, "focal")
    assert regularized.head.dropout > 0


@pytest.mark.parametrize("stage", FIRST)
@pytest.mark.parametrize("side", [8, 96])
@pytest.mark.parametrize(
    "phase",
    [
        PhaseSpec(epochs=1000, learning_rate=1e-7),
        PhaseSpec(epochs=1, learning_rate=1),
        PhaseSpec(train="last_convolutions:2"),
    ],
)
def test_every_proposal_is_a_valid_spec(stage: Stage, side: int, phase: PhaseSpec) -> None:
    """They are made by copying, which checks nothing, and read back by checking everything."""
    for count in (1, 5):
        spec = ExperimentSpec(stage=Stage.OVERFIT, phases=(phase,) * count)
        parent = record("4", Stage.OVERFIT, spec=spec, scores={"train_log_loss": 0.001})
        proposed, _ = propose_spec(stage, summary(side), [parent])
        assert validated(proposed.model_dump(mode="json")) == proposed


def test_only_folds_that_both_have_run_are_compared() -> None:
    def fold(number: int, loss: float) -> TaskRecord:
        scores = Scores(val_log_loss=loss, val_log_loss_error=0.01, val_rows=10)
        return TaskRecord(name=f"fold{number}", fold=number, status=Status.DONE, scores=scores)

    overfit = record(
        "1",
        Stage.OVERFIT,
        scores={"train_log_loss": 0.0, "val_log_loss": 0.2, "val_log_loss_error": 0.01},
        tasks=(fold(0, 0.2),),
    )
    # Better where both were, though the mean over all its folds is worse.
    wider = record(
        "2", Stage.REGULARIZE, scores={"val_log_loss": 0.3}, tasks=(fold(0, 0.1), fold(1, 0.5))
    )
    told = rung(Stage.REGULARIZE, overfit, wider).reading
    assert told == "0.100 vs 0.200 of 1 on fold 0, noise 0.028: better"
    elsewhere = record("2", Stage.REGULARIZE, scores={"val_log_loss": 0.1}, tasks=(fold(1, 0.1),))
    assert rung(Stage.REGULARIZE, overfit, elsewhere).state is GateState.SHUT
    assert "no fold in common" in rung(Stage.REGULARIZE, overfit, elsewhere).reading


@pytest.mark.parametrize(("side", "size"), [(96, 224), (287, 224), (288, 288), (2000, 288)])
def test_large_photographs_are_regularized_on_larger_images(side: int, size: int) -> None:
    assert propose_spec(Stage.OVERFIT, summary(side), ())[0].image_size == 224
    assert propose_spec(Stage.REGULARIZE, summary(side), ())[0].image_size == size


def test_regularize_is_no_longer_for_an_overfit_run_on_few_rows() -> None:
    about = summary(96)
    whole, _ = propose_spec(Stage.OVERFIT, about, ())
    few = whole.model_copy(update={"rows": 0.1})
    specs = []
    for spec in (whole, few):
        parent = record("4", Stage.OVERFIT, spec=spec, scores={"train_log_loss": 0.001})
        specs.append(propose_spec(Stage.REGULARIZE, about, [parent])[0])
    assert specs[0] == specs[1]
    assert specs[0].rows == 1.0
