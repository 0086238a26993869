"""Trials over the axes of their search, the best so far, and what mattered."""

import pytest

from app.presentation.searches import trial_rows
from app.presentation.slices import drawn_slice, slices_of
from app.presentation.trials import (
    importance_text,
    plan_lines,
    progress_picture,
    search_told,
    trial_table,
)
from engine.experiment.importance import Importance
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Status
from engine.experiment.search import SearchSpec, TrialState, Value
from engine.experiment.spec import ExperimentSpec, Stage
from engine.tuning.planning import plan_search
from tests.functional.searched import search
from tests.functional.staging import record

BASE = ExperimentSpec(stage=Stage.REGULARIZE)
SPEC = plan_search(BASE, ["phases.0.learning_rate=1e-4..1e-2", "head.units=64,128,256"])
RATE, UNITS = "phases.0.learning_rate", "head.units"
TRIALS = (
    TrialState(id="1", status="done", values={RATE: 1e-3, UNITS: 64}, score=0.5, epoch=9),
    TrialState(id="2", status="done", values={RATE: 1e-2, UNITS: 256}, score=0.3, epoch=9),
    TrialState(id="3", status="failed", values={RATE: 1e-4, UNITS: 128}, error="It broke."),
    TrialState(id="4", status="running", values={RATE: 3e-3, UNITS: 128}, score=0.4, epoch=2),
    TrialState(id="5", status="running", values={RATE: 2e-3, UNITS: 128}),
)
ONE = search(7, Status.RUNNING, *TRIALS).model_copy(update={"spec": SPEC})


def rows(number: int, width: int = 40, height: int = 10) -> list[str]:
    drawn = drawn_slice(slices_of(ONE, "1")[number], width, height)
    return ["".join(text for text, _ in row) for row in drawn]


def test_a_range_is_placed_by_magnitude_and_choices_evenly() -> None:
    rates, units = slices_of(ONE, "1")
    at = {point.mark: point.at for point in rates.points}
    assert at["◆"] == pytest.approx(0.5), "1e-3 is half way from 1e-4 to 1e-2"
    assert at["★"] == 1.0
    assert {round(point.at, 2) for point in units.points} == {0.17, 0.5, 0.83}
    assert len(rates.points) == 4, "one that has no score yet is nowhere"


def test_the_best_is_low_the_worst_high_and_a_failed_one_on_top() -> None:
    shown = rows(0)
    lines = {mark: next(n for n, row in enumerate(shown) if mark in row) for mark in "★◆✗○"}
    assert lines["★"] == 7
    assert lines["◆"] == 0
    assert lines["✗"] == 0
    assert 0 < lines["○"] < 7
    assert shown[0].startswith(" 0.5000┤")
    assert "0.0001" in shown[9]
    assert "0.01" in shown[9]


def test_scores_that_are_alike_are_named_once() -> None:
    trial = TrialState(id="1", status="done", values={RATE: 1e-3, UNITS: 64}, score=0.5)
    one = search(7, Status.DONE, trial).model_copy(update={"spec": SPEC})
    drawn = drawn_slice(slices_of(one, None)[0], 40, 8)
    text = ["".join(text for text, _ in row) for row in drawn]
    assert [number for number, row in enumerate(text) if "0.5000" in row] == [3]
    assert "★" in text[3] or "★" in text[2], "beside it"
    assert text[7].split() == ["0.0001", "0.001", "0.01"]


def test_names_of_choices_are_cut_to_their_room() -> None:
    spec = plan_search(BASE, ["backbone=plain_cnn,wide_cnn,efficientnet_lite0"])
    trial = TrialState(id="1", status="done", values={"backbone": "wide_cnn"}, score=0.5)
    one = search(7, Status.DONE, trial).model_copy(update={"spec": spec})
    drawn = drawn_slice(slices_of(one, None)[0], 30, 8)
    assert "".join(text for text, _ in drawn[7]).split() == ["plai…", "wide…", "effi…"]


def test_where_there_is_no_room_or_no_score_nothing_is_drawn() -> None:
    assert not "".join(rows(0, 10, 3)).strip()
    none = ONE.model_copy(update={"tasks": ()})
    drawn = drawn_slice(slices_of(none, None)[0], 40, 8)
    assert "no trial has a score yet" in "".join(text for row in drawn for text, _ in row)
    assert slices_of(record(1), None) == ()


def test_the_table_has_a_column_for_each_axis() -> None:
    heading, table = trial_table(ONE, False)
    assert heading == ("Trial", "State", "Val", "Epochs", "Time", "learning rate", "units")
    assert [name for name, _ in table] == ["1", "2", "3", "4", "5"]
    assert [str(cell) for cell in table[1][1]][2] == "0.3000 ★"
    assert [name for name, _ in trial_table(ONE, True)[1]] == ["2", "4", "1", "5", "3"]


def test_columns_of_fields_that_are_called_alike_are_told_apart() -> None:
    base = apply_overrides(BASE, ["phases.1.epochs=2"])
    over = [
        *("phases.0.learning_rate=1e-4..1e-2", "phases.1.learning_rate=1e-5..1e-3"),
        *("head.batch_norm=true,false", "phases.1.batch_norm=true,false", "head.units=8,16"),
    ]
    spec = plan_search(base, over, "random")
    heading, _ = trial_table(ONE.model_copy(update={"spec": spec}), False)
    assert heading[5:] == (
        *("0.learning rate", "1.learning rate", "head.batch norm", "1.batch norm", "units"),
    )


def test_trials_of_a_competition_with_another_metric_show_it() -> None:
    done = [one for one in TRIALS if one.status == "done"]
    trials = tuple(
        one.model_copy(update={"metric": "auc", "val_metric": auc})
        for one, auc in zip(done, (0.95, 0.9), strict=True)
    )
    one = search(7, Status.DONE, *trials, TRIALS[2]).model_copy(update={"spec": SPEC})
    heading, table = trial_table(one, True)
    assert heading[:4] == ("Trial", "State", "Val", "AUC")
    shown = [[str(cell) for cell in cells[:4]] for _, cells in table]
    assert shown[0] == ["1", "✓ done", "0.5000 ★", "0.9500"]
    assert [row[0] for row in shown] == ["1", "2", "3"]
    assert "best AUC 0.9500, val 0.5000 by trial 1" in search_told(one).plain
    assert progress_picture(one).title == "Best log-loss so far"
    rows = trial_rows(one)
    assert rows[0][:4] == ("TRIAL", "STATUS", "VAL", "AUC")
    assert rows[1][2:4] == ("0.5000 *", "0.9500")


def test_a_search_is_told_in_a_line() -> None:
    said = search_told(ONE).plain
    assert said.startswith("7 bayesian search is running · best 0.3000 by trial 2")
    assert "2 of 20 done, 2 running, 1 failed" in said
    assert "0.2000 below trial 1's, one fold" in said, "whose head has other units"
    assert search_told(record(1)).plain == ""


def told(spec: SearchSpec, *trials: TrialState) -> str:
    return search_told(search(7, Status.DONE, *trials).model_copy(update={"spec": spec})).plain


def done(name: str, score: float, epoch: int = 9, **values: Value) -> TrialState:
    named = {path.replace("__", "."): value for path, value in values.items()}
    return TrialState(id=name, status="done", values=named, score=score, epoch=epoch)


def test_a_gain_over_the_base_is_told_only_where_the_base_was_run_as_long() -> None:
    base = apply_overrides(BASE, ["phases.0.epochs=10", "head.dropout=0.3"])
    halving = plan_search(base, ["head.dropout=0..0.5"], "hyperband")
    trials = [
        done("1", 0.6, head__dropout=0.3, phases__0__epochs=2),
        done("2", 0.5, head__dropout=0.2, phases__0__epochs=2),
        done("3", 0.3, head__dropout=0.2, phases__0__epochs=10),
    ]
    said = told(halving, *trials)
    assert "below" not in said
    assert said.endswith(" · one fold")
    trials.append(done("4", 0.35, head__dropout=0.3, phases__0__epochs=10))
    assert told(halving, *trials).endswith(" · 0.0500 below the base's, one fold")
    beside = plan_search(base, ["head.dropout=0.4,0.5"], "grid")
    trials = [done("1", 0.6, head__dropout=0.4), done("2", 0.5, head__dropout=0.5)]
    assert told(beside, *trials).endswith(" · 0.1000 below trial 1's, one fold")


def test_linear_heads_are_scored_over_folds() -> None:
    base = apply_overrides(BASE, ["backbone=efficientnet_lite0", "weights=imagenet"])
    heads = plan_search(base, ["C=0.1,1"], "head_grid")
    trials = [done("1", 0.6, 5, C=0.1), done("2", 0.5, 5, C=1.0)]
    assert told(heads, *trials).endswith(" · 0.1000 below trial 1's, mean over 5 folds")
    one = search(7, Status.DONE, *trials).model_copy(update={"spec": heads})
    assert trial_table(one, False)[0][3] == "Folds"
    assert trial_rows(one)[0][3] == "FOLDS"


def test_where_a_metric_counts_the_gain_is_told_by_it() -> None:
    base = apply_overrides(BASE, ["head.units=64"])
    spec = plan_search(base, ["head.units=64,128"], "grid")
    trials = [
        done(name, score, head__units=units).model_copy(
            update={"metric": "auc", "val_metric": metric}
        )
        for name, score, units, metric in (("1", 0.3, 64, 0.9), ("2", 0.4, 128, 0.95))
    ]
    assert told(spec, *trials).endswith(" · AUC 0.0500 above the base's, one fold")


def test_the_best_so_far_never_rises() -> None:
    last = done("6", 0.4, head__units=64)
    best, each = progress_picture(search(7, Status.DONE, *TRIALS, last)).series
    assert best.values == (0.5, 0.3, 0.3)
    assert each.values == (0.5, 0.3, 0.4)
    assert best.epochs == each.epochs == (1, 2, 6), "trials are called as in the table"
    assert best.is_stepped
    assert progress_picture(ONE.model_copy(update={"tasks": ()})).series == ()


def test_importance_is_as_long_as_its_share() -> None:
    found = (
        Importance(path=RATE, share=0.8, error=0.1),
        Importance(path=UNITS, share=0.2, error=0.1),
    )
    lines = importance_text(found, 9, 40, False).plain.splitlines()
    assert (lines[1].count("█"), lines[3].count("█")) == (23, 6)
    assert lines[1].endswith("80% ± 10%")
    assert "Too few trials" in importance_text((), 4, 40, False).plain
    noise = importance_text((), 12, 40, False).plain
    assert noise.replace("\n", " ").startswith("What 12 trials scored can't be told")


def test_a_plan_says_what_is_varied_and_what_it_costs() -> None:
    told = plan_lines(SPEC, 600.0, "experiment 7")
    assert told[0] == "20 trials, bayesian: about 10:00, 30.0 s each"
    assert told[1] == "  around experiment 7"
    assert told[2].split(maxsplit=1) == [RATE, "0.0001 .. 0.01 by magnitude"]
    assert plan_lines(SPEC, None, "")[0] == "20 trials, bayesian"
    base = apply_overrides(BASE, ["phases.0.epochs=30"])
    told = plan_lines(plan_search(base, strategy="hyperband"), 600.0, "experiment 7")
    assert told[0] == "20 trials, hyperband: about 10:00"
    assert told[2].strip() == "13 of 4 epochs, 5 of 10 epochs, 2 of 30 epochs"
