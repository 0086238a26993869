"""A spec as TOML says the same."""

import pytest

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
