"""Advice knows what its changes were worth where they were made before."""

import pytest

from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.diagnosis import Condition, Symptom
from engine.recipe.moves import Move
from engine.recipe.prescriptions import remedied
from tests.unit.recipe.made_up import done, photographs

OVERFITS = Symptom(condition=Condition.OVERFITS, evidence="it does")
PLAIN = ("head.dropout=0.2", "image_size=64")
DROPOUT = ("head.dropout=0.5",)


def child(
    identifier: str, parent: ExperimentRecord, gain: float, *changes: str
) -> ExperimentRecord:
    loss = (parent.scores.val_log_loss or 0.0) - gain
    scores = {"parent_gain": gain, "parent_gain_error": 0.01}
    record = done(identifier, Stage.REGULARIZE, loss, *changes, scores=scores)
    return record.model_copy(update={"parent": parent.id})


def advised(*others: ExperimentRecord) -> tuple[Move, ...]:
    # Of another size than what was measured: no run of it is the same try.
    record = done("9", Stage.REGULARIZE, 0.2, "head.dropout=0.2", "image_size=96")
    return remedied(record, (OVERFITS,), photographs(), [*others, record])


@pytest.mark.parametrize("way", ["made", "taken back"])
@pytest.mark.parametrize(("gain", "place"), [(-0.1, None), (0.1, 0)])
def test_a_change_that_was_measured_comes_first_or_not_at_all(
    way: str, gain: float, place: int | None
) -> None:
    plain, dropped = PLAIN, (*PLAIN, *DROPOUT)
    if way == "made":
        parent = done("3", Stage.REGULARIZE, 0.3, *plain)
        other = child("4", parent, gain, *dropped)
    else:
        parent = done("3", Stage.REGULARIZE, 0.3, *dropped)
        other = child("4", parent, -gain, *plain)
    moves = advised(parent, other)
    titles = [move.title for move in moves]
    assert len(titles) > 3
    assert (titles.index(*DROPOUT) if titles.count(*DROPOUT) else None) == place
    having, lacking = ("4", "3") if way == "made" else ("3", "4")
    told = f"With it, {having} is better than {lacking} by 0.1000."
    assert [told in move.reason for move in moves].count(True) == (place is not None)


def test_only_what_was_measured_alone_and_beyond_its_noise_counts() -> None:
    parent = done("3", Stage.REGULARIZE, 0.3, *PLAIN)
    noise = child("4", parent, -0.01, *PLAIN, *DROPOUT)
    more = child("5", parent, -0.2, *PLAIN, *DROPOUT, "loss.label_smoothing=0.1")
    less = child("6", parent, -0.2, *PLAIN, "head.dropout=0.4")
    usual = [move.title for move in advised()]
    assert [move.title for move in advised(parent, noise, more, less)] == usual
    worse = child("7", parent, -0.2, *PLAIN, *DROPOUT)
    assert DROPOUT[0] not in [move.title for move in advised(parent, worse)]
    better = child("8", parent, 0.2, *PLAIN, *DROPOUT)
    both = advised(parent, worse, better)
    assert [move.title for move in both] == usual, "better here, and worse there"
    assert not any("With it" in move.reason for move in both)
