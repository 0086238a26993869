"""What the recipe proposes and concludes where a class or a label is rare."""

import pytest

from engine.experiment.compare import Verdict
from engine.experiment.spec import Stage
from engine.recipe.common_folds import on_common_folds
from engine.recipe.families import Family, best_family
from engine.recipe.noise import difference
from engine.recipe.prescriptions import prescriptions
from engine.recipe.proposals import propose_specs
from tests.unit.recipe.made_up import done, photographs


@pytest.mark.parametrize(
    ("target", "counts", "smoothing"),
    [
        ("binary", (("a", 970), ("b", 30)), 0.0),
        ("binary", (("a", 700), ("b", 300)), 0.05),
        ("multilabel", (("a", 700), ("b", 300), ("c", 5)), 0.0),
        ("multiclass", (("a", 700), ("b", 290), ("c", 10)), 0.05),
    ],
)
def test_a_sigmoid_of_a_rare_class_is_not_smoothed(
    target: str, counts: tuple[tuple[str, int], ...], smoothing: float
) -> None:
    summary = photographs(1000, target=target, class_counts=counts)
    overfit = done("1", Stage.OVERFIT, 0.5, "backbone=efficientnet_lite0", "weights=imagenet",
                   "phases.0.train=head", train=0.001)  # fmt: skip
    ((spec, _),) = propose_specs(Stage.REGULARIZE, summary, [overfit])
    assert spec.loss.label_smoothing == smoothing
    history = {"log_loss": (0.5, 0.3, 0.1, 0.01), "val_log_loss": (0.5, 0.4, 0.45, 0.6)}
    held = done("2", Stage.REGULARIZE, 0.6, train=0.01)
    held = held.model_copy(
        update={"tasks": (held.tasks[0].model_copy(update={"history": history}),)}
    )
    moves = prescriptions(held, summary, [held])
    offered = any("label_smoothing" in change for move in moves for change in move.changes)
    assert offered == (smoothing > 0)


def test_families_are_compared_row_by_row() -> None:
    summary = photographs()
    first = done("1", Stage.BASELINE, 0.145, "backbone=efficientnet_lite0", "weights=imagenet")
    wide = {"val_log_loss_error": 0.04}
    first = first.model_copy(update={"scores": first.scores.model_copy(update=wide)})
    rival = done("2", Stage.BASELINE, 0.104, "backbone=plain_cnn", "weights=none", parent="1")

    def judged(error: float | None) -> Family:
        paired = {"parent_gain": 0.041, "parent_gain_error": error}
        scores = rival.scores.model_copy(update=wide | paired)
        tasks = tuple(one.model_copy(update={"scores": scores}) for one in rival.tasks)
        known = rival.model_copy(update={"scores": scores, "tasks": tasks})
        both = on_common_folds(known, first)
        assert both is not None
        assert (difference(known, first, both).verdict is Verdict.BETTER) == (
            difference(first, known, both[::-1]).verdict is Verdict.WORSE
        )
        return best_family(summary, [first, known])

    assert judged(0.017) is Family.PLAIN
    assert judged(0.03) is Family.PRETRAINED
    assert judged(None) is Family.PRETRAINED, "unpaired it is noise"
