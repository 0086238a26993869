"""Where what is proposed takes long, what may be run first is proposed beside it."""

import pytest

from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.advice import next_moves
from engine.recipe.moves import Move
from engine.recipe.stages import climb
from tests.unit.recipe.made_up import done, photographs
from tests.unit.recipe.walking import FIRST, regularized

ABOUT = photographs()


def runs(*records: ExperimentRecord) -> list[Move]:
    ladder = climb(ABOUT, records, frozenset())
    return [one for one in next_moves(ladder, ABOUT, records) if one.kind == "run"]


def test_before_the_backbone_is_tuned_the_head_alone_may_be_regularized() -> None:
    whole, cheap = runs(*FIRST)
    ((spec, parent),) = cheap.specs
    assert cheap.title == "train heads alone"
    assert (spec.stage, parent) == (Stage.REGULARIZE, "2")
    assert spec.trains_head_alone
    assert spec.image_size == 224, "of which features are kept"
    assert spec.phases[0].patience > 0
    assert cheap.seconds is not None
    assert whole.seconds is not None
    assert cheap.seconds < whole.seconds / 2


def test_of_several_fits_the_first_may_be_run_alone_or_their_heads() -> None:
    best = regularized("3", loss=0.05)
    whole, first, heads = runs(*FIRST, best)
    assert len(whole.specs) > 2
    assert first.specs == whole.specs[:1]
    assert first.title.startswith("run the first alone: efficientnet_lite0 ")
    assert heads.title == f"train heads alone: {len(whole.specs)} fits"
    sizes = [(spec.backbone, spec.image_size) for spec, _ in whole.specs]
    assert [(spec.backbone, spec.image_size) for spec, _ in heads.specs] == sizes
    assert all(spec.trains_head_alone for spec, _ in heads.specs)


@pytest.mark.parametrize("backbone", ["plain_cnn", "wide_cnn"])
def test_what_is_soon_done_has_nothing_beside_it(backbone: str) -> None:
    small = (f"backbone={backbone}", "image_size=16", "rows=1")
    before = (
        done("1", Stage.BASELINE, 0.3, *small, "rows=0.5", seconds=2.0),
        done("2", Stage.OVERFIT, 0.3, *small, train=0.001, seconds=2.0),
    )
    about = photographs(median_side=16, sizes=((16, 16, 1000),))
    ladder = climb(about, before, frozenset())
    (only,) = [one for one in next_moves(ladder, about, before) if one.kind == "run"]
    assert only.stage is Stage.REGULARIZE
