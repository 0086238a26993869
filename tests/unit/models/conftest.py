"""Networks that several tests look at, built once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.models.build import BuiltModel, build_model
from engine.models.offline import offline_weights


def lite_with(head: HeadSpec) -> BuiltModel:
    spec = ExperimentSpec(
        stage=Stage.BASELINE,
        image_size=32,
        backbone="efficientnet_lite0",
        weights="imagenet",
        head=head,
    )
    return build_model(spec, TargetKind.MULTICLASS, 3)


@pytest.fixture(scope="session")
def make_lite() -> Callable[[HeadSpec], BuiltModel]:
    """Pretrained Lite0 on small images, with any head."""
    return lite_with


@pytest.fixture(scope="session")
def lite_checkpoint() -> Path:
    return Path(offline_weights()["efficientnet_lite0"])


@pytest.fixture(scope="session")
def lite() -> BuiltModel:
    """The same with batch normalization in its head."""
    return lite_with(HeadSpec(units=8, batch_norm=True))


@pytest.fixture(scope="session")
def make_images() -> Callable[[int, int], NDArray[np.uint8]]:
    def make(count: int, side: int) -> NDArray[np.uint8]:
        generator = np.random.default_rng(7)
        return generator.integers(0, 256, (count, side, side, 3), dtype=np.uint8)

    return make
