"""The recipe proposes only changes of images that leave their labels true."""

from pathlib import Path
from typing import Any

import pytest

from engine.competition.summary import summarise
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.workspace import Workspace
from engine.recipe.diagnosis import Condition, Symptom
from engine.recipe.prescriptions import remedied
from engine.recipe.proposals import propose_specs
from tests.unit.competition.builders import flowers
from tests.unit.recipe.made_up import done, photographs

LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head")


def regularized(*overrides: str, **changes: Any) -> ExperimentSpec:
    overfit = done("1", Stage.OVERFIT, 0.5, *overrides, train=0.001)
    ((spec, _),) = propose_specs(Stage.REGULARIZE, photographs(**changes), [overfit])
    return spec


def test_writing_is_never_mirrored_where_somebody_has_said_that_it_is_writing() -> None:
    assert regularized(*LITE).augmentation.horizontal_flip
    spec = regularized(*LITE, augmentation="text")
    assert (spec.augmentation.horizontal_flip, spec.augmentation.brightness) == (False, 0.2)
    assert spec.augmentation.bank > 0
    above = regularized(*LITE, augmentation="from_above").augmentation
    assert (above.horizontal_flip, above.vertical_flip) == (True, True)


def test_plain_networks_are_given_the_same_set() -> None:
    plain = ("backbone=wide_cnn", "weights=none")
    assert not regularized(*plain).augmentation.horizontal_flip
    assert regularized(*plain, augmentation="from_above").augmentation.vertical_flip


@pytest.mark.parametrize(("said", "wanted"), [(None, "photo"), ("text", "text")])
def test_what_holds_back_is_of_that_set(said: str | None, wanted: str) -> None:
    record = done("1", Stage.REGULARIZE, 0.5)
    overfits = Symptom(condition=Condition.OVERFITS, evidence="it does")
    moves = remedied(record, [overfits], photographs(augmentation=said), [record])
    assert any(move.changes == (f"augmentation={wanted}",) for move in moves)


def test_small_grey_pictures_are_not_mirrored_either() -> None:
    record = done("1", Stage.BASELINE, 0.5)
    digits = photographs(sizes=((8, 8, 1000),), modes=(("L", 1000),), median_side=8)
    overfits = Symptom(condition=Condition.OVERFITS, evidence="it does")
    moves = remedied(record, [overfits], digits, [record])
    assert any(move.changes == ("augmentation=digits",) for move in moves)


def test_it_is_said_in_the_settings(tmp_path: Path) -> None:
    data = flowers(tmp_path / "garden")
    (data / "hydra.toml").write_text('[competition]\naugmentation = "text"\n')
    assert summarise(data, Workspace(data), lambda _done, _total: None).augmentation == "text"
