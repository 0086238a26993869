"""The table of experiments side by side, and the bars of an ablation."""

from app.presentation.blends import comparison_lines, comparison_table
from app.presentation.comparing import field_rows, score_rows, told
from engine.experiment.compare import Compared, Comparison, differing_fields, judged
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from tests.functional.staging import record

THREE = (
    record(1, loss=0.5),
    record(2, Stage.OVERFIT, loss=0.3),
    record(3, Stage.REGULARIZE, Status.QUEUED),
)
COMPARISON = Comparison(
    reference="2",
    metric="log_loss",
    compared=(
        Compared(id="1", rows=288, log_loss=judged(-0.2, 0.01)),
        Compared(id="3", problem="Experiments 2, 3 have no fold in common."),
    ),
)


def test_scores_are_judged_in_words_and_the_reference_is_named() -> None:
    rows = {row.name or "verdict": row.cells for row in score_rows(THREE, "2", COMPARISON)}
    assert rows["val log-loss"] == ("0.5000", "0.3000", "-")
    assert rows["gain"] == ("-0.2000 ± 0.0100", "reference", "-")
    assert rows["verdict"] == ("▼ worse", "", "not comparable")
    assert rows["rows in common"] == ("288", "288", "-")
    assert rows["folds"] == ("1 of 1 done", "1 of 1 done", "0 of 1 done")


def test_a_reference_that_can_not_be_is_told_once_with_what_to_press() -> None:
    lost = "The predictions of experiment 2 are missing."
    others = tuple(one.model_copy(update={"problem": lost}) for one in COMPARISON.compared)
    comparison = COMPARISON.model_copy(update={"compared": others, "problem": lost})
    line = told(THREE[1], comparison)
    assert line.count("missing") == 1
    assert line.startswith(f"Nothing can be held against 2: {lost} R on its column")
    records = {one.id: one for one in THREE}
    assert str(comparison_lines(comparison, records)).count("missing") == 1
    blended = THREE[1].model_copy(update={"spec": EnsembleSpec(members=("1",))})
    assert "R on its column blends it again, once theirs are;" in told(blended, comparison)


def test_differences_that_are_not_known_yet_wait() -> None:
    rows = {row.name: row.cells for row in score_rows(THREE, "2", None)}
    assert rows["gain"] == ("..", "reference", "..")
    assert "pairing" in told(THREE[1], None)


def test_another_metric_than_the_log_loss_has_rows_of_its_own() -> None:
    one, two = (
        each.model_copy(
            update={"scores": each.scores.model_copy(update={"metric": "auc", "val_metric": 0.9})}
        )
        for each in THREE[:2]
    )
    compared = Compared(id="1", rows=8, log_loss=judged(0.1, 0.2), metric=judged(0.1, 0.01))
    comparison = Comparison(reference="2", metric="auc", compared=(compared,))
    rows = score_rows((one, two), "2", comparison)
    assert [row.cells[0] for row in rows if row.kind == "verdict"] == ["▲ better", "≈ within noise"]
    assert [row.name for row in rows if row.kind == "gain"] == ["AUC gain", "log-loss gain"]


def test_a_row_has_one_metric_though_it_was_corrected_between_two_experiments() -> None:
    old, other = THREE[:2]
    update = {"metric": "auc", "val_metric": 0.97, "val_auc": 0.97}
    new = other.model_copy(update={"scores": other.scores.model_copy(update=update)})
    compared = Compared(id="1", rows=8, log_loss=judged(0.1, 0.2), metric=judged(0.1, 0.01))
    comparison = Comparison(reference="2", metric="auc", compared=(compared,))
    for known in (comparison, None):
        rows = {row.name: row.cells for row in score_rows((old, new), "2", known)}
        assert rows["val AUC"] == ("0.9800", "0.9700")
    records = {"1": old, "2": new}
    lines = comparison_lines(comparison, records)
    assert lines[0].split()[:6] == ["ID", "NAME", "TRAIN", "VAL", "AUC", "FOLDS"]
    cells = [line.split(",")[4] for line in comparison_table(comparison, records, "csv")]
    assert cells == ["AUC", "0.9700", "0.9800"]


def test_only_fields_that_differ_are_listed_unless_all_are_asked_for() -> None:
    some, everything = field_rows(THREE, False), field_rows(THREE, True)
    assert [row.name for row in some[1:]] == ["stage", "backbone"]
    assert some[0].name == "Fields that differ"
    assert len(everything) > 20
    assert {row.kind for row in everything} == {"heading", "field", "same"}


def test_a_blend_beside_fits_lists_what_differs_among_these() -> None:
    specs = [*(one.spec for one in THREE), EnsembleSpec(members=("1", "2"))]
    alone, beside = differing_fields(specs[:3]), differing_fields(specs)
    own = [path for path, values in beside if values[:3] == ("-", "-", "-")]
    assert [path for path, _ in beside] == [*(path for path, _ in alone), *own]
    assert own == ["members", "method", "learner", "calibrated"]
    one = differing_fields([specs[0], specs[-1]])
    assert [path for path, _ in one] == own
    # A range test is a fit that is run in another way.
    test = specs[0].model_copy(update={"kind": "range_test", "rows": 0.5})
    assert [path for path, _ in differing_fields([specs[0], test])] == ["rows", "kind"]


def test_the_comparison_is_told_in_a_line() -> None:
    said = told(THREE[1], COMPARISON)
    assert "▼ 1 worse" in said
    assert "3 can't be: Experiments 2, 3 have no fold in common." in said


def test_the_metric_is_what_the_line_goes_by() -> None:
    both = Compared(id="1", rows=8, log_loss=judged(0.1, 0.2), metric=judged(-0.1, 0.01))
    undefined = Compared(id="3", rows=8, log_loss=judged(0.1, 0.2))
    comparison = Comparison(reference="2", metric="accuracy", compared=(both, undefined))
    said = told(THREE[1], comparison)
    assert said.endswith("by accuracy: ▼ 1 worse · ≈ 3 within noise")
