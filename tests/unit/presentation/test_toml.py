"""A spec as TOML says the same."""

import shlex

import pytest

from app.presentation.text import command_of
from app.presentation.toml import spec_of, spec_toml
from engine.errors import UserError
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import ExperimentSpec, Stage


def test_every_field_comes_back() -> None:
    spec = apply_overrides(
        ExperimentSpec(stage=Stage.REGULARIZE),
        ["phases.1.epochs=3", "augmentation=photo", "leave_out=7,a b", "head.units=99"],
    )
    assert spec_of(spec_toml(spec)) == spec


def test_what_is_not_possible_is_told() -> None:
    with pytest.raises(UserError, match="no TOML"):
        spec_of("seed = ")
    with pytest.raises(UserError, match=r"`imagesize` is not a field.*write `image_size`"):
        spec_of('stage = "baseline"\nimagesize = 3')
    with pytest.raises(UserError, match="`stag` is not a field"):
        spec_of('stag = "baseline"')
    with pytest.raises(UserError, match="`stage` is missing"):
        spec_of("seed = 3")


def test_the_copied_command_runs_the_same_spec() -> None:
    spec = apply_overrides(
        ExperimentSpec(stage=Stage.OVERFIT),
        ["phases.1.epochs=3", "augmentation=photo", "leave_out=7,a b", "head.units=99"],
    )
    words = shlex.split(command_of(spec))
    assert words[:3] == ["hydra-tui", "run", "overfit"]
    changes = [word for word in words[3:] if word != "--set"]
    assert apply_overrides(ExperimentSpec(stage=Stage.OVERFIT), changes) == spec
