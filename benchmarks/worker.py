"""What a worker's environment brings on a CPU, against TensorFlow as it comes.

Run: uv run python benchmarks/worker.py
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

from report import Figure, report

from engine.jobs.launchers import worker_environment

ROUNDS = 3
EPOCHS = 3
AIM_RATIO = 1.0
BATCH = 32
# What trains, the images' size, and how many of them take a second or two.
NETWORKS = (
    ("plain_cnn", "all", 32, 2048),
    ("plain_cnn", "all", 64, 768),
    ("wide_cnn", "all", 64, 256),
    ("efficientnet_lite0", "last_blocks:3", 288, 256),
)


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_measured()))
        return
    as_it_comes = {
        name: value
        for name, value in os.environ.items()
        if name != "TF_ENABLE_ONEDNN_OPTS" and not name.startswith("MALLOC_")
    } | {"CUDA_VISIBLE_DEVICES": "-1"}
    # By turns, so that a machine that is busy for a while is so for both.
    rounds = [(_in(worker_environment("cpu")), _in(as_it_comes)) for _ in range(ROUNDS)]
    figures, ratios, aims = [], {}, {}
    for number, (backbone, train, side, _) in enumerate(NETWORKS):
        name = f"{backbone} at {side} px, {train}"
        ours = max(worker[number] for worker, _ in rounds)
        theirs = max(plain[number] for _, plain in rounds)
        figures += [
            Figure(f"{name}: as workers train", ours, "images/s"),
            Figure(f"{name}: TensorFlow as it comes", theirs, "images/s"),
        ]
        ratios[f"{name}: worker / as it comes"] = ours / theirs
        aims[f"{name}: worker / as it comes"] = AIM_RATIO
    report("worker", figures, ratios, aims)


def _in(environment: dict[str, str]) -> list[float]:
    """The speeds of all networks in a process of its own."""
    ran = subprocess.run(
        [sys.executable, __file__, "measure"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    speeds: list[float] = json.loads(ran.stdout.splitlines()[-1])
    return speeds


def _measured() -> list[float]:
    return [_speed(*network) for network in NETWORKS]


def _speed(backbone: str, train: str, side: int, count: int) -> float:
    """Images that are trained on in a second, of random ones."""
    import keras
    import numpy as np
    import tensorflow as tf

    from engine.competition.findings import TargetKind
    from engine.experiment.spec import ExperimentSpec, Stage
    from engine.models.build import build_model
    from engine.models.cutting import cut_network
    from engine.models.freezing import set_trainable, training_layers

    spec = ExperimentSpec(stage=Stage.BASELINE, image_size=side, backbone=backbone, weights="none")
    built = build_model(spec, TargetKind.MULTICLASS, 10)
    model: Any = built.model
    generator = np.random.default_rng(0)
    inputs = generator.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    set_trainable(built, train)
    if (cut := cut_network(built, training_layers(built, train))) is not None:
        model, (tensor,) = cut.rest, cut.frontier
        inputs = generator.random((count, *tensor.shape[1:]), np.float32)
    targets = np.eye(10, dtype=np.float32)[generator.integers(0, 10, count)]
    model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy")
    batches = tf.data.Dataset.from_tensor_slices((inputs, targets)).batch(BATCH)
    model.fit(batches, verbose=0)
    seconds = []
    for _ in range(EPOCHS):
        began = time.perf_counter()
        model.fit(batches, verbose=0)
        seconds.append(time.perf_counter() - began)
    return count / min(seconds)


if __name__ == "__main__":
    main()
