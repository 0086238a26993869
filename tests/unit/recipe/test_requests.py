"""What a person asks a stage to run is refused before it is queued, where it can't run."""

import pytest

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.requests import plain_spec, requested, with_each
from tests.unit.recipe.made_up import blend, done, photographs


def test_pseudo_labelling_needs_what_labels() -> None:
    records = [done("1", Stage.REGULARIZE, 0.3, folds=5)]
    with pytest.raises(UserError, match=r"without pseudo\.source") as refused:
        requested(Stage.PSEUDO_LABEL, ["pseudo.source="], None, photographs(), records)
    assert "pseudo ID" in refused.value.fix
    assert refused.value.expected
    ((spec, _),) = requested(Stage.PSEUDO_LABEL, [], None, photographs(), records)
    assert spec.pseudo.source == "1"


def test_what_labels_must_be_there_in_all_folds() -> None:
    whole = done("1", Stage.REGULARIZE, 0.3, folds=5)
    halted = whole.tasks[-1].model_copy(update={"status": Status.STOPPED})
    records = [
        whole,
        whole.model_copy(update={"id": "2", "tasks": (*whole.tasks[:-1], halted)}),
        done("3", Stage.REGULARIZE, 0.3, "kind=range_test"),
    ]

    def ask(source: str, folds: int) -> str:
        changes = [f"pseudo.source={source}"]
        try:
            requested(Stage.PSEUDO_LABEL, changes, folds, photographs(), records)
        except UserError as refused:
            return refused.happened
        return ""

    assert not ask("1", 5)
    assert not ask("2", 4)
    assert "has not predicted in fold 4" in ask("2", 5)
    assert ask("9", 1) == "pseudo.source=9 names no experiment."
    assert ask("3", 1) == "pseudo.source=3 has no predictions to label with."
    # What is queued before will have been run by then.
    queued = halted.model_copy(update={"status": Status.QUEUED})
    records[1] = whole.model_copy(update={"id": "2", "tasks": (*whole.tasks[:-1], queued)})
    assert not ask("2", 5)


def test_equal_values_are_swept_once() -> None:
    spec = plain_spec(Stage.BASELINE)
    rates = ["phases.0.learning_rate=1e-3,0.01,0.001,1e-3", "head.batch_norm=true,True"]
    found = with_each(spec, rates)
    assert [one.phases[0].learning_rate for one in found] == [0.001, 0.01]


def test_equal_specs_of_several_proposals_run_once() -> None:
    """Once all fields that widening varies are set, what it proposes is the same."""
    records = [done("1", Stage.REGULARIZE, 0.3, folds=5)]
    assert len(requested(Stage.WIDEN, [], None, photographs(), records)) > 1
    changes = ["backbone=plain_cnn,wide_cnn", "image_size=16,32", "weights=none"]
    changes += ["phases.0.train=all"]
    found = requested(Stage.WIDEN, changes, None, photographs(), records)
    assert sorted((one.backbone, one.image_size) for one, _ in found) == [
        ("plain_cnn", 16), ("plain_cnn", 32), ("wide_cnn", 16), ("wide_cnn", 32),
    ]  # fmt: skip
    assert {parent for _, parent in found} == {"1"}


def asked(*changes: str, target: str = "binary", records: tuple[ExperimentRecord, ...] = ()) -> str:
    """What a baseline with these changes is refused by; nothing where it is queued."""
    try:
        requested(Stage.BASELINE, changes, None, photographs(target=target), records)
    except UserError as refused:
        return f"{refused.happened} {refused.fix}"
    return ""


@pytest.mark.parametrize("target", ["binary", "multilabel"])
def test_a_loss_for_other_targets_is_refused_when_it_is_asked_for(target: str) -> None:
    told = asked("loss.name=cross_entropy,sparsemax", target=target)
    assert told == (
        f"loss.name=sparsemax is not possible: the targets of this competition are {target}. "
        "set loss.name=cross_entropy, or loss.name=focal."
    )
    assert not asked("loss.name=cross_entropy,focal", target=target)


def test_other_losses_and_changes_suit_all_targets() -> None:
    assert not asked("loss.name=sparsemax", "loss.label_smoothing=0", target="multiclass")
    for target in ("binary", "multiclass", "multilabel"):
        for change in ("augmentation.mixup=0.2", "augmentation.cutmix=1", "loss.balanced=true"):
            assert not asked(change, target=target)


def test_more_layers_than_there_are_can_not_be_trained() -> None:
    lite = ("backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head")
    assert not asked(*lite, "phases.1.train=last_convolutions:49")
    # It has 10 at the size that it was made for.
    wide = ("backbone=wide_cnn", "weights=none", "image_size=96")
    assert not asked(*wide, "phases.0.train=last_convolutions:11")
    told = asked(*lite, "phases.1.train=last_convolutions:50")
    assert told.startswith(
        "phases.1.train=last_convolutions:50 is not possible: efficientnet_lite0 has 49"
    )


def test_ranks_label_nothing() -> None:
    members = ("1", "2")
    ranks = EnsembleSpec(members=members, method=Method.RANK)
    source = blend("5", 0.2, members).model_copy(update={"spec": ranks})
    assert "is a blend of ranks" in asked("pseudo.source=5", records=(source,))
