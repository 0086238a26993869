"""In what two specs differ, and how each of it is taken back alone."""

from engine.experiment.compare import differing_fields
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.ablation import (
    plan_ablation,
)
from engine.recipe.factors import reversals
from tests.unit.recipe.made_up import done

BASE = ExperimentSpec(stage=Stage.BASELINE)

BASE = ExperimentSpec(stage=Stage.BASELINE)


def changed(*overrides: str) -> ExperimentSpec:
    return apply_overrides(BASE, overrides)


def test_each_factor_is_taken_back_alone() -> None:
    full = changed("head.dropout=0.5", "head.units=256", "augmentation=photo", "image_size=96")
    found = {factor: spec for (factor,), spec in reversals(full, BASE)[0]}
    assert set(found) == {"head.dropout", "head.units", "augmentation", "image_size"}
    for factor, spec in found.items():
        differing = [path for path, _ in differing_fields([full, spec])]
        assert all(path.startswith(factor) for path in differing), factor
        back = {path: values[1] for path, values in differing_fields([full, spec])}
        assert back, factor
    assert found["augmentation"].augmentation == BASE.augmentation


def test_fields_that_do_nothing_are_no_factors() -> None:
    def factors(mine: ExperimentSpec, theirs: ExperimentSpec) -> list[tuple[str, ...]]:
        return [factor for factor, _ in reversals(mine, theirs)[0]]

    linear = changed("head.layers=0")
    idle = changed("head.layers=0", "head.units=64", "loss.focal_gamma=3", "rows=0.6")
    assert factors(idle, linear) == [("rows",)]
    # What only one of them uses comes and goes with what turns it on.
    deep = changed("head.layers=2", "head.units=64", "head.activation=gelu", "head.dropout=0.5")
    head = ("head.layers", "head.units", "head.activation")
    assert factors(deep, linear) == [head, ("head.dropout",)]
    assert factors(linear, deep) == [head, ("head.dropout",)]
    focal = changed("loss.name=focal", "loss.focal_gamma=3")
    assert factors(focal, BASE) == [("loss.name", "loss.focal_gamma")]
    assert factors(focal, changed("loss.name=focal")) == [("loss.focal_gamma",)]
    slow = ["backbone=efficientnet_lite0", "weights=imagenet", "phases.0.depth_decay=0.5"]
    frozen = changed("phases.0.train=head", *slow[:2])
    assert factors(changed("phases.0.train=head", *slow), frozen) == []
    assert factors(changed("phases.0.train=all", *slow), frozen) == [
        ("phases.0.train", "phases.0.depth_decay")
    ]


def test_a_backbone_is_taken_back_with_its_weights_and_thawed() -> None:
    full = changed(
        "backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head",
        "phases.1.train=last_blocks:3", "head.units=64",
    )  # fmt: skip
    found, left_out = reversals(full, BASE)
    network = ("backbone", "weights", "phases.0.train", "phases.1.train")
    assert [factor for factor, _ in found] == [network, ("head.units",), ("phases",)]
    back = found[0][1]
    assert (back.backbone, back.weights) == ("plain_cnn", "none")
    assert [phase.train for phase in back.phases] == ["all", "all"]
    assert left_out == ()
    # The other way round nothing is frozen.
    assert next(factor for factor, _ in reversals(BASE, full)[0]) == ("backbone", "weights")


def test_what_can_not_be_taken_back_alone_is_told_with_the_reason() -> None:
    full = changed("augmentation=photo", "views=4", "head.dropout=0.5")
    found, left_out = reversals(full, BASE)
    assert [factor for factor, _ in found] == [("head.dropout",), ("views",)]
    ((factor, why),) = left_out
    assert factor == ("augmentation",)
    assert "4 views of an image that nothing changes are one" in why
    first = done("1", Stage.BASELINE, 0.3)
    second = done("2", Stage.BASELINE, 0.2, "augmentation=photo", "views=4", parent="1")
    assert plan_ablation([first, second], "2", None, 1).left_out[0][0] == "augmentation"


def test_phases_of_another_number_are_one_factor() -> None:
    full = changed("phases.1.epochs=3", "phases.0.epochs=4")
    assert [factor for factor, _ in reversals(full, BASE)[0]] == [("phases",)]
