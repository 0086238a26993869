"""Scores and curves -> what is wrong, by rules that can be read."""

import itertools
from collections.abc import Sequence
from enum import StrEnum
from math import log
from statistics import fmean, median

from engine.experiment.compare import Verdict, judged
from engine.experiment.frozen import Frozen
from engine.experiment.means import best_epoch, mean_curve
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import Stage
from engine.recipe.baseline_gate import within_noise
from engine.recipe.stages import OVERFIT_GATE

Curve = Sequence[float]

# A loss that begins this far above that of the class shares was thrown there by the first steps.
_THROWN = 1.5
# A loss that ends this much above its least, in losses of the class shares, has left it.
_CLIMBED = 0.1
# Epochs over which a curve's end is judged, as a share of all.
_END = 1 / 3
_FALLING, _FLAT = 0.02, 0.005
_JUMP, _JUMPS = 0.25, 0.3
# How many times its lowest the training loss ends at, and at what at least, after a spike.
_SPIKE, _LOST = 3.0, 0.05
_RISE = 0.05
# A rise smaller than this many standard errors of the validation loss is none.
_BEYOND = 0.5
_WIDE_GAP = 2.0
_CHANCE = 0.95


class Condition(StrEnum):
    """What may be wrong with an experiment."""

    RATE_TOO_HIGH = "learning rate too high"
    RATE_TOO_LOW = "learning rate too low"
    UNSTABLE = "unstable"
    STILL_LEARNING = "still learning"
    PLATEAU = "plateau"
    UNDERFITS = "underfits"
    OVERFITS = "overfits"
    NOTHING_LEARNED = "nothing learned"
    DATA_PROBLEM = "data problem"
    NOISE = "within noise"
    TOO_FEW_ROWS = "too few rows"
    WORSE = "worse than before"
    OUT_OF_MEMORY = "out of memory"


_NO_BETTER = {Verdict.NOISE: Condition.NOISE, Verdict.WORSE: Condition.WORSE}


class Symptom(Frozen):
    """One thing that is wrong, and how that is known.

    Args:
        condition: its name.
        evidence: the figures it was read off, in a sentence.
    """

    condition: Condition
    evidence: str


def diagnose(record: ExperimentRecord) -> tuple[Symptom, ...]:
    """What is wrong with an experiment.

    Args:
        record: a finished fit, or one that failed.

    Returns:
        The symptoms, the most urgent first; empty when nothing is wrong.
    """
    if record.status is Status.FAILED:
        return _of_failure(record)
    if record.fit is None or not record.tasks:
        return ()
    train, validation = (
        mean_curve(record.tasks, "log_loss"),
        mean_curve(record.tasks, "val_log_loss"),
    )
    if len(train) < 2 or len(validation) != len(train):
        return ()
    prior = record.scores.prior_log_loss or train[0]
    # With patience the weights are those of the best epoch; what came after was thrown away.
    kept = len(validation)
    if record.fit.phases[-1].patience:
        kept = list(validation).index(min(validation)) + 1
    found = (
        _thrown(train, prior),
        _unstable(record, train[:kept], validation),
        _nothing_learned(record, train, prior),
        _too_slow(train, prior),
        _overfits(record, validation[:kept]),
        _still_learning(record, train, validation),
        _plateau(record, train, prior),
        _underfits(record, prior),
        _undecided(record),
        _no_better(record),
    )
    return tuple(symptom for symptom in found if symptom is not None)


def _of_failure(record: ExperimentRecord) -> tuple[Symptom, ...]:
    happened = record.error.happened if record.error is not None else ""
    if "memory" in happened:
        return (Symptom(condition=Condition.OUT_OF_MEMORY, evidence=happened),)
    if "became nan" in happened or "became inf" in happened:
        return (Symptom(condition=Condition.RATE_TOO_HIGH, evidence=happened),)
    return ()


def _thrown(train: Curve, prior: float) -> Symptom | None:
    """Far above where it starts after an epoch, the learning rate is too high.

    That is the entropy of the class shares; where classes are weighted that of two equal ones.
    """
    if train[0] > _THROWN * max(prior, log(2)) and train[0] >= train[-1]:
        return Symptom(
            condition=Condition.RATE_TOO_HIGH,
            evidence=f"after one epoch the training loss is {train[0]:.2f}, above the {prior:.2f} "
            "that the class shares alone give",
        )
    # Small losses rise and fall by themselves.
    if train[-1] > min(train) + _CLIMBED * prior:
        return Symptom(
            condition=Condition.RATE_TOO_HIGH,
            evidence=f"the training loss rose from {min(train):.3f} to {train[-1]:.3f}",
        )
    return None


def _unstable(record: ExperimentRecord, train: Curve, validation: Curve) -> Symptom | None:
    ended = record.scores.train_log_loss
    # While it trains, dropout and changed images make the loss larger than it is in the end.
    if ended is not None and ended > _LOST and ended > _SPIKE * min(train):
        return Symptom(
            condition=Condition.UNSTABLE,
            evidence=f"the training log-loss was down to {min(train):.3f} and ended at {ended:.3f}",
        )
    jumps = [after > (1 + _JUMP) * before for before, after in _steps(validation)]
    if len(jumps) >= 4 and fmean(jumps) >= _JUMPS:
        return Symptom(
            condition=Condition.UNSTABLE,
            evidence=f"the validation loss jumped up by a quarter in {sum(jumps)} of {len(jumps)} "
            "epochs",
        )
    return None


def _nothing_learned(record: ExperimentRecord, train: Curve, prior: float) -> Symptom | None:
    """No signal in training, or one in training that validation knows nothing of."""
    scores = record.scores
    learned = scores.train_log_loss if scores.train_log_loss is not None else train[-1]
    held_out = scores.val_log_loss if scores.val_log_loss is not None else prior
    # One that falls steadily may yet get there: its rate is what is wrong.
    if record.stage is Stage.BASELINE and learned > _CHANCE * prior and not _is_steady(train):
        return Symptom(
            condition=Condition.NOTHING_LEARNED,
            evidence=f"training ends at {learned:.3f}, no better than the class shares "
            f"({prior:.3f})",
        )
    if learned < prior / 2 and record.scores.val_log_loss is not None and held_out >= prior:
        best = min(mean_curve(record.tasks, "val_log_loss"))
        if best >= _CHANCE * prior:
            return Symptom(
                condition=Condition.DATA_PROBLEM,
                evidence=f"training reaches {learned:.3f}, yet validation never beats the class "
                f"shares ({best:.3f}, {prior:.3f}); the labels may be wrong",
            )
    return None


def _too_slow(train: Curve, prior: float) -> Symptom | None:
    fallen = 1 - train[-1] / max(train[0], 1e-9)
    if len(train) >= 3 and _is_steady(train) and fallen < 0.2 and train[-1] > prior / 2:
        return Symptom(
            condition=Condition.RATE_TOO_LOW,
            evidence=f"the training loss falls steadily, but only by {fallen:.0%} in "
            f"{len(train)} epochs",
        )
    return None


def _overfits(record: ExperimentRecord, validation: Curve) -> Symptom | None:
    learned, held_out = record.scores.train_log_loss, record.scores.val_log_loss
    # The stages before are to overfit, or may.
    if learned is None or held_out is None or record.stage in (Stage.BASELINE, Stage.OVERFIT):
        return None
    best = min(validation)
    epoch = list(validation).index(best) + 1
    after = validation[epoch:]
    rises = (
        bool(after)
        and min(fmean(after), after[-1]) > (1 + _RISE) * best
        # What a few rows more or less would do says nothing of what was learnt by heart.
        and after[-1] - best > _BEYOND * (record.scores.val_log_loss_error or 0.0)
    )
    wide = held_out > _WIDE_GAP * learned and held_out - learned > _RISE
    if rises or wide:
        told = (
            f"validation was best ({best:.3f}) at epoch {epoch} of {len(validation)}"
            if rises
            else f"validation is {held_out:.3f} where training is {learned:.3f}"
        )
        return Symptom(condition=Condition.OVERFITS, evidence=told)
    return None


def _still_learning(record: ExperimentRecord, train: Curve, validation: Curve) -> Symptom | None:
    curve, name = validation, "validation"
    if record.stage is Stage.OVERFIT:
        curve, name = train, "training"
        if (record.scores.train_log_loss or 1.0) < OVERFIT_GATE:
            return None
    if _has_waited_in_vain(record):
        return None
    if _fall(curve) > _FALLING and curve[-1] <= min(curve) * 1.02:
        return Symptom(
            condition=Condition.STILL_LEARNING,
            evidence=f"the {name} loss still falls by {_fall(curve):.0%} an epoch at the end",
        )
    return None


def _has_waited_in_vain(record: ExperimentRecord) -> bool:
    """Whether patience ended every fold, which more epochs would not have changed."""
    patience = record.fit.phases[-1].patience if record.fit is not None else 0
    return patience > 0 and all(_waited(task) >= patience for task in record.tasks)


def _waited(task: TaskRecord) -> int:
    """Epochs behind the best of a fold."""
    best = best_epoch(task)
    return 0 if best is None else len(task.history["val_log_loss"]) - 1 - best


def _plateau(record: ExperimentRecord, train: Curve, prior: float) -> Symptom | None:
    end = train[-max(3, round(len(train) * _END)) :]
    flat = len(train) >= 6 and abs(_fall(train)) < _FLAT
    if flat and fmean(end) > max(OVERFIT_GATE, 0.02 * prior) and record.stage is Stage.OVERFIT:
        return Symptom(
            condition=Condition.PLATEAU,
            evidence=f"the training loss stands still at {fmean(end):.3f}",
        )
    return None


def _underfits(record: ExperimentRecord, prior: float) -> Symptom | None:
    learned, held_out = record.scores.train_log_loss, record.scores.val_log_loss
    if learned is None or held_out is None:
        return None
    if record.stage is Stage.OVERFIT:
        if learned >= OVERFIT_GATE:
            return Symptom(
                condition=Condition.UNDERFITS,
                evidence=f"the training loss is {learned:.3f}, not below {OVERFIT_GATE}",
            )
    elif learned > 0.3 * prior and held_out - learned < 0.2 * held_out:
        return Symptom(
            condition=Condition.UNDERFITS,
            evidence=f"training ({learned:.3f}) is hardly better than validation ({held_out:.3f}),"
            f" and both are far from 0",
        )
    return None


def _undecided(record: ExperimentRecord) -> Symptom | None:
    """Better than the class shares, on too few rows to be sure."""
    told = within_noise(record.scores) if record.stage is Stage.BASELINE else ""
    return Symptom(condition=Condition.TOO_FEW_ROWS, evidence=told) if told else None


def _no_better(record: ExperimentRecord) -> Symptom | None:
    """The change did not help, or it did harm."""
    gain, error = record.scores.parent_gain, record.scores.parent_gain_error
    if gain is None:
        return None
    condition = _NO_BETTER.get(judged(gain, error).verdict)
    if condition is None:
        return None
    return Symptom(
        condition=condition,
        evidence=f"the gain over {record.parent} is {gain:+.4f}, its standard error "
        f"{error or 0.0:.4f}",
    )


def _is_steady(curve: Curve) -> bool:
    """Whether it never rises."""
    return all(after < before for before, after in _steps(curve))


def _steps(curve: Curve) -> list[tuple[float, float]]:
    return list(itertools.pairwise(curve))


def _fall(curve: Curve) -> float:
    """Median share by which the curve falls in an epoch, over its last third."""
    last = curve[-max(3, round(len(curve) * _END) + 1) :]
    return median(1 - after / max(before, 1e-9) for before, after in _steps(last))
