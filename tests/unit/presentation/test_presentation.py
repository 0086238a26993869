"""Records as lines of text and points of a chart."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.command_line.opening import farewell
from app.presentation.asked import verdict_text
from app.presentation.blends import best_lines, ensemble_lines, member_lines
from app.presentation.curves import (
    Series,
    decimated,
    linear_ticks,
    log_ticks,
    sparkline,
)
from app.presentation.findings import finding_lines
from app.presentation.log_lines import event_text
from app.presentation.reports import ledger_lines
from app.presentation.submitted import validation_text
from app.presentation.tables import (
    class_lines,
    columns,
    experiment_facts,
    experiment_lines,
    spec_fields,
    table_lines,
)
from app.presentation.text import (
    LEFT_RANDOM,
    about,
    duration,
    epoch_text,
    error_lines,
    figure,
    moment,
    plan_text,
    progress_text,
    scores_text,
)
from engine.blending.methods import Method
from engine.competition.findings import concerning
from engine.errors import UserError
from engine.events.types import (
    BatchEnded,
    EpochEnded,
    TaskFailed,
    TaskFinished,
    TaskStarted,
    TrialEpoch,
    TrialStarted,
)
from engine.experiment.compare import judged
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec, MemberReport
from engine.experiment.ledger import Submitted
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.search import TrialState
from engine.experiment.spec import Stage
from engine.progress import LiveTask
from engine.submission.kept import Kept
from tests.functional import staging
from tests.support import tiny_spec
from tests.unit.recipe.made_up import photographs

NOW = datetime.now(UTC)


def record(*tasks: TaskRecord, **fields: object) -> ExperimentRecord:
    known = {
        "id": "7", "name": "tiny", "stage": Stage.BASELINE, "spec": tiny_spec(), "created": NOW,
        "queued": NOW, "tasks": tasks,
    }  # fmt: skip
    return ExperimentRecord.model_validate(known | fields)


def fold(number: int, *losses: float | None, starts: tuple[int, ...] = (0,)) -> TaskRecord:
    history = {"log_loss": losses, "val_log_loss": losses}
    return TaskRecord(name=f"fold{number}", fold=number, history=history, phase_starts=starts)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""), (0.0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1:00"), (125.0, "2:05"),
        (3599.6, "1:00:00"), (3725.0, "1:02:05"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_figures_and_moments() -> None:
    assert (figure(None), figure(0.12345), figure(0.5, 2)) == ("-", "0.1235", "0.50")
    assert moment(None) == ""
    assert len(moment(NOW)) == len("12:00:00")
    assert moment(NOW - timedelta(days=3)).startswith("20")


def test_an_error_is_three_lines_or_as_many_as_are_known() -> None:
    assert error_lines(UserError("a", "b", "c")) == ("a", "Expected: b", "To fix it: c")
    assert error_lines(ErrorReport(happened="a")) == ("a",)


def test_a_figure_of_nought_is_told_too() -> None:
    said = event_text(EpochEnded(epoch=0, figures={"val_accuracy": 0.0, "auc": None}, seconds=1.0))
    assert said == "epoch 1  val_accuracy 0  (1.0 s)"


def test_what_comes_too_often_is_not_in_the_log() -> None:
    tested = event_text(
        EpochEnded(epoch=4, figures={"loss": 0.7, "learning_rate": 1e-5}, seconds=0.01)
    )
    assert tested == "batch 5  loss 0.7  learning_rate 1e-05  (0.0 s)"
    found = event_text(TaskFinished(scores=Scores(suggested_rate=0.00086), seconds=2))
    assert found == "finished in 2.0 s: a learning rate of 0.00086 is suggested"
    assert event_text(BatchEnded(epoch=0, batch=1, batches=2, loss=0.5)) is None
    assert event_text(TaskStarted(resumed_epoch=3)) == "started on ?, going on after epoch 3"
    failed = TaskFailed(error=ErrorReport(happened="it broke."), seconds=1.0)
    assert event_text(failed) == "failed: it broke."
    told = ErrorReport(happened="it broke.", expected="it holds.", fix="mend it.")
    lines = ["failed: it broke.", "  Expected: it holds.", "  To fix it: mend it."]
    assert str(event_text(TaskFailed(error=told, seconds=1.0))).splitlines() == lines


def test_the_log_tells_of_a_trial_as_of_a_fit() -> None:
    trial = TrialState(id="2", status="running", values={"head.units": 64}, epoch=3)
    assert event_text(TrialStarted(trial=trial)) == "trial 2: head.units=64"
    figures = {"val_log_loss": 0.31, "val_loss": 0.4, "log_loss": 0.2}
    assert event_text(TrialEpoch(trial=trial, figures=figures, seconds=1.5)) == (
        "trial 2 epoch 3  val_log_loss 0.31  log_loss 0.2  (1.5 s)"
    )
    assert event_text(TrialEpoch(trial=trial)) is None, "of an older run"
    head = TrialState(id="2", status="running", values={"C": 0.1, "flip": True}, epoch=3)
    assert event_text(TrialEpoch(trial=head, figures=figures, seconds=1.5)) == (
        "trial 2 fold 3  val_log_loss 0.31  log_loss 0.2  (1.5 s)"
    )


def test_progress_in_one_line() -> None:
    task = LiveTask("7", "fold0", "training all", 3, 4, 1, 5, "epoch", 0.25, 61.0, ())
    assert progress_text(task) == (
        "fold0 · epoch 2/5 · training all · 3/4 · loss 0.2500 · 1:01 left"
    )
    passing = replace(task, doing="computing activations", remaining=None, step_left=20.0)
    assert progress_text(passing).endswith(" · 20.0 s of this left")
    ended = LiveTask("7", "fold0", "predicting", 0, 0, 5, 5, "epoch", None, None, ())
    assert progress_text(ended) == "fold0 · epoch 5/5 · predicting"


def test_an_epoch_in_one_line() -> None:
    assert epoch_text(record(fold(0, 0.5)), 0, 0) == "epoch 1/1 · train 0.5000 · val 0.5000"


def test_scores_in_one_line() -> None:
    scores = Scores(train_log_loss=0.1, val_log_loss=0.2, val_log_loss_error=0.05, val_auc=0.9)
    assert scores_text(scores) == "train 0.1000 · val 0.2000 ± 0.0500 · accuracy - · AUC 0.9000"


def test_a_table_is_aligned() -> None:
    assert columns((("A", "B"), ("long", "1"), ("x", "22")), frozenset({1})) == [
        "A      B",
        "long   1",
        "x     22",
    ]
    lines = table_lines([record(status=Status.DONE, pinned=True, seconds=61)])
    assert "✓ done" in lines[1]
    assert "tiny *" in lines[1]
    assert "1:01" in lines[1]


def test_an_experiment_in_full() -> None:
    error = ErrorReport(happened="It broke.", expected="it whole.", fix="mend it.")
    lines = experiment_lines(record(status=Status.FAILED, error=error))
    assert lines[-3:] == ["It broke.", "Expected: it whole.", "To fix it: mend it."]
    said = "\n".join(lines)
    for path, value in spec_fields(tiny_spec().model_dump(mode="json")):
        assert (f"  {path}" in said) is (path != "leave_out"), "a list without values is left out"
        assert value in said
    assert ("phases.0.epochs", "1") in spec_fields(tiny_spec().model_dump(mode="json"))


def test_a_long_curve_keeps_its_peaks() -> None:
    values = [0.5] * 1000
    values[333], values[777] = 9.0, -9.0
    long = Series("l", tuple(range(1, 1001)), tuple(values), 0)
    short = decimated(long, 50)
    assert len(short.values) <= 100
    assert {(334, 9.0), (778, -9.0)} <= set(zip(short.epochs, short.values, strict=True))
    assert list(short.epochs) == sorted(short.epochs)
    assert decimated(long, 500) is long


def test_a_curve_in_one_row() -> None:
    assert sparkline([], 5) == ""
    assert sparkline([1.0, 2.0, 3.0], 8) == "▁▄█" or sparkline([1.0, 2.0, 3.0], 8) == "▁▅█"
    assert sparkline([1.0, 1.0], 8) == "▁▁"
    row = sparkline([float(n) for n in range(100)], 10)
    assert (len(row), row[0], row[-1]) == (10, "▁", "█")


@pytest.mark.parametrize(("low", "high"), [(0.001, 1.0), (0.02, 0.03), (1e-7, 50.0), (0.5, 0.5)])
def test_ticks_of_a_logarithmic_axis(low: float, high: float) -> None:
    ticks = log_ticks(low, high, 5)
    assert ticks
    assert list(ticks) == sorted(ticks)
    assert all(low <= tick <= high for tick in ticks)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.31, 0.32), (-5.0, 5.0), (2.0, 2.0)])
def test_ticks_of_a_linear_axis(low: float, high: float) -> None:
    ticks = linear_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    assert all(math.isfinite(tick) for tick in ticks)


def test_members_of_a_blend_are_told_with_what_they_bring_and_how_alike_they_are() -> None:
    report = EnsembleReport(
        members=(
            MemberReport(id="3", weight=0.7, contribution=0.012, log_loss=0.2, metric=0.9),
            MemberReport(id="9", weight=0.3, contribution=-0.001),
        ),
        in_sample_log_loss=0.1,
        correlation=((1.0, 0.84), (0.84, 1.0)),
    )
    records = {"3": staging.record(3, loss=0.2)}
    heading, first, second, note = member_lines(report, records, "log_loss", 100)
    assert heading.split() == ["MEMBER", "VAL", "WEIGHT", "BRINGS", "LOG-LOSS", "r", "3", "r", "9"]
    assert first.split()[-5:] == ["0.2000", "0.70", "+0.0120", "·", "0.84"]
    assert second.split() == ["9", "-", "0.30", "-0.0010", "0.84", "·"]
    assert "correlation" in note
    heading, first, *_ = member_lines(report, records, "auc", 100)
    assert heading.split()[:3] == ["MEMBER", "AUC", "VAL"]
    assert first.split()[-6:-4] == ["0.9000", "0.2000"]


def test_of_many_members_each_is_told_the_one_it_is_most_alike() -> None:
    """All their correlations side by side broke every line from about six members on."""
    ids = [str(number) for number in range(1, 10)]
    report = EnsembleReport(
        members=tuple(MemberReport(id=one, log_loss=0.2, weight=1 / 9) for one in ids),
        in_sample_log_loss=0.2,
        correlation=tuple(
            tuple(1.0 if one == other else int(other) / 10 for other in ids) for one in ids
        ),
    )
    records = {one: staging.record(int(one), loss=0.2) for one in ids}
    lines = member_lines(report, records, "log_loss", 100)
    assert max(map(len, lines)) <= 100
    assert [line.split("  ")[-1].strip() for line in lines[:10]] == [
        "MOST ALIKE", *["0.90 with 9"] * 8, "0.80 with 8"
    ]  # fmt: skip
    assert "r 9" in member_lines(report, records, "log_loss", 140)[0]
    # One that is only tempered has nothing to be like.
    alone = report.model_copy(update={"members": report.members[:1], "correlation": ((1.0,),)})
    assert member_lines(alone, records, "log_loss", 10)[1].split()[0] == "1"


def test_gains_over_two_members_name_both() -> None:
    members = (MemberReport(id="1", log_loss=0.3), MemberReport(id="2", log_loss=0.2))
    report = EnsembleReport(
        members=members, in_sample_log_loss=0.1, metric_best="1", correlation=((1.0,),)
    )
    assert best_lines(report, "quadratic_kappa") == [
        "gains are over the best member: by kappa, 1; by log-loss, 2"
    ]
    assert best_lines(report.model_copy(update={"metric_best": "2"}), "auc") == []
    assert best_lines(report.model_copy(update={"metric_best": None}), "log_loss") == []


def blended(scores: Scores, **report: Any) -> ExperimentRecord:
    fields = {"in_sample_log_loss": 0.29, "correlation": (), "members": ()} | report
    return staging.record(9, Stage.WIDEN).model_copy(
        update={"scores": scores, "parent": "1", "blend": EnsembleReport(**fields)}
    )


def test_a_blend_is_judged_by_the_metric_first_and_its_other_gain_named() -> None:
    worse = blended(
        Scores(
            val_log_loss=0.3,
            parent_gain=0.02,
            parent_gain_error=0.005,
            val_rows=98,
            metric="auc",
            val_metric=0.87,
        ),
        metric_gain=judged(-0.011, 0.003),
        metric_best="2",
        in_sample_metric=0.88,
    )
    told = "\n".join(ensemble_lines(worse))
    assert "AUC 0.8700 cross-fitted, 0.8800 in-sample, on 98 rows" in told
    assert "AUC gain over its best member by that, 2: -0.0110 ± 0.0030 worse" in told
    assert "log-loss gain over the best member by it, 1: +0.0200 ± 0.0050 better" in told
    assert told.index("AUC") < told.index("log-loss")
    alone = "\n".join(ensemble_lines(blended(worse.scores.model_copy(update={"metric": None}))))
    assert "gain over its best member, 1: +0.0200 ± 0.0050 better" in alone


def test_what_made_a_blend_stands_among_its_facts() -> None:
    members = (MemberReport(id="1", weight=0.7), MemberReport(id="2", weight=0.3))
    one = blended(
        Scores(val_log_loss=0.3, parent_gain=0.02, parent_gain_error=0.005, metric="auc"),
        metric_gain=judged(-0.011, 0.003),
        metric_best="2",
        in_sample_metric=0.88,
        temperature=0.9,
        members=members,
    )
    spec = EnsembleSpec(members=("1", "2"), method=Method.WEIGHTED)
    facts = dict(experiment_facts(one.model_copy(update={"spec": spec})))
    assert facts["in-sample"] == "log-loss 0.2900, AUC 0.8800; what stands above is cross-fitted"
    assert facts["AUC gain"] == "-0.0110 ± 0.0030 worse, over 2"
    assert facts["log-loss gain"] == "+0.0200 ± 0.0050 better, over 1"
    assert facts["weights"] == "1 0.700, 2 0.300"
    assert facts["temperature"] == "0.900"
    assert "in-sample" not in dict(experiment_facts(staging.record(1)))


def test_of_ranks_no_log_loss_is_told() -> None:
    scores = Scores(val_rows=98, metric="auc", val_metric=0.87)
    ranks = blended(scores, metric_gain=judged(0.01, 0.002), in_sample_log_loss=None)
    assert "val" not in "\n".join(ensemble_lines(ranks))


def test_a_sentence_about_a_status_is_english() -> None:
    assert [status.verb for status in Status] == [
        "is queued", "is running", "is done", "has failed", "was stopped", "was interrupted",
    ]  # fmt: skip


def test_an_estimate_has_no_tenths() -> None:
    assert [about(seconds) for seconds in (0.2, 59.1, 59.6, 125.0)] == [
        "about 1 s", "about 59 s", "about 1:00", "about 2:05",
    ]  # fmt: skip


def test_a_table_shows_where_a_curve_has_got_before_there_is_a_score() -> None:
    running = staging.record(1, status=Status.RUNNING)
    task = running.tasks[0].model_copy(update={"history": {"val_log_loss": (0.5, 0.04)}})
    (_, line) = table_lines([running.model_copy(update={"tasks": (task,)})])
    assert "~0.0400" in line


def test_a_table_says_over_how_many_folds_and_by_the_metric_that_counts_now() -> None:
    old = staging.record(1, loss=0.4)
    scores = old.scores.model_copy(update={"metric": "accuracy", "val_metric": 0.9})
    now = staging.record(2, loss=0.3).model_copy(update={"scores": scores})
    head, first, second = table_lines([old, now])
    place = head.index("METRIC")
    assert [line[place:].startswith("accuracy 0.9") for line in (first, second)] == [True, True]
    folds = head.index("FOLDS")
    assert first[folds : folds + 5].strip() == "x1"


def test_who_leaves_is_told_what_goes_on_and_how_to_come_back(tmp_path: Path) -> None:
    assert farewell(1, Path.cwd()) == "1 job goes on; `hydra-tui` comes back."
    place = tmp_path / "my runs"
    assert farewell(2, place) == f"2 jobs go on; `hydra-tui -w '{place}'` comes back."


def test_a_label_s_share_is_that_of_the_images() -> None:
    counts = (("grass", 60), ("tree", 90))
    lines = class_lines(photographs(100, target="multilabel", class_counts=counts))
    assert [line.split()[-1] for line in lines[1:]] == ["60.0%", "90.0%"]


def test_what_is_about_to_run_is_told_with_its_phases_and_cost() -> None:
    spec = tiny_spec(
        "phases.0.epochs=3", "phases.1.epochs=74", "phases.1.train=last_blocks:2", "folds=5"
    )
    test = plan_text([spec.model_copy(update={"kind": "range_test"})], [None])
    assert test.endswith("5 folds: range test of all for 150 batches")
    told = plan_text([spec], [400.0])
    assert told.startswith("baseline plain_cnn 8px, 5 folds: ")
    assert told.endswith("all for 3 epochs, then last_blocks:2 for 74 epochs; about 6:40")
    assert "about" not in plan_text([spec], [None])
    several = plan_text([spec, spec], [30.0, 40.0])
    assert several.startswith("2 experiments, the first of them baseline")
    assert several.endswith("about 1:10 in all")


def test_a_backbone_that_would_stay_random_is_told_of_before_it_runs() -> None:
    spec = tiny_spec("backbone=plain_cnn", "weights=none")
    frozen = tiny_spec("backbone=plain_cnn", "weights=none", "phases.0.train=head")
    assert LEFT_RANDOM in plan_text([frozen], [400.0])
    verdict = verdict_text(spec, (frozen,), 1, None, "enter")
    assert LEFT_RANDOM in verdict.plain
    assert verdict.style == "yellow"
    assert LEFT_RANDOM not in plan_text([spec], [400.0])
    assert LEFT_RANDOM not in verdict_text(spec, (spec,), 1, None, "enter").plain


def test_what_shuts_the_gate_of_the_data_stands_before_what_is_only_worth_knowing() -> None:
    note = concerning(["a" * 60, "b" * 60, "c" * 60], "odd", "even", "wait", "note")
    told = finding_lines([note, concerning(["7"], "wrong", "right", "mend")])
    assert [line for line in told if line[:1] in "!i" and line] == ["! wrong", "i odd"]
    assert f"  {'a' * 60}, {'b' * 60} .." in told, "long names are not all told"


def test_the_ledger_says_over_how_many_folds_a_score_is_a_mean() -> None:
    one = staging.record(3)
    entry = Submitted(
        number=1,
        at=staging.BEGAN,
        experiment="3",
        file="a.csv",
        digest="0" * 64,
        metric="log_loss",
        validation=0.4,
    )
    assert validation_text(entry, one) == "0.4000 x1"
    assert validation_text(entry, None) == "0.4000"
    assert "log-loss 0.4000 x1" in "\n".join(ledger_lines([entry], {"3": one}.get, {1: Kept.THERE}))
