"""Which field is changed against what is wrong, in which direction, and by how much."""

import pytest

from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.diagnosis import Condition, diagnose
from engine.recipe.prescriptions import prescriptions
from engine.recipe.remedies import remedies
from tests.unit.recipe.made_up import photographs
from tests.unit.recipe.test_diagnosis import RECORDED, failed, recorded

Prescribed = list[tuple[Condition, str]]

HIGH, LOW = Condition.RATE_TOO_HIGH, Condition.RATE_TOO_LOW
FLAT, UNDER, OVER = Condition.PLATEAU, Condition.UNDERFITS, Condition.OVERFITS
ODD, NOTHING, SHAKY = Condition.DATA_PROBLEM, Condition.NOTHING_LEARNED, Condition.UNSTABLE
LITE = "backbone=efficientnet_lite0 weights=imagenet phases.0.train=head image_size=96"
MORE_ROOM = ["head.units=128", "head.pooling=none", "image_size=24", "backbone=wide_cnn"]
LESS_ROOM = [
    "head.dropout=0.5", "augmentation=photo", "augmentation.mixup=0.2",
    "loss.label_smoothing=0.05", "phases.0.weight_decay=0.01", "phases.0.patience=5",
]  # fmt: skip

# Their specs: rates of 1e-5, 0.3 and 0.03 where it is that; 8, 24 or 4 epochs; batches of 32 where
# they are unstable; heads of 64 units, of 8 on the plateau.
TABLE: dict[str, Prescribed] = {
    "rate too low": [(LOW, "phases.0.learning_rate=0.0001"), *((FLAT, one) for one in MORE_ROOM)],
    "rate too high": [(HIGH, "phases.0.learning_rate=0.03"), *((FLAT, one) for one in MORE_ROOM)],
    "still learning": [
        (Condition.STILL_LEARNING, "phases.0.epochs=16"),
        *((UNDER, one) for one in MORE_ROOM),
    ],
    "plateau": [(FLAT, one) for one in ("head.dropout=0", "head.units=16", *MORE_ROOM[1:])],
    "stuck": [(UNDER, one) for one in MORE_ROOM],
    "underfits": [(UNDER, "head.dropout=0.45"), (UNDER, "phases.0.epochs=16")],
    "overfits": [(OVER, one) for one in LESS_ROOM],
    "unstable": [
        (SHAKY, "phases.0.schedule=cosine phases.0.warmup=1"),
        (SHAKY, "phases.0.learning_rate=0.003"),
        (SHAKY, "batch_size=64"),
        *((OVER, one) for one in LESS_ROOM),
    ],
    "data problem": [(ODD, "image_size=32"), (ODD, LITE)],
    "nothing learned": [
        (NOTHING, "image_size=32"),
        (NOTHING, "backbone=wide_cnn"),
        (NOTHING, LITE),
        (NOTHING, "phases.0.learning_rate=1e-05"),
        (Condition.TOO_FEW_ROWS, "folds=2"),
    ],
    "healthy baseline": [],
    "learned by heart": [],
}


def named(reason: str) -> Condition:
    """The condition that a move's reason names."""
    return Condition(reason.partition(" · ")[2].partition(":")[0])


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_shape_is_prescribed_these_changes(name: str) -> None:
    record = recorded(name)
    moves = prescriptions(record, photographs(), [record])
    assert [(named(move.reason), move.title) for move in moves] == TABLE[name]
    for move in moves:
        assert record.fit is not None
        assert move.specs[0][0] == apply_overrides(record.fit, move.changes)


def spec_of(*changes: str, stage: Stage = Stage.REGULARIZE) -> ExperimentSpec:
    return apply_overrides(ExperimentSpec(stage=stage), changes)


def proposed(condition: Condition, *changes: str, stage: Stage = Stage.REGULARIZE) -> list[str]:
    """What is proposed against a condition, the most promising first."""
    found = remedies(stage, condition, spec_of(*changes, stage=stage))
    return [" ".join(one) for one, _ in found]


TWO = ("phases.0.learning_rate=0.002", "phases.1.train=last_blocks:4", "phases.1.epochs=10",
       "phases.1.learning_rate=5e-5")  # fmt: skip
PRETRAINED = ("backbone=efficientnet_lite0", "weights=imagenet")
FITS = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL)


@pytest.mark.parametrize("stage", FITS)
def test_rates_of_all_phases_go_by_a_factor_of_ten(stage: Stage) -> None:
    two = ("pseudo.source=1", *TWO) if stage is Stage.PSEUDO_LABEL else TWO
    assert proposed(HIGH, *two, stage=stage) == [
        "phases.0.learning_rate=0.0002 phases.1.learning_rate=5e-06"
    ]
    assert proposed(LOW, *two, stage=stage) == [
        "phases.0.learning_rate=0.02 phases.1.learning_rate=0.0005"
    ]


def test_rates_stay_within_what_is_possible() -> None:
    assert proposed(HIGH, "phases.0.learning_rate=5e-7") == ["phases.0.learning_rate=1e-07"]
    assert proposed(LOW, "phases.0.learning_rate=0.2") == ["phases.0.learning_rate=1"]


@pytest.mark.parametrize("stage", FITS[:-1])
def test_what_still_learns_gets_twice_the_epochs_of_its_last_phase(stage: Stage) -> None:
    assert proposed(Condition.STILL_LEARNING, *TWO, stage=stage) == ["phases.1.epochs=20"]
    many = ("phases.0.epochs=600",)
    assert proposed(Condition.STILL_LEARNING, *many, stage=stage) == ["phases.0.epochs=1000"]


def test_what_is_out_of_memory_gets_half_the_batch() -> None:
    assert proposed(Condition.OUT_OF_MEMORY, "batch_size=48") == ["batch_size=24"]
    assert proposed(Condition.OUT_OF_MEMORY, "batch_size=2") == ["batch_size=1"]
    assert proposed(Condition.OUT_OF_MEMORY, "batch_size=1") == []


def test_what_shakes_is_calmed_down() -> None:
    calm = ("phases.1.schedule=cosine", "batch_size=512")
    slower = "phases.0.learning_rate=0.0002 phases.1.learning_rate=5e-06"
    assert proposed(SHAKY, *TWO, *calm) == [slower, "batch_size=1024"]
    assert proposed(SHAKY, *TWO, *calm, "batch_size=513") == [slower]
    (first, *_) = proposed(SHAKY, *TWO)
    assert first == "phases.1.schedule=cosine phases.1.warmup=1"


def test_what_cannot_be_learned_by_heart_gets_more_room() -> None:
    frozen = (*PRETRAINED, "image_size=224", "phases.0.train=head", "head.layers=0")
    for condition in (FLAT, UNDER):
        assert proposed(condition, *frozen, stage=Stage.OVERFIT) == [
            "phases.1.train=last_blocks:3 phases.1.epochs=12 phases.1.learning_rate=0.0001",
            "head.layers=1 head.units=256",
            "head.pooling=none",
            "image_size=304",
        ]
    wide = (*TWO, *PRETRAINED, "head.layers=1", "head.units=512", "head.pooling=none")
    assert proposed(FLAT, *wide, "image_size=512", stage=Stage.OVERFIT) == [
        "phases.1.train=all", "head.units=1024", "image_size=688",
    ]  # fmt: skip
    narrow = proposed(FLAT, *wide, "head.units=1023", stage=Stage.OVERFIT)
    assert "head.units=2046" in narrow
    whole = (*wide, "phases.1.train=all", "head.units=1024", "image_size=513")
    assert proposed(FLAT, *whole, stage=Stage.OVERFIT) == []


def test_what_overfits_is_held_back() -> None:
    held = ("head.dropout=0.5", "augmentation=photo", "augmentation.mixup=0.2",
            "loss.label_smoothing=0.05", "phases.0.weight_decay=0.01")  # fmt: skip
    assert proposed(OVER, *TWO, *held) == ["phases.1.patience=5", "phases.1.train=last_blocks:2"]
    cosine = (*TWO, *held, "phases.1.schedule=cosine")
    assert proposed(OVER, *cosine) == ["phases.1.train=last_blocks:2"]
    assert proposed(OVER, *cosine, "phases.1.train=last_blocks:2") == [
        "phases.1.train=last_blocks:1"
    ]
    assert proposed(OVER, *cosine, "phases.1.train=last_blocks:1") == []
    assert proposed(OVER, *cosine, "phases.1.train=last_convolutions:9") == [
        "phases.1.train=last_convolutions:4"
    ]
    assert proposed(OVER, *cosine, "phases.1.train=all") == ["phases.1.train=last_blocks:3"]
    assert proposed(OVER, *held, "phases.0.schedule=cosine") == []
    free = proposed(OVER, *TWO, "head.dropout=0.49")
    assert free[0] == "head.dropout=0.5"
    assert "phases.0.weight_decay=0.01 phases.1.weight_decay=0.01" in free


def test_changed_pictures_are_banked_where_layers_stay_frozen() -> None:
    banked = "augmentation=photo augmentation.bank=8"
    for train in ("head", "last_blocks:4"):
        found = proposed(OVER, *TWO, *PRETRAINED, f"phases.1.train={train}")
        assert found[1] == banked
    assert "augmentation=photo" in proposed(OVER, *TWO, *PRETRAINED, "phases.1.train=all")
    frozen_first = ("phases.0.train=head", "phases.1.train=all")
    assert banked not in proposed(OVER, *TWO, *PRETRAINED, *frozen_first)
    assert "augmentation=photo" in proposed(OVER, *TWO)
    both = proposed(OVER, *PRETRAINED, "augmentation=photo", "augmentation.bank=8")
    assert "augmentation.mixup=0.2" not in both
    assert "loss.label_smoothing=0.05" not in proposed(OVER, "loss.name=sparsemax")


def test_what_is_held_back_too_much_is_let_go() -> None:
    assert proposed(UNDER, *TWO, "head.dropout=0.3") == ["head.dropout=0.15", "phases.1.epochs=20"]
    assert proposed(UNDER, *TWO, "head.dropout=0") == ["phases.1.epochs=20"]


def test_a_regularized_run_that_is_worse_first_gets_time() -> None:
    worse = proposed(Condition.WORSE, *TWO, "head.dropout=0.3")
    held = proposed(Condition.NOISE, *TWO, "head.dropout=0.3")
    let_go = proposed(UNDER, *TWO, "head.dropout=0.3")
    assert held == proposed(OVER, *TWO, "head.dropout=0.3")
    assert worse == ["phases.1.epochs=20", *held, *let_go]


def test_data_that_teaches_nothing_are_looked_at_by_another_network() -> None:
    small = ("backbone=plain_cnn", "image_size=128")
    rival = LITE.replace("96", "128")
    for condition, stages in ((ODD, FITS[:-1]), (NOTHING, FITS[:1]), (UNDER, FITS[:1])):
        for stage in stages:
            found = proposed(condition, *small, stage=stage)
            assert found[:3] == ["image_size=256", "backbone=wide_cnn", rival]
            assert found[3:] == ([] if condition is ODD else ["phases.0.learning_rate=0.01"])
    large = (*PRETRAINED, "phases.0.train=head")
    plain = "backbone=wide_cnn weights=none phases.0.train=all image_size=64"
    assert proposed(ODD, *large, "image_size=512") == ["image_size=1024", plain]
    assert proposed(ODD, *large, "image_size=513") == [plain]
    assert proposed(ODD, *TWO, *PRETRAINED, "image_size=513") == []


def test_a_baseline_that_may_be_better_is_judged_on_twice_the_folds() -> None:
    few = Condition.TOO_FEW_ROWS
    ask = {"stage": Stage.BASELINE}
    assert proposed(few, "folds=2", "rows=0.5", **ask) == ["folds=4"]
    assert proposed(few, "folds=2", "rows=0.49", **ask) == ["folds=4", "rows=0.5"]
    assert proposed(few, "folds=15", "rows=1", **ask) == ["folds=20"]


def test_a_failure_is_prescribed_against_by_its_field() -> None:
    record = failed("The loss became nan in epoch 1, batch 3.")
    assert record.status is Status.FAILED
    (one,) = prescriptions(record, photographs(), [record])
    assert one.title == "phases.0.learning_rate=0.0001"
    record = failed("The device ran out of memory.")
    (one,) = prescriptions(record, photographs(), [record])
    assert one.title == "batch_size=16"
    assert [found.condition for found in diagnose(failed("The loss became inf."))] == [HIGH]
