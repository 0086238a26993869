"""What a blend says of test images in a fold tells nothing of the rows that this fold holds out."""

from pathlib import Path

import numpy as np
import pytest

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.spec import ExperimentSpec, PseudoSpec, Stage
from engine.jobs.tasks import TaskOrder
from engine.predictions.blend import blend_experiments
from engine.predictions.pseudo_preview import preview, wilson_low
from engine.predictions.stored import load_fold
from engine.training.pseudo import pseudo_labels
from tests.unit.predictions.folded import Folded, folded

LABELS = ["abc"[row // 2 % 3] for row in range(60)]
PAIR = ("1", "2")


@pytest.fixture
def place(tmp_path: Path) -> Folded:
    made = folded(tmp_path, LABELS, test=6)
    for experiment in PAIR:
        made.predict(experiment, (0, 1))
    return made


def keep(place: Folded, name: str, folds: tuple[int, ...], method: str, calibrated: bool) -> None:
    """Blend both experiments, as an experiment of that name."""
    spec = EnsembleSpec(members=PAIR, method=Method(method), calibrated=calibrated)
    run = place.workspace.run(name)
    run.mkdir(parents=True)
    members = [(one, folds) for one in PAIR]
    blend_experiments(place.root, place.workspace, members, spec, run)


@pytest.mark.parametrize(
    ("method", "calibrated"), [("mean", True), ("weighted", False), ("weighted", True)]
)
@pytest.mark.parametrize("count", [2, 3])
def test_a_fold_s_labels_stay_whatever_its_own_rows_are(
    tmp_path: Path, method: str, calibrated: bool, count: int
) -> None:
    place = folded(tmp_path, LABELS, test=6, count=count)
    for experiment in PAIR:
        place.predict(experiment, range(count))

    def answers(name: str) -> list[np.ndarray]:
        keep(place, name, tuple(range(count)), method, calibrated)
        return [load_fold(place.workspace, name, k, place.competition).test for k in (0, 1)]

    before = answers("8")
    # Other labels of the rows that the first fold holds out.
    place.label([x if place.folds[n] else "abc"[n // 3 % 3] for n, x in enumerate(LABELS)])
    after = answers("9")
    np.testing.assert_array_equal(before[0], after[0])
    assert (before[1] != after[1]).any()


@pytest.mark.parametrize(("method", "calibrated"), [("mean", True), ("weighted", False)])
def test_what_one_fold_s_rows_have_fitted_labels_nothing(
    place: Folded, method: str, calibrated: bool
) -> None:
    keep(place, "9", (0,), method, calibrated)
    with pytest.raises(UserError, match="Experiment 9 was trained or fitted on 30 of the rows"):
        preview(place.root, place.workspace, (0,), PseudoSpec(source="9"))


def test_the_plain_mean_of_one_fold_may_label(place: Folded) -> None:
    keep(place, "9", (0,), "mean", calibrated=False)
    assert preview(place.root, place.workspace, (0,), PseudoSpec(source="9"))["rows"]


def test_ranks_label_nothing(place: Folded) -> None:
    """Nor does a blend of them with probabilities; both the preview and the training say so."""
    (place.root / "hydra.toml").write_text('[competition]\nmetric = "auc"\n', "utf-8")
    keep(place, "8", (0, 1), "rank", calibrated=False)
    mixed = EnsembleSpec(members=("1", "8"))
    place.workspace.run("9").mkdir()
    members = [(one, (0, 1)) for one in mixed.members]
    blend_experiments(place.root, place.workspace, members, mixed, place.workspace.run("9"))
    competition = place.competition
    for name in ("8", "9"):
        with pytest.raises(UserError, match=f"Experiment {name} is a blend of ranks"):
            preview(place.root, place.workspace, (0, 1), PseudoSpec(source=name))
        spec = ExperimentSpec(stage=Stage.PSEUDO_LABEL, pseudo=PseudoSpec(source=name))
        order = TaskOrder(
            experiment="10",
            task="fold0",
            fold=0,
            spec=spec,
            parent=None,
            workspace=str(place.root),
            data=".",
        )
        rows = np.flatnonzero(place.folds), np.flatnonzero(place.folds == 0)
        with pytest.raises(UserError, match="by mean, weighted or selection"):
            pseudo_labels(order, competition, *rows, np.ones(6, bool))


def test_a_preview_counts_the_rows_that_a_fold_is_trained_on(tmp_path: Path) -> None:
    """Whether the source has done one fold of five or all of them."""
    made = folded(tmp_path, LABELS, test=60, count=5)
    made.predict("1", (0,))
    made.predict("2", range(5))
    for experiment, folds in (("1", (0,)), ("2", tuple(range(5)))):
        spec = PseudoSpec(source=experiment, share=0.4)
        told = preview(made.root, made.workspace, folds, spec)
        # Of 80 rows, 48 are labelled ones.
        assert (told["rows"], told["share"]) == (32, 0.4)
    # What can't be decoded is not trained on.
    for row in np.flatnonzero(made.folds == 1):
        (made.root / "train" / f"{row}.png").write_text("damaged")
    told = preview(made.root, made.workspace, (0,), PseudoSpec(source="1", share=0.4))
    assert (told["rows"], told["share"]) == (24, 0.4)


def test_a_preview_chooses_fold_by_fold_as_training_does(tmp_path: Path) -> None:
    """What one fold is sure of, and another is not, the mean of both is not sure of."""
    made = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(40)], test=60)
    made.predict("1", (0, 1), noise=2.0)
    spec = PseudoSpec(source="1", labels="hard", threshold=0.8)
    taken = []
    for fold in (0, 1):
        order = TaskOrder(
            experiment="10",
            task=f"fold{fold}",
            fold=fold,
            spec=ExperimentSpec(stage=Stage.PSEUDO_LABEL, pseudo=spec),
            parent=None,
            workspace=str(tmp_path),
            data=".",
        )
        rows = np.flatnonzero(made.folds != fold), np.flatnonzero(made.folds == fold)
        taken.append(pseudo_labels(order, made.competition, *rows, np.ones(60, bool)))
    counts = [len(one.rows) for one in taken]
    told = preview(tmp_path, made.workspace, (0, 1), spec)
    assert counts[0] != counts[1]
    assert (told["by_fold"], told["rows"]) == (counts, round(sum(counts) / 2))
    labels = np.concatenate([one.targets for one in taken])
    assert told["balance"] == [("b", pytest.approx(labels.mean()))]
    assert (0.8, told["rows"]) in [(threshold, images) for threshold, images, _ in told["coverage"]]
    assert told["judged"] > 0


def test_few_rows_that_are_all_right_promise_little() -> None:
    # Of ten right ones it is 1 / (1 + 1.96² / 10).
    assert wilson_low(10, 10) == pytest.approx(0.7225, abs=1e-4)
    assert wilson_low(93, 100) == pytest.approx(0.8625, abs=1e-4)
    assert wilson_low(0, 10) == pytest.approx(0.0, abs=1e-9)
    assert wilson_low(0, 0) is None
