"""The fused step against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.training.fused_adam import FusedAdam, FusedAdamW

PAIRS = [
    (FusedAdam, keras.optimizers.Adam),
    (FusedAdamW, keras.optimizers.AdamW),
]


def trained(
    optimizer: keras.optimizers.Optimizer, policy: str = "float32", compiled: bool = False
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and optimizer state after some steps from the same beginning.

    A network that Keras compiles would take the compilers much longer than these steps do.
    """
    random = np.random.default_rng(0)
    shapes = (7, 64), (64,), (64, 1)
    weights = [keras.Variable(random.normal(size=shape) / 4, name="weight") for shape in shapes]
    half = policy == "mixed_float16"
    if half:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(weights)

    def step(x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            first, bias, last = (
                tf.cast(weight.value, tf.float16 if half else tf.float32) for weight in weights
            )
            answers = tf.nn.relu(tf.cast(x, first.dtype) @ first + bias) @ last
            loss = optimizer.scale_loss(tf.reduce_mean((tf.cast(answers, tf.float32) - y) ** 2))
        optimizer.apply(tape.gradient(loss, [weight.value for weight in weights]), weights)

    compiled_step = tf.function(step, jit_compile=compiled)
    x, y = random.normal(size=(96, 7)), random.normal(size=(96, 1))
    for start in (*range(0, 96, 16), *range(0, 96, 16)):
        compiled_step(
            tf.constant(x[start : start + 16], tf.float32),
            tf.constant(y[start : start + 16], tf.float32),
        )
    return [np.asarray(weight) for weight in weights], [
        np.asarray(value) for value in optimizer.variables
    ]


@pytest.mark.parametrize(
    ("fused", "plain", "policy", "compiled"),
    [
        # Every pair of optimizer, precision and compiler, in half of the combinations.
        (*PAIRS[0], "float32", False),
        (*PAIRS[0], "mixed_float16", True),
        (*PAIRS[1], "float32", True),
        (*PAIRS[1], "mixed_float16", False),
    ],
    ids=["adam-float32", "adam-half-xla", "adamw-float32-xla", "adamw-half"],
)
def test_it_steps_as_keras_does(
    fused: type[keras.optimizers.Optimizer],
    plain: type[keras.optimizers.Optimizer],
    policy: str,
    compiled: bool,
) -> None:
    options = {"learning_rate": keras.optimizers.schedules.CosineDecay(1e-2, 30), "name": "one"}
    ours, state = trained(fused(**options), policy, compiled)
    theirs, wanted = trained(plain(**options), policy, compiled)
    # Half precision turns a difference in the last digit into one of its own digits.
    tolerance = 1e-5 if policy == "float32" else 2e-3
    for found, expected in zip([*ours, *state], [*theirs, *wanted], strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("fused", [FusedAdam, FusedAdamW])
def test_gradients_that_are_added_up_make_one_step(
    fused: type[keras.optimizers.Optimizer],
) -> None:
    weight = keras.Variable(np.ones((3, 2), np.float32), name="kernel")
    optimizer = fused(1e-2, gradient_accumulation_steps=2)
    optimizer.build([weight])
    gradient = tf.ones((3, 2))
    optimizer.apply([gradient])
    assert np.array_equal(weight, np.ones((3, 2)))
    optimizer.apply([gradient])
    assert not np.isclose(np.asarray(weight), 1.0).any()
