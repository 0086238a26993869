"""How much is done and how long the rest takes, at every point of a fit, held against the truth."""

from pathlib import Path

import pytest

from app.widgets.run_status import task_line
from engine.events.types import Preparing
from engine.experiment.phase import PhaseSpec
from tests.unit.events.fit_told import Told

ONE = PhaseSpec(train="all", epochs=10)
# A fold that decodes for 300 s, then trains ten epochs of 5 s, and predicts for 20 s.
SHARED, START, EPOCH, PREDICTING = 300.0, 5.0, 5.0, 20.0
LATER = START + 10 * EPOCH + PREDICTING


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(tmp_path, monkeypatch, ONE, folds=5)


def fold(told: Told, is_first: bool) -> list[tuple[float | None, float]]:
    """Run a fold; the time left as it was told, and as it was, until the fold ends."""
    began = told.now
    later = LATER * (4 - told.fold - 1)
    ends = began + (SHARED if is_first else 0) + LATER + later
    told.begin()
    found = [(told.live().remaining, ends - told.now)]
    if is_first:
        told.work("decoding images at 224 px", SHARED)
    told.now += START
    told.phase(0)
    for _ in range(10):
        told.epochs(1, EPOCH)
        found.append((told.live().remaining, ends - told.now))
    for what in ("validation", "test"):
        told.work(f"predicting {what}", PREDICTING / 2)
        found.append((told.live().remaining, ends - told.now))
    told.finish(told.now - began)
    return found


def test_what_is_computed_once_is_not_charged_to_folds_that_wait(told: Told) -> None:
    first = fold(told, is_first=True)
    assert first[0][0] is None, "nothing tells"
    for left, truth in first[1:]:
        assert left == pytest.approx(truth, rel=0.3)
    assert told.tasks[0].shared_seconds == pytest.approx(SHARED)


def test_a_later_fold_knows_from_its_start_what_is_left(told: Told) -> None:
    fold(told, is_first=True)
    for _ in range(3):
        for left, truth in fold(told, is_first=False):
            assert left == pytest.approx(truth, abs=12)
    assert fold(told, is_first=False)[-1] == (None, 0.0)


def test_a_first_epoch_that_compiles_does_not_tell_the_pace_where_a_fold_is_done(
    told: Told,
) -> None:
    fold(told, is_first=True)
    told.begin()
    told.now += START
    told.phase(0)
    before = told.live().own
    told.epochs(1, 4 * EPOCH)
    after = told.live().own
    assert before is not None
    assert after == pytest.approx(before - EPOCH)


def test_the_time_left_does_not_rise_when_predicting_begins(told: Told) -> None:
    fold(told, is_first=True)
    told.begin()
    told.now += START
    told.phase(0)
    told.epochs(10, EPOCH)
    before = told.live()
    told.work("predicting validation", 1.0, until=0.1)
    after = told.live()
    assert before.doing == "trained"
    assert after.doing == "trained · predicting validation"
    assert before.remaining is not None
    assert after.remaining is not None
    assert after.remaining <= before.remaining
    assert after.whole >= before.whole


TWO = (
    PhaseSpec(train="head", epochs=20, patience=3),
    PhaseSpec(train="all", epochs=20),
)


@pytest.fixture
def phased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A fit whose first phase gave up after 8 of 20 short epochs."""
    told = Told(tmp_path, monkeypatch, *TWO)
    told.begin()
    told.phase(0)
    told.epochs(8, 1.2)
    return told


def test_a_phase_to_come_is_not_told_at_the_pace_of_the_one_that_runs(phased: Told) -> None:
    phased.phase(1)
    left = phased.live().remaining
    assert left is not None
    assert 120 < left < 480, "20 epochs of 12 s"


def test_once_it_trains_a_phase_tells_its_own_pace(phased: Told) -> None:
    phased.phase(1)
    phased.batches(12.0, until=5)
    assert phased.live().remaining == pytest.approx(234, rel=0.05)
    phased.batches(12.0)
    phased.epochs(10, 12.0)
    assert phased.live().remaining == pytest.approx(120, rel=0.1)


def test_epochs_that_a_phase_gave_up_are_not_to_come(phased: Told) -> None:
    assert phased.live().epochs == 40
    phased.phase(1)
    assert phased.live().epochs == 28
    phased.epochs(19, 12.0)
    line = task_line(phased.live(), "tiny").plain
    assert "epoch 28/28" in line
    assert phased.live().whole > 0.9


def test_a_last_phase_that_gave_up_leaves_no_epoch_to_come(phased: Told) -> None:
    phased.phase(1)
    phased.epochs(5, 12.0)
    phased.work("predicting validation", 4.0, until=0.5)
    live = phased.live()
    assert (live.epoch, live.epochs) == (13, 13)
    assert live.remaining == 2.0
    assert live.whole > 0.9


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A single fold, behind its last epoch."""
    told = Told(tmp_path, monkeypatch, ONE)
    told.begin()
    told.phase(0)
    told.epochs(10, EPOCH)
    return told


def test_predicting_many_images_is_not_all_done_and_tells_the_time_left(trained: Told) -> None:
    assert trained.live().whole < 1
    trained.work("predicting test", 1000.0, total=80_000, until=0.25)
    live = trained.live()
    assert live.remaining == 750
    assert live.whole == pytest.approx((50 + 250) / (50 + 1000), abs=0.01)
    assert "trained · predicting test 20,000/80,000" in task_line(live, "tiny").plain


def test_a_fit_knows_from_the_images_what_predicting_will_take(trained: Told) -> None:
    few, many = trained.live(images=400).remaining, trained.live(images=40_000).remaining
    assert few is not None
    assert many is not None
    assert many > 50 * few


def test_the_bar_never_falls_while_a_fit_trains(told: Told) -> None:
    told.begin()
    told.phase(0)
    wholes = []
    for _ in range(10):
        told.epochs(1, EPOCH)
        wholes.append(told.live().whole)
        told.batches(EPOCH, until=5)
        wholes.append(told.live().whole)
    assert wholes == sorted(wholes)


def test_what_an_earlier_life_prepared_is_not_told_of_the_next(told: Told) -> None:
    told.begin()
    told.work("decoding images at 224 px", SHARED, until=0.5)
    assert told.live().done == 50
    told.begin(resumed=4)
    assert (told.live().doing, told.live().done) == ("starting", 0)


def test_what_an_earlier_life_was_at_is_not_told_of_the_next(told: Told) -> None:
    told.begin()
    told.phase(0)
    told.epochs(4, EPOCH)
    told.batches(EPOCH, until=7)
    assert told.live().done == 7
    told.now += 60
    told.begin(resumed=4)
    live = told.live()
    assert (live.doing, live.done, live.total, live.share) == ("starting", 0, 0, 0.0)
    told.now += 3
    told.phase(0)
    live = told.live()
    assert (live.doing, live.done, live.epoch) == ("training all", 0, 4)
    assert live.remaining == pytest.approx((6 * EPOCH) + 4 * (60 + START), rel=0.35)


def test_validating_is_told_while_it_goes_on_and_not_behind_it(told: Told) -> None:
    told.begin()
    told.phase(0)
    told.epochs(1, EPOCH)
    assert told.live().doing == "training all"
    told.batches(3.0)
    assert told.live().doing == "training all"
    told.work("validating", 2.0, total=8, until=0.5)
    live = told.live()
    assert (live.doing, live.done, live.total) == ("validating", 4, 8)
    told.end_epoch(5.0)
    assert told.live().doing == "training all"


def test_validating_is_a_share_of_the_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(tmp_path, monkeypatch, ONE)
    told.begin()
    told.phase(0)
    told.batches(6.0)
    told.work("validating", 4.0)
    told.end_epoch(10.0)
    shares, left = [told.live().share], [told.live().remaining or 0]
    told.batches(6.0, until=5)
    shares.append(told.live().share)
    left.append(told.live().remaining or 0)
    told.batches(3.0)
    shares.append(told.live().share)
    told.work("validating", 4.0, until=0.5)
    shares.append(told.live().share)
    left.append(told.live().remaining or 0)
    assert shares == pytest.approx([0.0, 0.3, 0.6, 0.8])
    assert left == pytest.approx([left[0], left[0] - 3, left[0] - 8])


def test_before_the_first_epoch_a_pass_over_images_tells_its_own_time_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(tmp_path, monkeypatch, ONE)
    told.begin()
    told.say(Preparing(what="decoding", done=0, total=1000))
    assert told.live().step_left is None
    told.work("computing activations", 60.0, total=1000, until=0.5)
    live = told.live()
    assert (live.remaining, live.step_left) == (None, 30.0)
    assert "500/1,000, 30.0 s of this left" in task_line(live, "tiny").plain
    told.phase(0)
    told.epochs(2, EPOCH)
    assert told.live().step_left is None
    assert "of this left" not in task_line(told.live(), "tiny").plain
