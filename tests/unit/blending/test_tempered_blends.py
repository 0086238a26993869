"""Blends of stored predictions at a temperature of their own."""

from pathlib import Path

import numpy as np
import pytest

from engine.blending.methods import Method
from engine.blending.temperature import apply_temperature, fit_temperature
from engine.competition.findings import TargetKind
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.blend import blend_experiments
from engine.training.scores import row_log_loss
from tests.unit.competition.builders import flowers

ROWS = 60
TRUTH = (np.arange(1, ROWS + 1) % 2).astype(np.float32)[:, None]


@pytest.fixture
def sure(tmp_path: Path) -> np.ndarray:
    """Predictions of two folds by experiment 1, far too sure of themselves; 2 knows little."""
    workspace = Workspace(flowers(tmp_path, rows=ROWS))
    random = np.random.default_rng(0)
    logits = 6 * (TRUTH - 0.5) + 5 * random.normal(size=(ROWS, 1))
    predicted = (1 / (1 + np.exp(-logits))).astype(np.float32)
    other = random.uniform(0.3, 0.7, size=(ROWS, 1)).astype(np.float32)
    for name, values in (("1", predicted), ("2", other)):
        for fold in range(2):
            folder = workspace.task(name, f"fold{fold}")
            folder.mkdir(parents=True)
            held_out = np.arange(fold * ROWS // 2, (fold + 1) * ROWS // 2)
            np.savez(
                folder / PREDICTIONS,
                allow_pickle=False,
                train_rows=np.setdiff1d(np.arange(ROWS), held_out),
                validation_rows=held_out,
                validation=values[held_out],
                test=np.full((4, 1), 0.5, np.float32),
            )
    return predicted


def blended(root: Path, *members: str, calibrated: bool, method: Method) -> tuple[float, float]:
    """The cross-fitted log-loss and the one in-sample."""
    answer = blend_experiments(
        root,
        Workspace(root),
        [(name, (0, 1)) for name in members],
        EnsembleSpec(members=members, method=method, calibrated=calibrated),
        None,
    )
    losses = [task["scores"]["val_log_loss"] for task in answer["tasks"]]
    report = EnsembleReport.model_validate(answer["report"])
    return float(np.mean(losses)), report.in_sample_log_loss or 0.0


def test_a_tempered_blend_is_tempered_in_sample_too(sure: np.ndarray, tmp_path: Path) -> None:
    plain, plain_in_sample = blended(tmp_path, "1", calibrated=False, method=Method.MEAN)
    assert plain == pytest.approx(plain_in_sample, abs=1e-6)
    cross_fitted, in_sample = blended(tmp_path, "1", calibrated=True, method=Method.MEAN)
    temperature = fit_temperature(sure, TRUTH, TargetKind.BINARY)
    at_best = apply_temperature(sure, temperature, TargetKind.BINARY)
    expected = row_log_loss(TRUTH, at_best, TargetKind.BINARY).mean()
    assert in_sample == pytest.approx(expected, abs=1e-6)
    assert in_sample < cross_fitted < plain


def test_weights_and_temperature_are_fitted_on_the_same_rows(
    sure: np.ndarray, tmp_path: Path
) -> None:
    _, weighted = blended(tmp_path, "1", "2", calibrated=False, method=Method.WEIGHTED)
    cross_fitted, tempered = blended(tmp_path, "1", "2", calibrated=True, method=Method.WEIGHTED)
    assert tempered < weighted
    assert tempered < cross_fitted


def test_a_selection_looks_for_what_the_competition_scores_by(
    sure: np.ndarray, tmp_path: Path
) -> None:
    def weights() -> list[float | None]:
        both = EnsembleSpec(members=("1", "2"), method=Method.SELECTION)
        pair = [(name, (0, 1)) for name in both.members]
        report = blend_experiments(tmp_path, Workspace(tmp_path), pair, both, None)["report"]
        return [one.weight for one in EnsembleReport.model_validate(report).members]

    # One is too sure for the log-loss, and has the better order all the same.
    by_log_loss = weights()
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "auc"\n')
    by_auc = weights()
    assert by_auc[0] is not None
    assert by_log_loss[0] is not None
    assert by_auc[0] > by_log_loss[0]
