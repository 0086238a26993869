"""Twelve heads on one frozen backbone: the engine's cached activations against plain Keras.

EfficientNet-Lite0 with its ImageNet weights at 224 px; units x dropout x learning rate, so that
every variant is a fit of its own. The plain script runs the frozen backbone in every batch of
every epoch; some epochs are measured and the rest of its time is extrapolated.

Run: uv run python benchmarks/head_sweep.py [FOLDER]
"""

import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median

import keras
from report import Figure, report
from roses import data_folder, fit, fold_of, spec_of

from engine.experiment.spec import ExperimentSpec
from engine.models.build import build_model
from engine.models.freezing import set_trainable
from engine.training.data import FoldData
from engine.training.pipeline import Source, batches_in, ordered_batches, training_batches

UNITS, DROPOUTS, RATES = (64, 128, 256), (0.0, 0.5), (1e-3, 3e-4)
EPOCHS = 15
# Of one variant of the plain script; the first, in which TensorFlow traces, is not counted.
MEASURED = 3
AIM = 15.0


def main() -> None:
    data = data_folder((__doc__ or "").partition("\n")[0])
    specs = [_spec(*values) for values in product(UNITS, DROPOUTS, RATES)]
    with tempfile.TemporaryDirectory() as place:
        scratch, root = Path(place) / "scratch", Path(place) / "workspace"
        scratch.mkdir()
        root.mkdir()
        fold = fold_of(data, scratch, specs[0])
        runs = []
        for number, spec in enumerate(specs):
            runs.append(fit(data, root, spec, str(number)))
            keras.backend.clear_session()
        epoch, prediction = _plain(fold, specs[0])
    ours = sum(run.seconds for run in runs)
    theirs = len(specs) * (EPOCHS * epoch + prediction)
    losses = [run.scores.val_log_loss or 0.0 for run in runs]
    report(
        "head_sweep",
        [
            Figure(f"engine: {len(specs)} heads of {EPOCHS} epochs, with the cache", ours, "s"),
            Figure("engine: the first, which builds the cache", runs[0].seconds, "s"),
            Figure("engine: each of the others, median", median(r.seconds for r in runs[1:]), "s"),
            Figure("plain Keras: one epoch, measured", epoch, "s"),
            Figure("plain Keras: predictions of one variant, measured", prediction, "s"),
            Figure(f"plain Keras: {len(specs)} heads, extrapolated", theirs, "s"),
            Figure("validation log-loss: best of the heads", min(losses), ""),
            Figure("validation log-loss: worst of the heads", max(losses), ""),
        ],
        {"the sweep, plain Keras / engine": theirs / ours},
        {"the sweep, plain Keras / engine": AIM},
    )


def _spec(units: int, dropout: float, rate: float) -> ExperimentSpec:
    return spec_of(
        "backbone=efficientnet_lite0",
        "weights=imagenet",
        "image_size=224",
        "phases.0.train=head",
        f"phases.0.epochs={EPOCHS}",
        f"phases.0.learning_rate={rate}",
        f"head.units={units}",
        f"head.dropout={dropout}",
    )


def _plain(fold: FoldData, spec: ExperimentSpec) -> tuple[float, float]:
    """Seconds of an epoch with its validation, and of predicting all that the engine predicts."""
    model, rows = _compiled(fold, spec), fold.train_rows
    source = Source(fold.train.array, fold.competition.targets)
    validation = ordered_batches(source, fold.validation_rows, 64)
    seconds = []
    for epoch in range(MEASURED):
        began = time.perf_counter()
        model.fit(
            training_batches(source, rows, spec.batch_size, spec.seed, (epoch, 0)),
            steps_per_epoch=batches_in(rows, spec.batch_size),
            validation_data=validation,
            verbose=0,
        )
        seconds.append(time.perf_counter() - began)
    began = time.perf_counter()
    for images in (fold.train.array, fold.test.array):
        model.predict(images, batch_size=64, verbose=0)
    return median(seconds[1:]), time.perf_counter() - began


def _compiled(fold: FoldData, spec: ExperimentSpec) -> keras.Model:
    built = build_model(spec, fold.competition.kind, len(fold.competition.classes))
    set_trainable(built, "head")
    built.model.compile(
        keras.optimizers.Adam(spec.phases[0].learning_rate),
        "binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    return built.model


if __name__ == "__main__":
    main()
