"""What a blend gains, and by what: ranks have an order alone, and scores are means of folds."""

from pathlib import Path
from typing import Any

import pytest

from engine.blending.methods import Method
from engine.competition.findings import MetricName
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.means import mean_scores
from engine.experiment.record import Scores, TaskRecord
from engine.predictions.blend import blend_experiments
from engine.predictions.comparing import compare_experiments
from tests.unit.predictions.folded import Folded, folded

PAIR = [("1", (0, 1)), ("2", (0, 1))]


def place_by(metric: MetricName, root: Path) -> Folded:
    """A hundred rows in two folds, predicted by a good and a bad experiment."""
    place = folded(root, ["rose", "tulip"] * 10 + ["rose"] * 40 + ["tulip"] * 40)
    (root / "hydra.toml").write_text(f'[competition]\nmetric = "{metric}"\n')
    place.predict("1", (0, 1), noise=1.0)
    place.predict("2", (0, 1), noise=4.0)
    return place


def blended(place: Folded, method: Method) -> tuple[dict[str, Any], Scores, EnsembleReport]:
    spec = EnsembleSpec(members=("1", "2"), method=method)
    answer = blend_experiments(place.root, place.workspace, PAIR, spec, None)
    scores = mean_scores([TaskRecord.model_validate(task) for task in answer["tasks"]])
    return answer, scores, EnsembleReport.model_validate(answer["report"])


def test_ranks_are_judged_by_their_order_alone(tmp_path: Path) -> None:
    answer, scores, report = blended(place_by("auc", tmp_path), Method.RANK)
    assert (scores.val_log_loss, scores.val_log_loss_error) == (None, None)
    assert answer["gain"] == {"parent_gain": None, "parent_gain_error": None}
    assert report.in_sample_log_loss is None
    # Nothing is fitted.
    assert report.in_sample_metric == pytest.approx(scores.val_metric)
    assert (answer["best"], report.metric_best) == ("1", "1")
    assert report.metric_gain is not None
    own = report.members[0].metric or 0.0
    assert report.metric_gain.gain == pytest.approx((scores.val_metric or 0.0) - own)


@pytest.mark.parametrize("metric", ["auc", "accuracy", "macro_f1", "quadratic_kappa"])
def test_a_blend_is_held_against_the_best_member_by_the_metric_too(
    metric: MetricName, tmp_path: Path
) -> None:
    answer, scores, report = blended(place_by(metric, tmp_path), Method.MEAN)
    assert answer["gain"]["parent_gain"] is not None
    assert report.metric_gain is not None
    best = max(one.metric or 0.0 for one in report.members)
    assert report.metric_gain.gain == pytest.approx((scores.val_metric or 0.0) - best)


def test_what_thresholds_come_after_is_selected_by_log_loss(tmp_path: Path) -> None:
    """The likeliest answers tell little of what thresholds make of a blend."""
    place = place_by("macro_f1", tmp_path)
    _, _, report = blended(place, Method.SELECTION)
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "log_loss"\n')
    _, _, other = blended(place, Method.SELECTION)
    assert [one.weight for one in report.members] == [one.weight for one in other.members]


def test_by_log_loss_there_is_no_other_gain(tmp_path: Path) -> None:
    _, _, report = blended(place_by("log_loss", tmp_path), Method.MEAN)
    assert (report.metric_gain, report.metric_best) == (None, None)
    assert report.members[0].metric is None
    assert report.members[0].log_loss is not None


@pytest.mark.parametrize("metric", ["auc", "macro_f1", "quadratic_kappa"])
def test_a_compared_gain_is_what_the_scores_differ_by(metric: MetricName, tmp_path: Path) -> None:
    place = place_by(metric, tmp_path)
    singles = [
        blend_experiments(
            place.root, place.workspace, [one], EnsembleSpec(members=(one[0],)), None
        )["tasks"]
        for one in PAIR
    ]
    first, second = (
        mean_scores([TaskRecord.model_validate(task) for task in tasks]).val_metric or 0.0
        for tasks in singles
    )
    (found,) = compare_experiments(place.root, place.workspace, "1", PAIR).compared
    assert found.metric is not None
    assert found.metric.gain == pytest.approx(second - first)


def test_ranks_are_compared_by_the_metric_alone(tmp_path: Path) -> None:
    place = place_by("auc", tmp_path)
    keep = place.workspace.run("3")
    keep.mkdir(parents=True)
    spec = EnsembleSpec(members=("1", "2"), method=Method.RANK)
    blend_experiments(place.root, place.workspace, PAIR, spec, keep)
    pair = [("1", (0, 1)), ("3", (0, 1))]
    (found,) = compare_experiments(place.root, place.workspace, "1", pair).compared
    assert found.log_loss is None
    assert found.metric is not None
