"""What a person asks a stage to run is refused before it is queued, where it can't run."""

import pytest

from engine.errors import UserError
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.recipe.requests import plain_spec, requested, with_each
from tests.unit.recipe.made_up import done, photographs


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
