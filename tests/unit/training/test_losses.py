"""Losses against their definitions, and class weights against scikit-learn's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.utils.class_weight import compute_class_weight

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import LossSpec
from engine.models.head import sparse_probabilities
from engine.training.losses import class_weights, make_loss, make_metrics

BINARY, MULTICLASS, MULTILABEL = TargetKind.BINARY, TargetKind.MULTICLASS, TargetKind.MULTILABEL
RANDOM = np.random.default_rng(0)
LABELS = np.repeat([0, 1, 2, 3], [20, 10, 5, 5])
ONE_HOT = np.eye(4, dtype=np.float32)[LABELS]
LOGITS = RANDOM.normal(0, 2, (40, 4)).astype(np.float32)


def test_sparsemax_has_the_gradient_of_prediction_minus_target() -> None:
    loss = make_loss(LossSpec(name="sparsemax"), MULTICLASS, ONE_HOT)
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        predictions = sparse_probabilities(logits + 0.0)
        total = tf.reduce_sum(loss.call(tf.constant(ONE_HOT), predictions))
    found = np.asarray(predictions)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found == 0).any()
    np.testing.assert_allclose(tape.gradient(total, logits), found - ONE_HOT, atol=1e-4)


def test_sparsemax_loss_is_nothing_where_the_margin_is_one() -> None:
    logits = tf.constant(3.0 * ONE_HOT)
    loss = make_loss(LossSpec(name="sparsemax"), MULTICLASS, ONE_HOT)
    np.testing.assert_allclose(
        loss.call(tf.constant(ONE_HOT), sparse_probabilities(logits)), 0, atol=1e-6
    )


@pytest.mark.parametrize("kind", [BINARY, MULTILABEL])
def test_sparsemax_refuses_targets_that_share_nothing(kind: TargetKind) -> None:
    with pytest.raises(UserError, match="sparsemax"):
        make_loss(LossSpec(name="sparsemax"), kind, ONE_HOT)


def test_class_weights_are_scikit_learns() -> None:
    wanted = compute_class_weight("balanced", classes=np.arange(4), y=LABELS)
    np.testing.assert_allclose(class_weights(ONE_HOT, MULTICLASS)[1], wanted, rtol=1e-6)
    binary = ONE_HOT[:, :1]
    wanted = compute_class_weight("balanced", classes=np.array([0, 1]), y=binary[:, 0])
    np.testing.assert_allclose(class_weights(binary, BINARY)[:, 0], wanted, rtol=1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
@pytest.mark.parametrize("kind", list(TargetKind))
def test_balanced_losses_weigh_each_row_by_its_class(name: str, kind: TargetKind) -> None:
    targets = ONE_HOT if kind is not BINARY else ONE_HOT[:, :1]
    predictions = 1 / (1 + np.exp(-LOGITS[:, : targets.shape[1]]))
    if kind is MULTICLASS:
        predictions /= predictions.sum(axis=1, keepdims=True)
    spec = LossSpec.model_validate({"name": name})
    plain = make_loss(spec, kind, targets)
    weighted = make_loss(spec.model_copy(update={"balanced": True}), kind, targets)
    weights = class_weights(targets, kind)
    if kind is MULTICLASS:
        wanted = np.asarray(plain.call(targets, predictions)) * weights[1][LABELS]
    else:
        each = np.stack(
            [plain.call(targets[:, [i]], predictions[:, [i]]) for i in range(targets.shape[1])], 1
        )
        wanted = (each * np.where(targets == 1, weights[1], weights[0])).mean(axis=1)
    # As Keras calls it in a fit: within a graph.
    found = tf.function(weighted.call)(tf.constant(targets), tf.constant(predictions))
    np.testing.assert_allclose(found, wanted, rtol=2e-5)


@pytest.mark.parametrize("kind", [BINARY, MULTICLASS])
def test_each_part_of_a_mixed_row_weighs_what_it_would_alone(kind: TargetKind) -> None:
    """MixUp blends a rare class into most rows; its weight must not go to what it is mixed with."""
    targets = ONE_HOT if kind is MULTICLASS else ONE_HOT[:, 1:2]
    weights = class_weights(targets, kind)
    mixed = 0.7 * targets + 0.3 * targets[::-1]
    predictions = np.asarray(keras.ops.softmax(LOGITS))[:, : targets.shape[1]]
    if kind is MULTICLASS:
        wanted = -(weights[1] * mixed * np.log(predictions)).sum(axis=1)
    else:
        present, absent = np.log(predictions), np.log(1 - predictions)
        wanted = -(weights[1] * mixed * present + weights[0] * (1 - mixed) * absent)[:, 0]
    found = make_loss(LossSpec(balanced=True), kind, targets).call(mixed, predictions)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "sparsemax"])
def test_a_mixed_row_costs_what_its_parts_cost(name: str) -> None:
    smoothing = 0.0 if name == "sparsemax" else 0.1
    spec = LossSpec.model_validate({"name": name, "label_smoothing": smoothing, "balanced": True})
    loss, other = make_loss(spec, MULTICLASS, ONE_HOT), ONE_HOT[::-1].copy()
    logits = tf.Variable(LOGITS)

    def gradient(targets: np.ndarray) -> tf.Tensor:
        with tf.GradientTape() as tape:
            # The logits are what sparsemax goes by.
            is_sparse = name == "sparsemax"
            shown = sparse_probabilities(logits + 0.0) if is_sparse else tf.nn.softmax(logits)
            total = tf.reduce_sum(loss.call(tf.constant(targets), shown))
        return tape.gradient(total, logits)

    wanted = 0.7 * gradient(ONE_HOT) + 0.3 * gradient(other)
    np.testing.assert_allclose(gradient(0.7 * ONE_HOT + 0.3 * other), wanted, atol=1e-4)


def test_smoothing_and_gamma_reach_keras() -> None:
    spec = LossSpec(name="focal", label_smoothing=0.1, focal_gamma=1.0)
    predictions = keras.ops.softmax(LOGITS)
    wanted = keras.losses.CategoricalFocalCrossentropy(gamma=1.0, label_smoothing=0.1)
    found = make_loss(spec, MULTICLASS, ONE_HOT)
    assert float(found(ONE_HOT, predictions)) == pytest.approx(float(wanted(ONE_HOT, predictions)))


@pytest.mark.parametrize("kind", [BINARY, MULTILABEL])
def test_a_soft_target_is_right_where_its_likelier_side_is_answered(kind: TargetKind) -> None:
    accuracy = make_metrics(kind)[1]
    soft, answers = (
        np.array([[0.9], [0.2], [0.6], [1.0]], np.float32),
        np.array([[0.7], [0.1], [0.4], [0.2]], np.float32),
    )
    accuracy.update_state(soft, answers)
    assert float(accuracy.result()) == 0.5
