"""The slider of the pseudo-labels' threshold, and what its places bring."""

import pytest

from app.presentation.blends import preview_lines
from app.presentation.pseudo import (
    balance_text,
    choice_lines,
    coarser,
    finer,
    moved_share,
    preview_told,
    share,
    slider,
    takes_all,
)
from engine.competition.findings import CompetitionSummary, TargetKind
from engine.experiment.preview import RUNGS, PseudoPreview
from engine.experiment.spec import PseudoSpec
from tests.functional.staging import record
from tests.snapshots.test_looks import SUMMARY

PREVIEW = PseudoPreview(
    rows=120,
    share=0.25,
    balance=(("rose", 0.5), ("tulip", 0.4), ("daisy", 0.1)),
    precision=0.93,
    judged=200,
    precision_low=0.8861,
    coverage=tuple((rung, 200 - 15 * n, 0.8 + n / 60) for n, rung in enumerate(RUNGS)),
)


@pytest.mark.parametrize(
    ("threshold", "way", "moved"),
    [
        (0.0, 1, 0.01),
        (0.0, -1, 0.0),
        (0.89, 1, 0.9),
        (0.9, 1, 0.905),
        (0.9, -1, 0.89),
        (0.99, 1, 0.991),
        (0.99, -1, 0.985),
        (1.0, 1, 1.0),
        (1.0, -1, 0.999),
    ],
)
def test_fine_steps_are_finer_near_certainty(threshold: float, way: int, moved: float) -> None:
    assert finer(threshold, way) == moved


def test_thresholds_that_take_all_are_gone_past_in_one_step() -> None:
    two = SUMMARY.model_copy(update={"target": TargetKind.BINARY})
    three = SUMMARY.model_copy(
        update={"target": TargetKind.MULTICLASS, "class_counts": (("a", 1), ("b", 1), ("c", 1))}
    )
    assert takes_all(PREVIEW, two) == 0.5, "no answer of two is less sure"
    assert takes_all(PREVIEW, three) == 0.333
    sure = tuple((rung, 200 if rung <= 0.8 else 150, 0.9) for rung in RUNGS)
    assert takes_all(PREVIEW.model_copy(update={"coverage": sure}), two) == 0.8
    assert takes_all(None, two) == takes_all(PREVIEW, None) == 0.0, "nobody knows yet"
    assert [finer(one, 1, 0.5) for one in (0.0, 0.3, 0.5)] == [0.5, 0.5, 0.51]
    assert [finer(one, -1, 0.5) for one in (0.51, 0.5, 0.3)] == [0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("threshold", "way", "moved"),
    [(0.0, 1, 0.5), (0.5, 1, 0.6), (0.55, 1, 0.6), (0.55, -1, 0.5), (0.5, -1, 0.0),
     (0.0, -1, 0.0), (0.999, 1, 0.999), (1.0, -1, 0.999)],
)  # fmt: skip
def test_coarse_steps_go_from_rung_to_rung(threshold: float, way: int, moved: float) -> None:
    assert coarser(threshold, way) == moved


def test_the_share_stays_between_its_ends() -> None:
    assert moved_share(0.5, 1) == 0.55
    assert moved_share(0.05, -1) == 0.05
    assert moved_share(0.9, 1) == 0.9


@pytest.mark.parametrize("width", [70, 110])
def test_the_knob_stands_over_its_rung(width: int) -> None:
    for rung in (0.0, 0.95, 0.999):
        rows = slider(PseudoSpec(source="1", threshold=rung), PREVIEW, width).plain.splitlines()
        knob = rows[4].index("●")
        label = f"{rung:g}".lstrip("0") or "0"
        start = rows[5].index(f" {label} " if f" {label} " in rows[5] else label)
        assert start <= knob <= start + len(label) + 1
        assert max(map(len, rows)) <= width


def test_the_columns_fall_with_what_is_taken() -> None:
    rows = slider(PseudoSpec(source="1"), PREVIEW, 110).plain.splitlines()
    assert rows[0].count("█") < rows[3].count("█")
    assert "200" in rows[6]
    assert "80.0%" in rows[7]
    assert "images" in slider(PseudoSpec(source="1"), None, 68).plain, "nothing is known yet"


def test_what_it_brings_is_told() -> None:
    assert "120 test images would be labelled, 25% of the rows" in preview_told(PREVIEW).plain
    told = "93.0% right, at least 88.6% (95 %), of 200 out-of-fold rows as sure"
    assert told in preview_told(PREVIEW).plain
    assert "by 200 out-of-fold rows" in preview_lines(PREVIEW)[2]
    near = PREVIEW.model_copy(update={"precision": 0.9996, "precision_low": 0.997})
    assert "99.9% right, at least 99.7%" in preview_told(near).plain
    assert share(0.9996, 0) == "99%"
    assert share(1.0) == "100.0%"
    folds = PREVIEW.model_copy(update={"rows": 17_100, "by_fold": (18_233, 15_123)})
    assert preview_lines(folds)[0].startswith("17,100 test images (15,123 to 18,233 by fold) would")
    lines = preview_told(folds).plain.splitlines()
    assert lines[0] == "17,100 test images (15,123 to 18,233 by fold), 25% of all rows."
    assert max(map(len, lines)) <= 70, "a small terminal has room for two lines"
    nobody = PREVIEW.model_copy(update={"precision": None})
    assert "No out-of-fold row is as sure" in preview_told(nobody).plain
    assert "lower the threshold" in preview_told(PREVIEW.model_copy(update={"rows": 0})).plain


def test_the_balance_is_that_of_all_rows_that_are_trained_on() -> None:
    shown = balance_text(PREVIEW, SUMMARY, 80, 10).plain.splitlines()
    # 62 % of a thousand, and half of the quarter that is added.
    assert shown[1].endswith("62.0% →  59.0% ▼")
    assert shown[3].endswith("7.0% →   7.8% ▲")
    few = balance_text(PREVIEW, SUMMARY, 80, 2).plain
    assert "rose" in few
    assert "and 2 more that change less" in few


def test_of_two_classes_the_one_that_is_not_predicted_has_the_rest() -> None:
    summary: CompetitionSummary = SUMMARY.model_copy(
        update={"target": TargetKind.BINARY, "class_counts": (("0", 500), ("1", 500))}
    )
    preview = PREVIEW.model_copy(update={"balance": (("1", 0.8),)})
    shown = balance_text(preview, summary, 80, 10).plain.splitlines()
    assert shown[1].endswith("50.0% →  42.5% ▼")
    assert shown[2].endswith("50.0% →  57.5% ▲")


def test_the_choice_names_its_keys() -> None:
    spec = PseudoSpec(source="3", labels="hard", threshold=0.95)
    lines = choice_lines(spec, record(3, loss=0.2), 0, 4)
    assert lines[0] == ("source", "3 baseline plain_cnn 16px · val 0.2000", "← → 1 of 4")
    told = {name: value for name, value, _ in lines}
    assert told["labels"].startswith("hard")
    assert told["threshold"] == "0.95"


def test_a_label_for_some_folds_alone_is_not_told_as_none() -> None:
    few = PREVIEW.model_copy(update={"rows": 0, "by_fold": (1, 1, 0, 0, 0)})
    assert "No test image" not in preview_told(few).plain
    none = PREVIEW.model_copy(update={"rows": 0, "by_fold": (0, 0)})
    assert "No test image" in preview_told(none).plain
