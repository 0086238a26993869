"""What is wrong, read off curves that real fits have left; and what is proposed against it.

`recorded_curves.json` holds twelve fits of plain and wide CNNs, of the built-in digits and of
pictures with random labels, each with the spec that brought its shape about.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.advice import next_moves
from engine.recipe.diagnosis import Condition, diagnose
from engine.recipe.prescriptions import prescriptions
from engine.recipe.proposals import propose_specs
from engine.recipe.remedies import remedies
from engine.recipe.stages import climb
from tests.unit.recipe.made_up import NOW, blend, done, photographs

RECORDED = json.loads(Path(__file__).with_name("recorded_curves.json").read_text(encoding="utf-8"))
EXPECTED: dict[str, Condition | None] = {
    "rate too low": Condition.RATE_TOO_LOW,
    "rate too high": Condition.RATE_TOO_HIGH,
    "stuck": Condition.UNDERFITS,
    "still learning": Condition.STILL_LEARNING,
    "plateau": Condition.PLATEAU,
    "underfits": Condition.UNDERFITS,
    "overfits": Condition.OVERFITS,
    "unstable": Condition.UNSTABLE,
    "data problem": Condition.DATA_PROBLEM,
    "nothing learned": Condition.NOTHING_LEARNED,
    "healthy baseline": None,
    "learned by heart": None,
}


def recorded(name: str) -> ExperimentRecord:
    found: dict[str, Any] = RECORDED[name]
    scores = Scores.model_validate(found["scores"])
    task = TaskRecord(
        name="fold0", fold=0, status=Status.DONE, scores=scores, history=found["history"]
    )
    return ExperimentRecord(
        id="1", name=name, stage=Stage(found["stage"]), status=Status.DONE, scores=scores,
        spec=ExperimentSpec.model_validate(found["spec"]), created=NOW, queued=NOW, tasks=(task,),
    )  # fmt: skip


def failed(happened: str) -> ExperimentRecord:
    record = recorded("learned by heart")
    error = ErrorReport(happened=happened)
    return record.model_copy(update={"status": Status.FAILED, "error": error})


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_shape_is_named_by_its_first_symptom(name: str) -> None:
    symptoms = diagnose(recorded(name))
    assert (symptoms[0].condition if symptoms else None) is EXPECTED[name], symptoms
    assert all(symptom.evidence for symptom in symptoms)


@pytest.mark.parametrize("name", [name for name, condition in EXPECTED.items() if condition])
def test_every_symptom_has_a_remedy_with_its_reason(name: str) -> None:
    record = recorded(name)
    moves = prescriptions(record, photographs(), [record])
    assert moves
    for move in moves:
        ((spec, parent),) = move.specs
        assert parent == "1"
        assert spec != record.spec
        assert move.changes
        assert len(move.reason) > 40
    specs = [move.specs[0][0] for move in moves]
    assert len(set(specs)) == len(specs)


def test_a_last_wobble_within_the_noise_is_no_overfitting() -> None:
    record = recorded("overfits")
    task = record.tasks[0]
    curve = tuple(0.5 / (1 + epoch) for epoch in range(12))

    def ending(*last: float, error: float) -> list[Condition]:
        history = {"log_loss": curve + last, "val_log_loss": curve + last}
        scores = task.scores.model_copy(
            update={"val_log_loss": 0.045, "val_log_loss_error": error, "train_log_loss": 0.04}
        )
        changes = {"tasks": (task.model_copy(update={"history": history}),), "scores": scores}
        return [one.condition for one in diagnose(record.model_copy(update=changes))]

    assert Condition.OVERFITS not in ending(0.045, error=0.01)
    assert Condition.OVERFITS in ending(0.06, 0.07, 0.08, error=0.01)
    assert Condition.OVERFITS not in ending(0.06, 0.07, 0.08, error=0.2)


def undecided(*changes: str, **scores: Any) -> ExperimentRecord:
    """A baseline that is better than the class shares, within the noise of few rows."""
    record = recorded("healthy baseline")
    assert record.fit is not None
    few = {
        "val_log_loss": 0.6, "val_log_loss_error": 0.05, "prior_log_loss": 0.69,
        "val_accuracy": 0.9, "majority_accuracy": 0.5, "val_rows": 40,
    }  # fmt: skip
    return record.model_copy(
        update={
            "spec": apply_overrides(record.fit, ["folds=1", *changes]),
            "scores": record.scores.model_copy(update=few | scores),
        }
    )


def mended(judged: ExperimentRecord, *others: ExperimentRecord, folds: int = 5) -> list[str]:
    about, known = photographs(folds=folds), [judged, *others]
    moves = next_moves(climb(about, known, frozenset({"data"})), about, known)
    return [move.title for move in moves if " too few rows: validation" in move.reason]


def test_a_baseline_within_the_noise_is_judged_by_more() -> None:
    assert mended(undecided("rows=0.5")) == ["folds=2"]
    assert mended(undecided("rows=0.2")) == ["folds=2", "rows=0.5"]
    counted = undecided("rows=0.5", val_log_loss=0.2, val_accuracy=0.55)
    assert mended(counted) == ["folds=2"]


def test_a_rival_within_the_noise_of_its_parent_wants_no_more_folds() -> None:
    """What keeps its gate shut is another thing: twice the folds would not open it."""
    beside = {"parent_gain": 0.01, "parent_gain_error": 0.02}
    clear = {"val_log_loss": 0.39, "val_log_loss_error": 0.02, "val_rows": 400}
    cases = (
        (undecided("rows=0.5", **clear, **beside), "took 20 min, not 15"),
        (
            undecided("rows=0.5", val_log_loss=0.75, **beside),
            "val 0.750 vs 0.690, noise 0.098: within noise",
        ),
        (
            undecided("rows=0.5", val_log_loss=0.9, **beside),
            "val 0.900 vs 0.690, noise 0.098: worse",
        ),
    )
    for slow, reading in cases:
        tasks = tuple(one.model_copy(update={"seconds": 1200.0}) for one in slow.tasks)
        rival = slow.model_copy(update={"parent": "9", "tasks": tasks})
        assert [one.condition for one in diagnose(rival)][-1] is Condition.NOISE
        about = photographs(folds=5)
        ladder = climb(about, [rival], frozenset({"data"}))
        assert ladder[1].reading == reading
        moves = next_moves(ladder, about, [rival])
        assert moves[-1].kind == "pass"
        assert not [move.title for move in moves if "folds" in move.title]


def test_no_more_folds_are_proposed_than_there_are_or_have_run() -> None:
    assert mended(undecided("folds=3")) == mended(undecided("folds=4")) == ["folds=5"]
    assert mended(undecided("folds=5")) == []
    once = undecided()
    again = undecided("folds=2").model_copy(update={"id": "2"})
    assert mended(once, again) == []
    assert mended(again, once) == ["folds=4"]


def test_what_is_no_better_than_the_class_shares_wants_no_more_rows() -> None:
    assert mended(undecided("rows=0.2", val_log_loss=0.7)) == []
    assert mended(undecided("rows=0.2", val_log_loss=0.7, val_accuracy=0.55)) == []


def test_epochs_that_were_thrown_away_are_no_fault() -> None:
    record = recorded("healthy baseline")
    train = (0.6, 0.3, 0.15, 0.08, 0.04, 0.02, 0.02)
    validation = (0.6, 0.4, 0.2, 0.22, 0.25, 0.28, 0.3)
    task = record.tasks[0].model_copy(
        update={"history": {"log_loss": train, "val_log_loss": validation}}
    )
    scores = record.scores.model_copy(update={"train_log_loss": 0.12, "val_log_loss": 0.2})
    changes: dict[str, Any] = {"tasks": (task,), "scores": scores, "stage": Stage.REGULARIZE}

    def conditions(patience: int) -> list[Condition]:
        phase = ExperimentSpec(stage=Stage.BASELINE).phases[0]
        phases = (phase.model_copy(update={"patience": patience}),)
        spec = ExperimentSpec(stage=Stage.REGULARIZE, phases=phases)
        found = diagnose(record.model_copy(update=changes | {"spec": spec}))
        return [one.condition for one in found]

    assert Condition.UNSTABLE in conditions(0)
    assert Condition.OVERFITS in conditions(0)
    assert not {Condition.UNSTABLE, Condition.OVERFITS} & set(conditions(5))


def test_folds_that_patience_ended_no_longer_learn() -> None:
    record = recorded("healthy baseline")
    phase = ExperimentSpec(stage=Stage.BASELINE).phases[0]

    def ended(*lengths: int, patience: int = 3) -> list[Condition]:
        tasks = []
        for fold, length in enumerate(lengths):
            falling = tuple(0.6 * 0.92**epoch for epoch in range(length - 3))
            validation = (*falling, *(falling[-1] * rise for rise in (1.01, 1.01, 1.01)))
            history = {"log_loss": validation, "val_log_loss": validation}
            tasks.append(record.tasks[0].model_copy(update={"fold": fold, "history": history}))
        spec = ExperimentSpec(
            stage=Stage.REGULARIZE,
            phases=(phase.model_copy(update={"epochs": 90, "patience": patience}),),
        )
        changes = {"tasks": tuple(tasks), "spec": spec, "stage": Stage.REGULARIZE}
        return [one.condition for one in diagnose(record.model_copy(update=changes))]

    # The shortest is over before the others have fallen, and falls itself by then.
    assert Condition.STILL_LEARNING not in ended(9, 40, 38)
    assert Condition.STILL_LEARNING not in ended(12, 12)


def test_what_was_tried_is_not_proposed_again() -> None:
    record = recorded("overfits")
    first = prescriptions(record, photographs(), [record])[0]
    tried = record.model_copy(update={"id": "2", "spec": first.specs[0][0]})
    assert first.changes not in [
        move.changes for move in prescriptions(record, photographs(), [record, tried])
    ]


@pytest.mark.parametrize(
    ("happened", "condition", "change"),
    [
        ("The loss became nan in epoch 1, batch 3.", Condition.RATE_TOO_HIGH, "learning_rate"),
        ("The device ran out of memory.", Condition.OUT_OF_MEMORY, "batch_size=16"),
    ],
)
def test_a_failure_is_a_symptom_too(happened: str, condition: Condition, change: str) -> None:
    record = failed(happened)
    assert [one.condition for one in diagnose(record)] == [condition]
    assert change in prescriptions(record, photographs(), [record])[0].title
    assert diagnose(failed("KeyError: 'x'")) == ()


def test_a_gain_within_its_noise_is_one() -> None:
    record = recorded("healthy baseline")
    scores = record.scores.model_copy(update={"parent_gain": 0.01, "parent_gain_error": 0.02})
    noisy = record.model_copy(update={"scores": scores, "parent": "9"})
    assert [one.condition for one in diagnose(noisy)] == [Condition.NOISE]


def test_the_next_move_follows_the_ladder() -> None:
    about = photographs()
    assert next_moves(climb(None, ()), None, ())[0].kind == "look"
    first = next_moves(climb(about, ()), about, ())[0]
    assert (first.kind, first.stage, len(first.specs)) == ("run", Stage.BASELINE, 1)
    records = [
        done("1", Stage.BASELINE, 0.2),
        done("2", Stage.OVERFIT, 0.5, train=0.001),
        done("3", Stage.REGULARIZE, 0.1, folds=5),
    ]
    widen = next_moves(climb(about, records), about, records)[0]
    assert (widen.stage, len(widen.specs) > 1) == (Stage.WIDEN, True)
    shut = [recorded("plateau")]
    passed = frozenset({"data", "baseline"})
    moves = next_moves(climb(about, shut, passed), about, shut)
    assert [move.kind for move in moves][-1] == "pass", "a gate is advice"
    assert {move.kind for move in moves[:-1]} == {"run"}
    assert all(move.stage is Stage.OVERFIT for move in moves)
    marked = next_moves(climb(about, shut, passed), about, shut, ("7",))
    assert all(spec.leave_out == ("7",) for move in marked for spec, _ in move.specs)
    (again, _), *_ = marked[0].specs
    tried = [*shut, shut[0].model_copy(update={"id": "9", "spec": again})]
    left = next_moves(climb(about, tried, passed), about, tried, ("7", "8"))
    assert marked[0].title not in {move.title for move in left}, "other marks are no other try"
    for status in (Status.QUEUED, Status.RUNNING):
        going = [records[0].model_copy(update={"status": status})]
        assert next_moves(climb(about, going), about, going) == ()


def test_a_loss_that_was_low_and_ends_high_is_unstable() -> None:
    """A spike in the last epoch, where early ones had learnt the rows by heart."""
    record = recorded("learned by heart")
    spiked = record.scores.model_copy(update={"train_log_loss": 0.3})
    (told, *_) = diagnose(record.model_copy(update={"scores": spiked}))
    assert told.condition is Condition.UNSTABLE
    assert "ended at 0.300" in told.evidence


def test_a_regularized_run_that_is_worse_is_advised_on() -> None:
    """It was once left with nothing but passing its gate."""
    about = photographs()
    overfit = done("2", Stage.OVERFIT, 0.12, train=0.001)
    proposed, parent = propose_specs(Stage.REGULARIZE, about, [overfit])[0]
    before = {"parent_gain": -0.2, "parent_gain_error": 0.01}
    worse = done("3", Stage.REGULARIZE, 0.32, train=0.3, scores=before, parent=parent)
    curve = (0.9, 0.6, 0.4, 0.33, 0.32)
    task = worse.tasks[0].model_copy(update={"history": {"log_loss": curve, "val_log_loss": curve}})
    worse = worse.model_copy(update={"tasks": (task,)})
    assert Condition.WORSE in {one.condition for one in diagnose(worse)}
    passed = frozenset({"data", "baseline"})
    records = [overfit, worse]
    moves = next_moves(climb(about, records, passed), about, records)
    assert moves[0].title == "run regularize as proposed"
    assert moves[0].specs[0][0] == proposed
    assert "worse" in moves[0].reason
    assert moves[-1].kind == "pass"
    assert len(moves) > 4
    tried = [*records, worse.model_copy(update={"id": "4", "spec": proposed})]
    left = next_moves(climb(about, tried, passed), about, tried)
    assert "run regularize as proposed" not in {move.title for move in left}
    assert len(left) > 2


def test_what_is_within_noise_is_not_called_worse() -> None:
    about = photographs()
    overfit = done("2", Stage.OVERFIT, 0.20, train=0.001)
    other = done("1", Stage.OVERFIT, 0.9, train=0.002)
    record = done("3", Stage.REGULARIZE, 0.19, "head.dropout=0.1", train=0.1, parent="1")
    passed = frozenset({"data", "baseline"})
    records = [other, overfit, record]
    moves = next_moves(climb(about, records, passed), about, records)
    reasons = [move.reason for move in moves if move.changes]
    assert reasons
    assert all("within noise: 0.190 vs 0.200 of 2" in reason for reason in reasons)


def test_more_rows_are_no_regularization() -> None:
    about = photographs()
    overfit = done("2", Stage.OVERFIT, 0.4, "rows=0.25", train=0.001)
    record = done("3", Stage.REGULARIZE, 0.1, train=0.1)
    rungs = {rung.stage: rung for rung in climb(about, [overfit, record])}
    assert rungs[Stage.REGULARIZE].reading.endswith("; 2 had 25% of rows")
    fewer = done("4", Stage.REGULARIZE, 0.6, "rows=0.4", train=0.1)
    whole = done("2", Stage.OVERFIT, 0.4, "rows=1", train=0.001)
    rungs = {rung.stage: rung for rung in climb(about, [whole, fewer])}
    assert (
        rungs[Stage.REGULARIZE].reading
        == "0.600 vs 0.400 of 2, noise 0.028: worse; 4 had 40% of rows"
    )


def test_what_frozen_layers_see_is_banked() -> None:
    frozen = done("3", Stage.REGULARIZE, 0.2).fit
    assert frozen is not None
    pretrained = apply_overrides(
        frozen, ["backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head"]
    )
    changes = [one for one, _ in remedies(Stage.REGULARIZE, Condition.OVERFITS, pretrained)]
    assert ("augmentation=photo", "augmentation.bank=8") in changes


def test_what_holds_an_overfit_back_is_taken_away_before_it_gets_more_room() -> None:
    plain = done("1", Stage.OVERFIT, 0.5).fit
    assert plain is not None
    held = ("loss.label_smoothing=0.1", "head.dropout=0.5", "augmentation.mixup=0.2")
    for condition in (Condition.UNDERFITS, Condition.PLATEAU):
        changes = [
            one for one, _ in remedies(Stage.OVERFIT, condition, apply_overrides(plain, held))
        ]
        freed = [("loss.label_smoothing=0",), ("head.dropout=0",), ("augmentation=none",)]
        assert changes[:3] == freed
        assert changes[3:] == [one for one, _ in remedies(Stage.OVERFIT, condition, plain)]


def test_what_comes_behind_regularize_has_more_to_offer_than_passing_its_gate() -> None:
    about = photographs()
    members = [done(n, Stage.REGULARIZE, 0.2, f"image_size={s}") for n, s in (("3", 64), ("4", 96))]
    useless = blend("5", 0.21, ("3", "4"), gain=(-0.01, 0.001), folds=1)
    labelled = ("image_size=96", "pseudo.source=5")
    pseudo = done("6", Stage.PSEUDO_LABEL, 0.19, *labelled, scores={"parent_gain": 0.01})
    passed = frozenset({"data", "baseline", "overfit", "regularize", "widen"})

    def offered(*records: ExperimentRecord, passed: frozenset[str] = passed) -> list[str]:
        return [move.title for move in next_moves(climb(about, records, passed), about, records)]

    assert offered(*members, useless)[0].startswith("run widen")
    blended = offered(*members, useless, pseudo, passed=passed | {"ensemble"})
    assert blended == ["blend 3 experiments", "pass pseudo-label"]


def test_few_of_one_class_are_no_rate_that_is_too_high() -> None:
    record = recorded("healthy baseline")
    task = record.tasks[0]
    curve = (0.28, 0.2, 0.15, 0.12, 0.1, 0.09)
    history = {"log_loss": curve, "val_log_loss": curve}
    scores = record.scores.model_copy(update={"prior_log_loss": 0.146})
    changes = {"tasks": (task.model_copy(update={"history": history}),), "scores": scores}
    found = [one.condition for one in diagnose(record.model_copy(update=changes))]
    assert Condition.RATE_TOO_HIGH not in found
