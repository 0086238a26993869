"""Optimizers and schedules of a phase, alone and in a fit that stops and goes on."""

import keras
import numpy as np
import pytest

from engine.competition.findings import TargetKind
from engine.events.types import BatchEnded, EpochEnded
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import ExperimentSpec, PhaseSpec
from engine.jobs.workspace import Workspace
from engine.models.build import build_model
from engine.models.freezing import set_trainable
from engine.training.compiling import compile_model
from engine.training.optimizers import averaged_weights, make_optimizer
from engine.training.schedules import make_schedule
from engine.training.stopping import StopRequested
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit, stop_at, stored

STEPS = 10


def rates(**fields: object) -> list[float]:
    phase = PhaseSpec.model_validate({"learning_rate": 0.1, "epochs": 10} | fields)
    schedule = make_schedule(phase, STEPS)
    assert callable(schedule)
    return [float(schedule(step)) for step in range(phase.epochs * STEPS)]


def test_cosine_falls_from_the_rate_to_nothing() -> None:
    found = rates(schedule="cosine")
    wanted = keras.optimizers.schedules.CosineDecay(0.1, 100)
    assert found == pytest.approx([float(wanted(step)) for step in range(100)], abs=1e-6)


def test_warm_up_rises_and_then_stays_or_falls() -> None:
    for schedule, last in (("constant", 0.1), ("cosine", 0.0)):
        found = rates(schedule=schedule, warmup=2)
        assert found[:20] == sorted(found[:20])
        assert 0 < found[0] < 0.01
        assert max(found) == pytest.approx(0.1)
        assert found[20] == pytest.approx(0.1)
        assert found[-1] == pytest.approx(last, abs=1e-3)


def test_one_cycle_rises_for_three_tenths() -> None:
    found = rates(schedule="one_cycle")
    assert found.index(max(found)) == 30
    assert found[0] < 0.1 / 10
    assert found[-1] < 0.001


def compiled(phase: PhaseSpec, accumulation: int = 1) -> keras.Model:
    spec = tiny_spec("phases.0.train=all").model_copy(update={"phases": (phase,)})
    built = build_model(spec, TargetKind.MULTICLASS, 3)
    set_trainable(built, "all")
    targets = np.eye(3, dtype=np.float32)
    compile_model(built, built.model, TargetKind.MULTICLASS, phase, targets, STEPS, accumulation)
    return built.model


IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 8, 8, 3)).astype(np.float32)
LABELS = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]


def moved(phase: PhaseSpec) -> dict[str, float]:
    """How far each variable moves in one step."""
    model = compiled(phase)
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    model.train_on_batch(IMAGES, LABELS)
    return {
        weight.path: float(np.abs(weight.numpy() - before[weight.path]).max())
        for weight in model.trainable_weights
    }


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "sgd", "rmsprop", "lion"])
def test_every_optimizer_moves_every_weight(name: str) -> None:
    phase = PhaseSpec.model_validate({"optimizer": name, "learning_rate": 0.01})
    assert min(moved(phase).values()) > 0


def test_rates_fall_with_the_distance_from_the_output() -> None:
    # The first step of Adam is the rate itself, whatever the gradient.
    steps = moved(PhaseSpec(learning_rate=0.01, depth_decay=0.1))
    output = next(step for path, step in steps.items() if path.startswith("output/kernel"))
    kernels = [step for path, step in steps.items() if "conv" in path and "kernel" in path]
    assert output == pytest.approx(1e-2, rel=0.05)
    assert kernels[0] == pytest.approx(1e-5, rel=0.05)
    assert kernels[-1] == pytest.approx(1e-3, rel=0.05)
    assert kernels == sorted(kernels)


def test_decay_shrinks_kernels_and_leaves_biases() -> None:
    optimizer = make_optimizer(PhaseSpec(learning_rate=0.1, weight_decay=0.5), STEPS)
    kernel = keras.Variable(np.ones((2, 2)), name="kernel")
    bias = keras.Variable(np.ones(2), name="bias")
    optimizer.build([kernel, bias])
    optimizer.apply([np.zeros((2, 2), np.float32), np.zeros(2, np.float32)])
    np.testing.assert_allclose(kernel, 1 - 0.1 * 0.5)
    np.testing.assert_allclose(bias, 1)


def test_layers_far_from_the_output_decay_as_slowly_as_they_train() -> None:
    phase = PhaseSpec(optimizer="sgd", learning_rate=0.1, weight_decay=0.5, depth_decay=0.1)
    model = compiled(phase)
    kernels = [weight for weight in model.trainable_weights if weight.name == "kernel"]
    before = [np.abs(kernel).sum() for kernel in kernels]
    model.optimizer.apply([np.zeros(w.shape, np.float32) for w in model.trainable_weights])
    lost = [1 - np.abs(k).sum() / b for k, b in zip(kernels, before, strict=True)]
    assert lost == pytest.approx([5e-5, 5e-4, 5e-3, 5e-2], rel=0.05)


def test_a_clipped_gradient_is_no_longer_than_asked() -> None:
    optimizer = make_optimizer(PhaseSpec(optimizer="sgd", learning_rate=1.0, clip_norm=0.1), STEPS)
    weight = keras.Variable(np.zeros(4), name="kernel")
    optimizer.build([weight])
    optimizer.apply([np.full(4, 7.0, np.float32)])
    assert float(np.linalg.norm(weight)) == pytest.approx(0.1, rel=1e-3)


def test_averages_reach_as_far_back_whatever_the_batches_of_a_step() -> None:
    averages = []
    for accumulation in (1, 4):
        optimizer = make_optimizer(
            PhaseSpec(optimizer="sgd", learning_rate=1.0, ema=0.9), STEPS, accumulation
        )
        weight = keras.Variable(np.zeros(1), name="kernel")
        optimizer.build([weight])
        for step in range(20 * accumulation):
            optimizer.apply([np.full(1, -1.0 if step < 5 * accumulation else 0.0, np.float32)])
        averages.append(float(optimizer._model_variables_moving_average[0][0]))
    assert averages[1] == pytest.approx(averages[0], rel=0.1)


def test_averaged_weights_lag_behind() -> None:
    model = compiled(PhaseSpec(learning_rate=0.1, ema=0.9))
    start = model.get_weights()
    model.train_on_batch(IMAGES, LABELS)
    first = model.get_weights()
    model.train_on_batch(IMAGES, LABELS)
    now = model.get_weights()
    averages = list(averaged_weights(model.optimizer, dict(enumerate(model.weights))).values())
    trained = {id(weight) for weight in model.trainable_weights}
    for index, weight in enumerate(model.weights):
        wanted = 0.9 * first[index] + 0.1 * now[index] if id(weight) in trained else now[index]
        np.testing.assert_allclose(averages[index], wanted, atol=1e-5)
    assert any(not np.allclose(a, b) for a, b in zip(start, averages, strict=True))


EVERYTHING = tiny_spec(
    "phases.0.epochs=4",
    "phases.0.learning_rate=0.01",
    "phases.0.optimizer=adamw",
    "phases.0.schedule=cosine",
    "phases.0.warmup=1",
    "phases.0.weight_decay=0.01",
    "phases.0.clip_norm=1",
    "phases.0.ema=0.8",
    "phases.0.depth_decay=0.5",
    "head.dropout=0.4",
    "augmentation=photo",
    "augmentation.mixup=0.3",
)
PLATEAU = apply_overrides(
    EVERYTHING, ["phases.0.warmup=0", "phases.0.schedule=plateau", "phases.0.learning_rate=0.2"]
)


@pytest.mark.slow
@pytest.mark.parametrize("spec", [EVERYTHING, PLATEAU], ids=["cosine", "plateau"])
def test_resumed_with_everything_on_is_as_never_stopped(
    place: Workspace, tmp_path_factory: pytest.TempPathFactory, spec: ExperimentSpec
) -> None:
    whole, folder = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("stopped")
    told = Told()
    scores = fit(place, spec, whole, told)
    with pytest.raises(StopRequested):
        fit(place, spec, folder, stop_at(BatchEnded, 1, 2))
    rest = Told()
    resumed = fit(place, spec, folder, rest)
    assert rest.losses() == pytest.approx({e: told.losses()[e] for e in (1, 2, 3)}, abs=1e-4)
    assert rest.losses("learning_rate") == pytest.approx(
        {e: told.losses("learning_rate")[e] for e in (1, 2, 3)}
    )
    assert resumed.val_log_loss == pytest.approx(scores.val_log_loss, abs=1e-4)
    np.testing.assert_allclose(stored(folder)["test"], stored(whole)["test"], atol=1e-4)


@pytest.mark.slow
def test_averages_are_kept_also_after_a_stop_behind_the_last_epoch(
    place: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec = tiny_spec("phases.0.epochs=2", "phases.0.learning_rate=0.05", "phases.0.ema=0.8")
    scores = fit(place, spec, tmp_path_factory.mktemp("whole"))
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(StopRequested):
        fit(place, spec, folder, stop_at(EpochEnded, 1))
    assert fit(place, spec, folder).val_log_loss == pytest.approx(scores.val_log_loss, abs=1e-4)


def test_a_plateau_lowers_the_rate(place: Workspace) -> None:
    told = Told()
    spec = apply_overrides(PLATEAU, ["phases.0.epochs=8", "phases.0.ema=0"])
    fit(place, spec, place.root / "plateau", told)
    found = list(told.losses("learning_rate").values())
    losses = list(told.losses().values())
    assert found[0] == pytest.approx(0.2)
    flat, best = 0, float("inf")
    wanted, rate = [], 0.2
    for loss in losses:
        flat = 0 if loss < best else flat + 1
        best = min(best, loss)
        wanted.append(rate)
        if flat == 2:
            rate, flat = rate / 5, 0
    assert found == pytest.approx(wanted)
    assert min(found) < 0.2, "it never had cause to"


def test_a_range_test_finds_rates_that_learn(place: Workspace) -> None:
    spec = tiny_spec("kind=range_test", "seed=3")
    told = Told()
    scores = fit(place, spec, place.root / "range", told)
    rates, losses = told.losses("learning_rate"), told.losses("loss")
    assert len(rates) > 50
    assert rates[0] == pytest.approx(1e-7)
    assert list(rates.values()) == sorted(rates.values())
    best = min(losses, key=losses.__getitem__)
    assert scores.suggested_rate == pytest.approx(rates[best] / 10, rel=1e-3)
    assert losses[best] < 0.95 * losses[0], "no rate learnt anything"
    assert scores.val_log_loss is None
    assert not (place.root / "range" / "predictions.npz").exists()
