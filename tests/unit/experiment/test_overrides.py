"""Changes to a spec are checked, and refused with the nearest valid one."""

import json
import re

import pytest
from pydantic import ValidationError

from engine.errors import UserError
from engine.experiment.backbones import BACKBONES
from engine.experiment.overrides import (
    apply_overrides,
    describe_field,
    field_paths,
    swept,
    validated,
)
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, PhaseSpec, Stage

SPEC = ExperimentSpec(stage=Stage.BASELINE)
WEIGHTS = "none, imagenet, or a file: its whole path, or one from ~/, ending in .h5."


def refused(*overrides: str) -> UserError:
    with pytest.raises(UserError) as caught:
        apply_overrides(SPEC, overrides)
    error = caught.value
    assert all((error.happened, error.expected, error.fix))
    return error


def test_fields_at_every_depth() -> None:
    changed = apply_overrides(
        SPEC,
        ["image_size=32", "head.units = 256", "phases.0.epochs=3", "augmentation.rotation=12.5"],
    )
    assert (changed.image_size, changed.head.units) == (32, 256)
    assert (changed.phases[0].epochs, changed.augmentation.rotation) == (3, 12.5)
    assert SPEC.image_size == 64


@pytest.mark.parametrize("text", ["true", "True", "1", "yes"])
def test_truth_in_many_words(text: str) -> None:
    assert apply_overrides(SPEC, [f"head.batch_norm={text}"]).head.batch_norm is True


def test_words_stay_words() -> None:
    changed = apply_overrides(SPEC, ["head.pooling=none", "phases.0.train=last_convolutions:3"])
    assert (changed.head.pooling, changed.phases[0].train) == ("none", "last_convolutions:3")
    assert (
        apply_overrides(SPEC, ["phases.0.train=last_blocks:2"]).phases[0].train == "last_blocks:2"
    )


def test_the_next_free_number_adds_a_phase() -> None:
    changed = apply_overrides(
        SPEC, ["phases.1.epochs=3", "phases.1.train=head", "phases.2.epochs=1"]
    )
    assert changed.phases[1] == PhaseSpec(train="head", epochs=3)
    assert [phase.epochs for phase in changed.phases] == [10, 3, 1]


@pytest.mark.parametrize("number", ["7", "-1", "first", "²"])
def test_a_phase_that_there_is_not(number: str) -> None:
    error = refused(f"phases.{number}.epochs=3")
    assert f"names phase {number}" in error.happened
    assert "phases.1.epochs" in error.fix


def test_too_many_phases() -> None:
    assert "phases" in refused(*(f"phases.{n}.epochs=1" for n in range(21))).happened


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("batch_sise", "batch_size"),
        ("head.unit", "head.units"),
        ("units", "head.units"),
        ("epochs", "phases.0.epochs"),
        ("phase.0.epochs", "phases.0.epochs"),
        ("head", "head.units"),
        ("head.units.x", "head.units"),
        ("phases.0.epoch", "phases.0.epochs"),
    ],
)
def test_an_unknown_field_names_the_nearest(wrong: str, near: str) -> None:
    error = refused(f"{wrong}=1")
    assert error.happened == f"`{wrong}` is not a field of a spec."
    assert near in error.fix


def test_an_unknown_field_is_told_with_those_that_lie_beside_it() -> None:
    beside = refused("phases.0.epoch=1").expected
    assert "phases.0.epochs" in beside
    assert "head" not in beside
    everywhere = refused("units=1").expected
    assert "head.*" in everywhere
    assert "batch_size" in everywhere
    assert len(everywhere) < 200, "what to do about it must not be pushed out of sight"


def test_a_field_like_no_other_points_to_all_of_them() -> None:
    assert "hydra-tui show" in refused("zzzzzzzz=1").fix


@pytest.mark.parametrize(
    ("override", "expected", "fix"),
    [
        ("image_size=4", "at least 8.", "set image_size=8."),
        ("image_size=4096", "at most 1024.", "set image_size=1024."),
        ("image_size=64.4", "a whole number.", "set image_size=64."),
        ("phases.0.learning_rate=5", "at most 1.0.", "set phases.0.learning_rate=1.0."),
        ("head.pooling=average", "one of none, avg, max.", "set head.pooling=avg."),
        ("backbone=resnet_50", f"one of {', '.join(BACKBONES)}.", "set backbone=resnet50."),
        ("weights=nonne", WEIGHTS, "set weights=none."),
        ("stage=overfitt",
         "one of baseline, overfit, regularize, widen, pseudo-label.",
         "set stage=overfit."),
        ("phases.0.train=heads",
         "head, last_convolutions:N or last_blocks:N (N from 1 to 999), or all.",
         "set phases.0.train=head."),
    ],
)  # fmt: skip
def test_a_value_out_of_range_names_the_nearest(override: str, expected: str, fix: str) -> None:
    error = refused(override)
    assert error.happened == f"{override} is not possible."
    assert (error.expected, error.fix) == (expected, fix)
    # The advice is good.
    apply_overrides(SPEC, [fix.removeprefix("set ").removesuffix(".")])


@pytest.mark.parametrize("value", ["many", "NaN", "null", "[1]"])
def test_a_value_of_another_kind(value: str) -> None:
    assert refused(f"head.units={value}").happened.startswith("head.units=")


def test_no_value_at_all() -> None:
    assert refused("image_size").fix == "write `image_size=VALUE`."


@pytest.mark.parametrize("value", ["/data/my weights.h5", "~/mine.weights.h5"])
def test_weights_may_be_a_file(value: str) -> None:
    assert apply_overrides(SPEC, [f"weights={value}"]).weights == value


@pytest.mark.parametrize("value", ["mine.weights.h5", "/data/model.keras", "~mine.h5", "5"])
def test_weights_that_no_worker_would_find(value: str) -> None:
    error = refused(f"weights={value}")
    assert (error.expected, error.fix) == (WEIGHTS, "set weights to such a value.")


def test_images_too_small_for_a_backbone_are_refused_at_once() -> None:
    error = refused("backbone=inception_v3", "image_size=74")
    assert error.happened == (
        "The spec contradicts itself: inception_v3 can't take images of 74 pixels."
    )
    assert error.fix.startswith("set image_size=75 or more")
    apply_overrides(SPEC, ["backbone=inception_v3", "image_size=75"])


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        (["weights=imagenet"], "plain_cnn has no ImageNet weights"),
        (
            ["backbone=efficientnet_lite0", "phases.0.train=head"],
            "a frozen backbone without weights learns nothing",
        ),
    ],
)
def test_fields_that_contradict_each_other(overrides: list[str], fault: str) -> None:
    error = refused(*overrides)
    assert error.happened == f"The spec contradicts itself: {fault}."
    assert error.fix.startswith("set weights=")


def test_a_spec_goes_through_json() -> None:
    spec = apply_overrides(SPEC, ["phases.1.train=head", "loss.name=focal", "seed=7"])
    assert ExperimentSpec.model_validate_json(spec.model_dump_json()) == spec
    assert validated(json.loads(spec.model_dump_json())) == spec


def test_a_record_goes_through_json() -> None:
    task = TaskRecord(
        name="fold0",
        fold=0,
        status=Status.FAILED,
        scores=Scores(val_log_loss=0.1, metric="auc"),
        history={"loss": (1.0, None)},
        phase_starts=(0,),
        error=ErrorReport(happened="it broke"),
    )
    record = ExperimentRecord.model_validate(
        {
            "id": "1",
            "name": "n",
            "stage": "baseline",
            "spec": SPEC,
            "created": "2020-01-01T00:00:00Z",
            "queued": "2020-01-01T00:00:00Z",
            "tasks": (task,),
        }
    )
    assert ExperimentRecord.model_validate_json(record.model_dump_json()) == record


def test_a_spec_can_not_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SPEC.seed = 3  # type: ignore[misc]  # the very thing that must fail


@pytest.mark.parametrize("status", list(Status))
def test_what_is_resumable_is_finished(status: Status) -> None:
    assert status.is_finished is (status not in (Status.QUEUED, Status.RUNNING))
    assert status.is_finished or not status.is_resumable
    assert not Status.DONE.is_resumable


@pytest.mark.parametrize("path", field_paths())
def test_every_field_is_described_and_can_be_set(path: str) -> None:
    said = describe_field(path)
    assert re.fullmatch(rf"{re.escape(path)}: [A-Z`].*[.)]", said)
    value: object = SPEC.model_dump(mode="json")
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]  # type: ignore[index]  # plain JSON
    assert apply_overrides(SPEC, [f"{path}={json.dumps(value)}"]) == SPEC
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert re.search(r"\(\S+ to \S+\)$", said)


def test_smoothing_that_the_loss_would_not_hear_is_refused() -> None:
    error = refused("loss.name=sparsemax", "loss.label_smoothing=0.1")
    assert error.happened.endswith("sparsemax has no label smoothing.")
    assert "loss.label_smoothing=0" in error.fix


def test_several_values_are_swept() -> None:
    assert swept(["a=1"]) == [["a=1"]]
    assert swept(["a=1,2", "b=x", "c=3,4"]) == [
        ["a=1", "b=x", "c=3"], ["a=1", "b=x", "c=4"], ["a=2", "b=x", "c=3"], ["a=2", "b=x", "c=4"],
    ]  # fmt: skip
    assert swept(["leave_out=7,8"]) == [["leave_out=7,8"]]
    assert apply_overrides(SPEC, ["leave_out=7, 8"]).leave_out == ("7", "8")
    assert apply_overrides(SPEC, ["leave_out=4e2"]).leave_out == ("4e2",), "an id is no number"
    odd = ("Sedan, 4 doors/1.jpg", " x/1.png")
    assert apply_overrides(SPEC, [f"leave_out={json.dumps(odd)}"]).leave_out == odd
    assert apply_overrides(SPEC, ["pseudo.source=7"]).pseudo.source == "7"
