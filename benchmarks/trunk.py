"""How fast a frozen trunk sees images: the cache's builder against `Model.predict`.

Run: uv run python benchmarks/trunk.py [FOLDER]
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from report import Figure, report
from roses import data_folder, fold_of, spec_of

from engine.competition.findings import TargetKind
from engine.models.activations import ActivationStore
from engine.models.build import build_model
from engine.models.cutting import cut_network
from engine.models.freezing import training_layers
from engine.models.inference import BATCH
from engine.models.trunk import ImageSet, Trunk

# With how many images a round takes seconds.
NETWORKS = {"efficientnet_lite0": 320, "inception_v3": 160}
AIM_RATIO = 3.0
AIMED_AT = "efficientnet_lite0"
ROUNDS = 3
MATRIX = 3072


def main() -> None:
    data = data_folder(__doc__ or "")
    figures, ratios, least = [], {}, {}
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        images = fold_of(data, root, spec_of("image_size=224")).train.array
        peak = _peak()
        figures.append(Figure("this machine: float32 matrix product", peak / 1e9, "GFLOP/s"))
        for name, count in NETWORKS.items():
            measured = _Measured(name, images[:count], root / name)
            work = measured.flops / peak * 100
            figures += [
                Figure(f"{name}: cache's builder", measured.ours, "images/s"),
                Figure(f"{name}: Model.predict", measured.theirs, "images/s"),
                Figure(f"{name}: cache's builder, of that peak", work * measured.ours, "%"),
                Figure(f"{name}: Model.predict, of that peak", work * measured.theirs, "%"),
                Figure(f"{name}: all of that peak", peak / measured.flops, "images/s"),
                Figure(f"{name}: conversion, once a fit", measured.conversion, "s"),
            ]
            title = f"{name}: cache's builder / Model.predict"
            ratios[title] = measured.ours / measured.theirs
            if name == AIMED_AT:
                least[title] = AIM_RATIO
    report("trunk", figures, ratios, least)


class _Measured:
    """Images a second both ways, in turns.

    Args:
        name: the backbone; its average over the last map is what is computed.
        images: uint8, (rows, 224, 224, 3).
        folder: an empty cache.
    """

    def __init__(self, name: str, images: NDArray[np.uint8], folder: Path) -> None:
        # Random weights take as long as learnt ones.
        spec = spec_of(f"backbone={name}", "image_size=224", "head.layers=0")
        built = build_model(spec, TargetKind.BINARY, 2)
        cut = cut_network(built, training_layers(built, "head"))
        assert cut is not None
        trunk = Trunk(built, cut.frontier, ActivationStore(folder))

        def compute(rows: NDArray[np.uint8], key: str) -> None:
            seen = ImageSet(key, len(rows), lambda start, stop: rows[start:stop])
            trunk.activations(seen, cut.frontier)

        def predict(rows: NDArray[np.uint8]) -> None:
            cut.trunk.predict(rows, verbose=0)

        self.flops = _flops(cut.trunk)
        self.conversion = _seconds(lambda: compute(images[:BATCH], "first"))
        predict(images)
        pairs = [
            (
                _seconds(lambda: compute(images, str(number))),  # noqa: B023 (called at once)
                _seconds(lambda: predict(images)),
            )
            for number in range(ROUNDS)
        ]
        ours, theirs = zip(*pairs, strict=True)
        self.ours = len(images) / median(ours)
        self.theirs = len(images) / median(theirs)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak() -> float:
    """Floating-point operations a second in a large product of matrices, the best of some."""
    matrix = tf.random.uniform((MATRIX, MATRIX))
    fastest = min(_seconds(lambda: (matrix @ matrix).numpy()) for _ in range(5))
    return 2 * MATRIX**3 / fastest


def _flops(model: keras.Model) -> int:
    """Operations for one image; a multiplication and its addition are two."""
    return sum(2 * _products(layer) for layer in model.layers)


def _products(layer: keras.Layer) -> int:
    if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        return 0
    *_, height, width, _ = layer.output.shape
    # A kernel (height, width, inputs, outputs) makes one number of each output; depthwise ones
    # (height, width, channels, multiplier) have one for each pair, too.
    return int(height * width * np.prod(layer.kernel.shape))


if __name__ == "__main__":
    main()
