"""Which curves there are to show, and whose colour is whose."""

import pytest

from app.presentation.curves import Series
from app.presentation.figures import (
    Means,
    best_epoch,
    best_of,
    falls_over_decades,
    figure_series,
    figures_of,
    fold_series,
    is_kept,
    phases_of,
    slots,
    smooth,
    title_of,
)
from app.presentation.picture import Best, Border, Picture, legend
from engine.experiment.phase import PhaseSpec
from engine.experiment.record import Status, TaskRecord
from engine.experiment.spec import LossSpec
from tests.functional.staging import EPOCHS, record


def fold(number: int, **history: tuple[float | None, ...]) -> TaskRecord:
    return TaskRecord(name=f"fold{number}", fold=number, history=history)


def test_the_most_telling_figures_come_first() -> None:
    logged = fold(
        0,
        learning_rate=(0.1,),
        loss=(1.0,),
        val_loss=(1.0,),
        val_kappa=(0.1,),
        val_auc=(0.5,),
        log_loss=(1.0,),
        val_accuracy=(0.4,),
    )
    told = ("log_loss", "accuracy", "auc", "kappa", "learning_rate")
    plain = record(1, tasks=(logged,))
    assert figures_of([plain]) == told, "what training minimises is the log-loss"
    loss = LossSpec(label_smoothing=0.05)
    smoothed = plain.model_copy(update={"spec": plain.spec.model_copy(update={"loss": loss})})
    assert figures_of([plain, smoothed]) == (*told, "loss")
    assert figures_of([]) == ("log_loss",)
    assert figures_of([record(1, status=Status.QUEUED)]) == ("log_loss",)
    assert title_of("val_of_something") == "val of something"
    assert falls_over_decades("log_loss")
    assert falls_over_decades("learning_rate")
    assert not falls_over_decades("accuracy")


def test_a_run_keeps_its_colour_while_it_is_shown() -> None:
    first = slots({}, ["7", "2", "3"])
    assert first == {"7": 0, "2": 1, "3": 2}
    without = slots(first, ["3", "7"])
    assert without == {"3": 2, "7": 0}, "those that stay keep theirs"
    assert slots(without, ["9", "3", "7", "5"]) == {"3": 2, "7": 0, "9": 1, "5": 3}


def test_one_run_has_one_colour_and_two_strokes() -> None:
    one, other, queued = record(1), record(2), record(3, status=Status.QUEUED)
    shown = figure_series("log_loss", one, [other, queued], {"1": 4, "2": 0, "3": 1}, Means())
    assert [series.label for series in shown] == ["train", "val", "val of 2"]
    assert [series.color for series in shown] == [4, 4, 0]
    assert [series.dashed for series in shown] == [True, False, False]
    assert len({series.glyph for series in shown}) == 3
    assert shown[0].epochs == tuple(range(1, EPOCHS + 1))
    assert figure_series("log_loss", None, [], {}, Means()) == ()
    assert figure_series("auc", one, [other], {"1": 0, "2": 1}, Means()) == ()


def test_a_rate_has_no_validation() -> None:
    runs = [record(n, tasks=(fold(0, learning_rate=(0.1, 0.2)),)) for n in (1, 2)]
    shown = figure_series("learning_rate", runs[0], runs[1:], {"1": 0, "2": 1}, Means())
    assert [(one.label, one.dashed) for one in shown] == [("rate", False), ("rate of 2", False)]


def test_a_rate_is_told_in_three_digits_however_small_it_is() -> None:
    runs = [
        record(n, tasks=(fold(0, learning_rate=rates),))
        for n, rates in ((1, (0.003, 2.9289e-5)), (2, (0.0125, 0.0)))
    ]
    shown = figure_series("learning_rate", runs[0], runs[1:], {"1": 0, "2": 1}, Means())
    for cursor, told in ((None, ["2.93e-05", "0"]), (1, ["0.003", "0.0125"])):
        entries = legend(Picture("rate", shown, cursor=cursor))[-2:]
        assert [text.rpartition(" ")[2] for text, _ in entries] == told


def test_means_are_computed_once_until_a_history_grows() -> None:
    means, task = Means(), fold(0, loss=(1.0, 3.0))
    one = record(1, tasks=(task, fold(1, loss=(3.0,))))
    values = means.of(one, "loss")
    assert values == (2.0,)
    assert means.of(one.model_copy(update={"status": Status.RUNNING}), "loss") is values
    assert means.of(record(1, tasks=(fold(0, loss=(1.0,)),)), "loss") == (1.0,)


def test_what_was_measured_stays_behind_what_is_smoothed() -> None:
    curve = Series("val", (1, 2, 3), (1.0, 5.0, 1.0), 2, "●")
    assert smooth([curve], 0.0) == (curve,)
    smoothed, behind = smooth([curve], 0.6)
    assert (smoothed.raw, smoothed.faint) == (curve.values, False)
    assert (behind.faint, behind.loose, behind.glyph) == (True, True, "")
    assert behind.values == curve.values
    assert max(smoothed.values) < 5


def test_folds_stand_apart_where_they_have_points() -> None:
    one = record(1, tasks=(fold(0, val_loss=(1.0, None, 3.0)), fold(1, loss=(2.0,)), fold(2)))
    shown = fold_series("loss", one.tasks, 3)
    assert [(s.label, s.epochs, s.values) for s in shown] == [
        ("fold0", (1, 3), (1.0, 3.0)),
        ("fold1", (1,), (2.0,)),
    ]
    assert all(series.faint and series.color == 3 for series in shown)


def test_phases_are_named_when_there_are_several() -> None:
    task = TaskRecord(name="fold0", fold=0, phase_starts=(0, 4))
    one = record(1, tasks=(task,))
    phases = (PhaseSpec(train="head", epochs=4), PhaseSpec(train="last_blocks:3", epochs=2))
    two = one.model_copy(update={"spec": one.spec.model_copy(update={"phases": phases})})
    assert phases_of(two) == (
        Border(1, ("phase 1: head", "phase 1", "p1")),
        Border(5, ("phase 2: last_blocks:3", "phase 2", "p2")),
    )
    assert phases_of(record(1)) == phases_of(None) == ()


def test_the_best_epoch_is_that_of_the_validation_log_loss() -> None:
    history = {"val_log_loss": (1.0, 0.2, 0.5), "val_accuracy": (0.1, 0.2, 0.9)}
    one, means = record(1, tasks=(fold(0, **history),)), Means()
    assert best_epoch(one, means) == 2
    assert best_epoch(None, means) is None
    assert best_epoch(record(2, status=Status.QUEUED), means) is None
    accuracy = figure_series("accuracy", one, [], {"1": 0}, means)
    assert best_of("accuracy", accuracy, 2) == Best(2, 0.2, "epoch")
    loss = figure_series("log_loss", one, [], {"1": 0}, means)
    assert best_of("log_loss", loss, 2) == Best(2, 0.2, "best epoch")
    assert best_of("log_loss", loss, 2, kept=False) == Best(
        2, 0.2, "best epoch", ", the last is kept"
    )
    assert best_of("log_loss", loss, None) is None
    assert best_of("log_loss", (), 2) is None


@pytest.mark.parametrize(
    ("patience", "starts", "epoch", "kept"),
    [(0, (0,), 2, False), (0, (0,), 3, True), (3, (0,), 2, True), (3, (0, 2), 2, False)],
)
def test_of_which_epoch_the_weights_are(
    patience: int, starts: tuple[int, ...], epoch: int, kept: bool
) -> None:
    task = fold(0, val_log_loss=(1.0, 0.2, 0.5)).model_copy(
        update={"phase_starts": starts, "epoch_seconds": (1.0,) * 3}
    )
    one = record(1, tasks=(task,))
    phases = tuple(PhaseSpec(train="head", patience=patience) for _ in starts)
    one = one.model_copy(update={"spec": one.spec.model_copy(update={"phases": phases})})
    assert is_kept(one, epoch) is kept
    running = one.model_copy(update={"status": Status.RUNNING})
    assert is_kept(running, epoch), "nothing is kept yet"


@pytest.mark.parametrize("count", [6, 12, 30])
def test_many_runs_differ_in_colour_or_mark(count: int) -> None:
    runs = [record(n) for n in range(1, count + 1)]
    places = slots({}, [one.id for one in runs])
    shown = figure_series("log_loss", None, runs, places, Means())
    assert len({(one.color % 6, one.glyph) for one in shown}) == count


@pytest.mark.parametrize(
    ("figure", "title"),
    [
        ("macro_f1", "macro F1"),
        ("map_at_5", "MAP@5"),
        ("auc", "AUC"),
        ("learning_rate", "learning rate"),
    ],
)
def test_metrics_are_called_as_everywhere(figure: str, title: str) -> None:
    assert title_of(figure) == title
