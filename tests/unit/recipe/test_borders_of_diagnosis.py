"""At which figures something is called wrong: each border, from both sides."""

from typing import Any

import pytest

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.diagnosis import Condition, diagnose
from tests.unit.recipe.made_up import NOW

HIGH, LOW, SHAKY = Condition.RATE_TOO_HIGH, Condition.RATE_TOO_LOW, Condition.UNSTABLE
LEARNING, FLAT, UNDER = Condition.STILL_LEARNING, Condition.PLATEAU, Condition.UNDERFITS
OVER, NOTHING, ODD = Condition.OVERFITS, Condition.NOTHING_LEARNED, Condition.DATA_PROBLEM
Curve = tuple[float, ...]


def fit(
    stage: Stage, train: Curve, validation: Curve | None = None, **scores: Any
) -> ExperimentRecord:
    """A fit with these curves; the class shares give a loss of 1, unless said otherwise."""
    found = Scores(**{"prior_log_loss": 1.0} | scores)
    history = {"log_loss": train, "val_log_loss": validation or train}
    task = TaskRecord(name="fold0", fold=0, status=Status.DONE, scores=found, history=history)
    return ExperimentRecord(
        id="2", name="n", stage=stage, status=Status.DONE, scores=found, tasks=(task,), parent="1",
        spec=apply_overrides(ExperimentSpec(stage=Stage.BASELINE), [f"stage={stage}"]),
        created=NOW, queued=NOW,
    )  # fmt: skip


FALLS = tuple(0.5 * 0.8**epoch for epoch in range(9))
STANDS = (0.5,) * 9


@pytest.mark.parametrize(
    ("condition", "is_found", "train", "prior"),
    [
        # Above one and a half times the loss of the class shares after an epoch; at least of two.
        (HIGH, True, (1.51, 1.0, 0.9), 1.0),
        (HIGH, False, (1.5, 1.0, 0.9), 1.0),
        (HIGH, False, (1.03, 0.5, 0.4), 0.2),
        (HIGH, True, (1.05, 0.5, 0.4), 0.2),
        # What ends at more than it began with has not come down from there.
        (HIGH, False, (1.51, 1.55, 1.52), 1.0),
        # Or by more than a tenth of that above its least.
        (HIGH, True, (0.9, 0.5, 0.601), 1.0),
        (HIGH, False, (0.9, 0.5, 0.599), 1.0),
        (HIGH, True, (0.9, 0.5, 0.721), 2.2),
        (HIGH, False, (0.9, 0.5, 0.719), 2.2),
        # Falls steadily, by less than a fifth in all.
        (LOW, True, (1.0, 0.9, 0.81), 1.0),
        (LOW, False, (1.0, 0.9, 0.79), 1.0),
        (LOW, False, (1.0, 1.0, 0.81), 1.0),
        (LOW, False, (1.0, 0.81), 1.0),
        # Down to half of the loss of the class shares, it is no longer the rate.
        (LOW, False, (0.6, 0.55, 0.5), 1.0),
        (LOW, True, (0.6, 0.55, 0.51), 1.0),
    ],
)
def test_rates(condition: Condition, is_found: bool, train: Curve, prior: float) -> None:
    found = diagnose(fit(Stage.REGULARIZE, train, prior_log_loss=prior))
    assert (condition in {one.condition for one in found}) is is_found


@pytest.mark.parametrize(
    ("condition", "is_found", "stage", "train", "validation", "scores"),
    [
        # The loss in the end is above three times the least while training, and above 0.05.
        (SHAKY, True, Stage.OVERFIT, (0.5, 0.1, 0.1), None, {"train_log_loss": 0.301}),
        (SHAKY, False, Stage.OVERFIT, (0.5, 0.1, 0.1), None, {"train_log_loss": 0.299}),
        (SHAKY, True, Stage.OVERFIT, (0.5, 0.01, 0.01), None, {"train_log_loss": 0.051}),
        (SHAKY, False, Stage.OVERFIT, (0.5, 0.01, 0.01), None, {"train_log_loss": 0.05}),
        # Three jumps by more than a quarter in ten epochs; of fewer than five nobody can tell.
        (SHAKY, True, Stage.OVERFIT, STANDS[:5], (0.4, 0.51, 0.4, 0.51, 0.4), {}),
        (SHAKY, False, Stage.OVERFIT, STANDS[:5], (0.4, 0.5, 0.4, 0.5, 0.4), {}),
        (SHAKY, False, Stage.OVERFIT, STANDS[:4], (0.4, 0.51, 0.4, 0.51), {}),
        (SHAKY, True, Stage.OVERFIT, (0.5,) * 11, (0.4, 0.51) * 3 + (0.5,) * 5, {}),
        (SHAKY, False, Stage.OVERFIT, (0.5,) * 11, (0.4, 0.51) * 2 + (0.5,) * 7, {}),
        # Training ends within a twentieth of the loss of the class shares.
        (NOTHING, True, Stage.BASELINE, STANDS, None, {"train_log_loss": 0.951}),
        (NOTHING, False, Stage.BASELINE, STANDS, None, {"train_log_loss": 0.95}),
        (NOTHING, False, Stage.OVERFIT, STANDS, None, {"train_log_loss": 0.951}),
        (NOTHING, False, Stage.BASELINE, FALLS, None, {"train_log_loss": 0.951}),
        # Less than half of it in training, all of it in validation, in every epoch.
        (ODD, True, Stage.OVERFIT, STANDS, (0.96,) * 9,
         {"train_log_loss": 0.499, "val_log_loss": 1.0}),
        (ODD, False, Stage.OVERFIT, STANDS, (0.96,) * 9,
         {"train_log_loss": 0.5, "val_log_loss": 1.0}),
        (ODD, False, Stage.OVERFIT, STANDS, (0.96,) * 9,
         {"train_log_loss": 0.499, "val_log_loss": 0.999}),
        (ODD, False, Stage.OVERFIT, STANDS, (0.96, 0.94, *(0.96,) * 7),
         {"train_log_loss": 0.499, "val_log_loss": 1.0}),
        # More than twice the training loss, and by more than 0.05.
        (OVER, True, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.1, "val_log_loss": 0.201}),
        (OVER, False, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.1, "val_log_loss": 0.2}),
        (OVER, True, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.01, "val_log_loss": 0.061}),
        (OVER, False, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.01, "val_log_loss": 0.059}),
        (OVER, False, Stage.OVERFIT, FALLS, None,
         {"train_log_loss": 0.1, "val_log_loss": 0.4}),
        (OVER, False, Stage.BASELINE, FALLS, None,
         {"train_log_loss": 0.1, "val_log_loss": 0.4}),
        # Or validation has risen by more than a twentieth since its best, half a standard error.
        (OVER, True, Stage.WIDEN, STANDS[:4], (0.5, 0.4, 0.43, 0.43),
         {"train_log_loss": 0.4, "val_log_loss": 0.43}),
        (OVER, False, Stage.WIDEN, STANDS[:4], (0.5, 0.4, 0.419, 0.419),
         {"train_log_loss": 0.4, "val_log_loss": 0.42}),
        (OVER, True, Stage.WIDEN, STANDS[:4], (0.5, 0.4, 0.43, 0.43),
         {"train_log_loss": 0.4, "val_log_loss": 0.43, "val_log_loss_error": 0.059}),
        (OVER, False, Stage.WIDEN, STANDS[:4], (0.5, 0.4, 0.43, 0.43),
         {"train_log_loss": 0.4, "val_log_loss": 0.43, "val_log_loss_error": 0.061}),
        # The loss that counts still falls by more than a fiftieth an epoch.
        (LEARNING, True, Stage.REGULARIZE, STANDS, tuple(0.5 * 0.979**n for n in range(9)), {}),
        (LEARNING, False, Stage.REGULARIZE, STANDS, tuple(0.5 * 0.981**n for n in range(9)), {}),
        (LEARNING, True, Stage.OVERFIT, FALLS, STANDS, {"train_log_loss": 0.01}),
        (LEARNING, False, Stage.OVERFIT, FALLS, STANDS, {"train_log_loss": 0.0099}),
        (LEARNING, False, Stage.OVERFIT, STANDS, FALLS, {"train_log_loss": 0.5}),
        # It stands still where it changes by less than a two-hundredth, of six epochs or more.
        (FLAT, True, Stage.OVERFIT, tuple(0.5 * 0.996**n for n in range(6)), None, {}),
        (FLAT, False, Stage.OVERFIT, tuple(0.5 * 0.994**n for n in range(6)), None, {}),
        (FLAT, False, Stage.OVERFIT, STANDS[:5], None, {}),
        (FLAT, False, Stage.REGULARIZE, STANDS, None, {}),
        (FLAT, False, Stage.OVERFIT, (0.02,) * 9, None, {}),
        (FLAT, True, Stage.OVERFIT, (0.021,) * 9, None, {}),
        (FLAT, False, Stage.OVERFIT, (0.01,) * 9, None, {"prior_log_loss": 0.1}),
        (FLAT, True, Stage.OVERFIT, (0.011,) * 9, None, {"prior_log_loss": 0.1}),
        # Overfit is to come below 0.01.
        (UNDER, True, Stage.OVERFIT, FALLS, None,
         {"train_log_loss": 0.01, "val_log_loss": 0.4}),
        (UNDER, False, Stage.OVERFIT, FALLS, None,
         {"train_log_loss": 0.0099, "val_log_loss": 0.4}),
        # Elsewhere above 0.3 of the loss of the class shares, within a fifth of validation.
        (UNDER, True, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.301, "val_log_loss": 0.31}),
        (UNDER, False, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.3, "val_log_loss": 0.31}),
        (UNDER, True, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.4, "val_log_loss": 0.499}),
        (UNDER, False, Stage.REGULARIZE, FALLS, None,
         {"train_log_loss": 0.4, "val_log_loss": 0.501}),
        # A gain is one beyond 1.96 of its standard errors, and so is harm.
        (Condition.NOISE, True, Stage.WIDEN, FALLS, None,
         {"parent_gain": 0.0195, "parent_gain_error": 0.01}),
        (Condition.NOISE, False, Stage.WIDEN, FALLS, None,
         {"parent_gain": 0.0197, "parent_gain_error": 0.01}),
        (Condition.WORSE, False, Stage.WIDEN, FALLS, None,
         {"parent_gain": -0.0195, "parent_gain_error": 0.01}),
        (Condition.WORSE, True, Stage.WIDEN, FALLS, None,
         {"parent_gain": -0.0197, "parent_gain_error": 0.01}),
    ],
)  # fmt: skip
def test_other_conditions(
    condition: Condition,
    is_found: bool,
    stage: Stage,
    train: Curve,
    validation: Curve | None,
    scores: dict[str, float],
) -> None:
    found = diagnose(fit(stage, train, validation, **scores))
    assert (condition in {one.condition for one in found}) is is_found, found


def test_one_epoch_tells_nothing() -> None:
    assert diagnose(fit(Stage.REGULARIZE, (9.0,))) == ()
    assert diagnose(fit(Stage.REGULARIZE, (9.0, 1.0))) != ()


def patient(stage: Stage, validation: Curve, patience: int, **scores: Any) -> list[Condition]:
    """What is wrong with a fit of two phases, of which the last waits so long."""
    one = fit(stage, (0.4,) * len(validation), validation, **scores)
    assert one.fit is not None
    spec = apply_overrides(one.fit, ["phases.1.epochs=9", f"phases.1.patience={patience}"])
    return [found.condition for found in diagnose(one.model_copy(update={"spec": spec}))]


def test_what_came_after_the_best_epoch_was_thrown_away_where_patience_waited() -> None:
    rose = (0.5, 0.4, 0.5, 0.55, 0.6)
    learned = {"train_log_loss": 0.4, "val_log_loss": 0.45}
    assert OVER in patient(Stage.WIDEN, rose, 0, **learned)
    assert OVER not in patient(Stage.WIDEN, rose, 3, **learned)
    # Training is judged up to the best epoch alone, too.
    low = fit(Stage.OVERFIT, (0.5, 0.4, 0.1, 0.1), (0.5, 0.4, 0.45, 0.45), train_log_loss=0.35)
    assert low.fit is not None
    assert SHAKY in [one.condition for one in diagnose(low)]
    waits = apply_overrides(low.fit, ["phases.0.patience=2"])
    kept = diagnose(low.model_copy(update={"spec": waits}))
    assert SHAKY not in [one.condition for one in kept]


def test_folds_that_waited_in_vain_learn_no_more() -> None:
    least = 0.9**12
    falls = (*(0.9**epoch for epoch in range(13)), 1.001 * least, 1.001 * least)
    for patience, is_found in ((0, True), (3, True), (2, False), (1, False)):
        assert (LEARNING in patient(Stage.REGULARIZE, falls, patience)) is is_found


def test_the_end_of_a_curve_is_its_last_third() -> None:
    stands_since = tuple(0.9 - 0.05 * epoch for epoch in range(8)) + (0.5,) * 4
    assert FLAT in {one.condition for one in diagnose(fit(Stage.OVERFIT, stands_since))}
    falls_since = (0.9,) * 8 + tuple(0.9 * 0.9**epoch for epoch in range(4))
    found = {one.condition for one in diagnose(fit(Stage.REGULARIZE, falls_since))}
    assert LEARNING in found


def test_evidence_has_the_figures_that_were_judged() -> None:
    def told(condition: Condition, one: ExperimentRecord) -> str:
        return next(found.evidence for found in diagnose(one) if found.condition is condition)

    thrown = fit(Stage.REGULARIZE, (9.123, 1.0, 0.9))
    assert told(HIGH, thrown).startswith(
        "after one epoch the training loss is 9.12, above the 1.00"
    )
    rose = fit(Stage.REGULARIZE, (0.9, 0.4, 0.6, 0.8))
    assert told(HIGH, rose) == "the training loss rose from 0.400 to 0.800"
    slow = fit(Stage.REGULARIZE, (1.0, 0.95, 0.9))
    assert told(LOW, slow).endswith("but only by 10% in 3 epochs")
    scores = {"train_log_loss": 0.4, "val_log_loss": 0.43}
    over = fit(Stage.WIDEN, STANDS[:4], (0.5, 0.4, 0.43, 0.43), **scores)
    assert told(OVER, over) == "validation was best (0.400) at epoch 2 of 4"
