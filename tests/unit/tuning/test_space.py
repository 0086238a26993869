"""What a search varies: typed, checked, and turned into specs."""

import pytest

from engine.errors import UserError
from engine.experiment.overrides import apply_overrides
from engine.experiment.search import Axis, SearchSpec
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage
from engine.tuning.planning import plan_search
from engine.tuning.space import (
    base_values,
    default_axes,
    grid,
    grid_size,
    parse_axis,
    readable,
    trial_spec,
)

BASE = ExperimentSpec(
    stage=Stage.REGULARIZE,
    head=HeadSpec(layers=1, units=128, dropout=0.25),
    phases=(PhaseSpec(epochs=2, learning_rate=3e-3), PhaseSpec(epochs=4, learning_rate=2e-4)),
)


def test_a_set_of_augmentations_leaves_the_bank_and_what_is_varied_beside_it() -> None:
    base = apply_overrides(ExperimentSpec(stage=Stage.BASELINE), ["augmentation=photo"])
    banked = apply_overrides(base, ["augmentation.bank=8"])
    sets = plan_search(banked, ["augmentation=hydrangea,photo"], "grid")
    assert base_values(sets) == {"augmentation": "photo"}
    assert sets.trials == 2
    assert [trial_spec(sets, one).augmentation.bank for one in grid(sets)] == [8, 8]
    turned = apply_overrides(base, ["augmentation.rotation=20"])
    beside = plan_search(turned, ["augmentation=hydrangea,photo", "augmentation.rotation=20,30"])
    assert base_values(beside) == {"augmentation": "photo", "augmentation.rotation": 20.0}
    for over in (["augmentation.bank=4,8"], ["augmentation.rotation=5,30"]):
        beside = plan_search(base, [*over, "augmentation=photo,hydrangea"], "grid")
        path = over[0].partition("=")[0].rpartition(".")[2]
        for values in grid(beside):
            spec = trial_spec(beside, values)
            assert getattr(spec.augmentation, path) == values[f"augmentation.{path}"]
            assert spec.augmentation.shear == (0.2 if values["augmentation"] != "photo" else 0.0)


def search(*axes: Axis, base: ExperimentSpec = BASE) -> SearchSpec:
    return SearchSpec(stage=base.stage, base=base, strategy="grid", axes=axes)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("head.units=64,128,256", Axis(path="head.units", values=(64, 128, 256))),
        (" head.units = 64 , 64, 128 ", Axis(path="head.units", values=(64, 128))),
        ("head.batch_norm=true,false", Axis(path="head.batch_norm", values=(True, False))),
        ("phases.0.optimizer=adam,sgd", Axis(path="phases.0.optimizer", values=("adam", "sgd"))),
        ("augmentation=none,photo", Axis(path="augmentation", values=("none", "photo"))),
        # Whole numbers of a field that holds fractions are fractions, which Keras Tuner insists on.
        ("head.dropout=0,0.5", Axis(path="head.dropout", values=(0.0, 0.5))),
        ("head.dropout=0..0.5", Axis(path="head.dropout", low=0.0, high=0.5)),
        ("head.units=64..512", Axis(path="head.units", low=64, high=512)),
        (
            "phases.1.learning_rate=1e-4..1e-2",
            Axis(path="phases.1.learning_rate", low=1e-4, high=1e-2, log=True),
        ),
    ],
)
def test_an_axis_is_read_as_it_is_typed(text: str, axis: Axis) -> None:
    parsed = parse_axis(text, BASE)
    assert parsed == axis
    assert [type(value) for value in parsed.values] == [type(value) for value in axis.values]


@pytest.mark.parametrize(
    ("text", "happened", "fix"),
    [
        ("head.units", "does not say what to vary", "head.units=VALUE"),
        ("head.units=", "does not say what to vary", "head.units=VALUE"),
        ("head.unit=8..16", "`head.unit` is not a field", "head.units"),
        ("head.unit=8,16", "`head.unit` is not a field", "head.units"),
        ("head.units=4,128", "head.units=4 is not possible", "head.units=8"),
        ("head.units=64,wide", "head.units=wide is not possible", "head.units"),
        ("head.dropout=0..2", "it ends at 2", "write `head.dropout=0..0.9`"),
        ("head.units=64", "leaves nothing to choose from", "--set head.units=64"),
        ("head.dropout=0.1,0.1", "leaves nothing to choose from", "`--set head.dropout=0.1`"),
        ("head.dropout=0.5..0.1", "is an empty range", "head.dropout=0.1..0.5"),
        ("head.activation=relu..tanh", "no range", "head.activation=relu,tanh"),
        ("phases.2.epochs=1,2", "a phase that the spec does not have", "--set phases.2.epochs=1"),
        ("folds=1,2", "can't be varied", "promote --folds"),
        ("loss.name=sparsemax,tenths", "loss.name=tenths is not possible", "loss.name"),
    ],
)
def test_what_is_not_possible_is_refused_in_three_parts(text: str, happened: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_axis(text, BASE)
    assert happened in caught.value.happened
    assert caught.value.expected
    assert fix in caught.value.fix


def test_by_default_the_last_phases_rate_comes_first_then_what_holds_back() -> None:
    rate, dropout, units = default_axes(BASE)
    assert rate == Axis(path="phases.1.learning_rate", low=2e-5, high=2e-3, log=True)
    assert dropout == Axis(path="head.dropout", low=0.0, high=0.6)
    assert units == Axis(path="head.units", values=(64, 128, 256))
    linear = apply_overrides(BASE, ["head.layers=0"])
    assert default_axes(linear)[2] == Axis(path="loss.label_smoothing", low=0.0, high=0.2)
    assert len(default_axes(apply_overrides(linear, ["loss.name=sparsemax"]))) == 2
    # A narrow base's choices are possible, and each there once.
    narrow = apply_overrides(BASE, ["head.units=8"])
    assert default_axes(narrow)[2].values == (8, 16)


def test_the_base_lies_on_the_axes_or_its_nearest_point_does() -> None:
    found = base_values(
        search(
            Axis(path="head.units", values=(64, 128)),
            Axis(path="head.dropout", low=0.3, high=0.6),
            Axis(path="batch_size", low=4, high=16),
            Axis(path="phases.0.optimizer", values=("sgd", "lion")),
            Axis(path="augmentation", values=("photo", "none")),
        )
    )
    assert found == {
        "head.units": 128,
        "head.dropout": 0.3,
        "batch_size": 16,
        "phases.0.optimizer": "sgd",
        "augmentation": "none",
    }
    changed = apply_overrides(BASE, ["augmentation.rotation=7"])
    others = search(Axis(path="augmentation", values=("photo", "none")), base=changed)
    assert base_values(others) == {"augmentation": "photo"}


def test_a_grid_has_every_combination_and_a_range_a_few_points_from_end_to_end() -> None:
    one = search(
        Axis(path="phases.0.learning_rate", low=1e-4, high=1e-2, log=True),
        Axis(path="head.units", low=64, high=66),
    )
    points = grid(one)
    assert len(points) == grid_size(one) == 15
    rates = list(dict.fromkeys(point["phases.0.learning_rate"] for point in points))
    assert rates == [1e-4, 3.162e-4, 1e-3, 3.162e-3, 1e-2]
    assert {point["head.units"] for point in points} == {64, 65, 66}


def test_a_trial_is_the_base_with_its_values() -> None:
    one = search(Axis(path="head.units", values=(64, 128)))
    spec = trial_spec(one, {"head.units": 64, "phases.1.learning_rate": readable(1.23456e-5)})
    assert (spec.head.units, spec.phases[1].learning_rate) == (64, 1.235e-5)
    assert spec.model_copy(update={"head": BASE.head, "phases": BASE.phases}) == BASE
    with pytest.raises(UserError, match="contradicts itself"):
        trial_spec(one, {"loss.name": "sparsemax", "loss.label_smoothing": 0.1})
