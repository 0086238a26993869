"""Every change of a training image, its labels, and its random numbers."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from engine.experiment.augmentation import PRESETS
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import AugmentationSpec
from engine.training.augmentation import Augmentation
from engine.training.pipeline import Source, training_batches
from engine.training.warp import FLIPS, Warp, views_of
from tests.support import tiny_spec

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (8, 16, 16, 3)).astype(np.uint8)
TARGETS = np.eye(3, dtype=np.float32)[RANDOM.integers(0, 3, 8)]
STRENGTH = {"horizontal_flip": True, "vertical_flip": True, "rotation": 90.0}
ALONE = [name for name in AugmentationSpec.model_fields if name not in ("mixup", "cutmix", "bank")]


def changed(spec: AugmentationSpec, number: int = 0, seed: int = 0) -> NDArray[np.float32]:
    images = Augmentation(spec, seed).change(tf.constant(IMAGES), tf.constant(number, tf.int64))
    return np.asarray(images, np.float32)


def mixed(spec: AugmentationSpec, number: int = 0) -> tuple[NDArray[np.float32], ...]:
    augmentation, at = Augmentation(spec, 0), tf.constant(number, tf.int64)
    images = augmentation.change(tf.constant(IMAGES), at)
    return tuple(
        np.asarray(part, np.float32) for part in augmentation.mix(images, tf.constant(TARGETS), at)
    )


@pytest.mark.parametrize("name", ALONE)
def test_every_field_changes_images_within_their_range(name: str) -> None:
    spec = AugmentationSpec.model_validate({name: STRENGTH.get(name, 0.5)})
    images = changed(spec)
    assert images.shape == IMAGES.shape
    assert not np.allclose(images, IMAGES, atol=0.5)
    assert images.min() >= -0.01
    assert images.max() <= 255.01


@pytest.mark.parametrize("name", [*ALONE, "mixup", "cutmix"])
def test_the_networks_precision_is_not_the_images(name: str) -> None:
    spec = AugmentationSpec.model_validate({name: STRENGTH.get(name, 0.5)})
    expected = mixed(spec, 1)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        found = mixed(spec, 1)
    finally:
        keras.config.set_dtype_policy("float32")
    for part, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_cutout_reaches_the_share_of_images_it_names(share: float) -> None:
    images = np.zeros((400, 8, 8, 3), np.uint8)
    augmentation = Augmentation(AugmentationSpec(cutout=share), 0)
    found = np.asarray(augmentation.change(tf.constant(images), tf.constant(0, tf.int64)))
    assert found.any(axis=(1, 2, 3)).mean() == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_cutmix_shares_labels_by_its_alpha(alpha: float) -> None:
    images, own = np.zeros((400, 32, 32, 3), np.float32), np.eye(400, dtype=np.float32)
    augmentation, at = Augmentation(AugmentationSpec(cutmix=alpha), 0), tf.constant(0, tf.int64)
    _, targets = augmentation.mix(augmentation.change(tf.constant(images), at), own, at)
    shares = np.random.default_rng(0).beta(alpha, alpha, 10_000)
    wanted = np.maximum(shares, 1 - shares).mean()
    assert np.asarray(targets).max(axis=1).mean() == pytest.approx(wanted, abs=0.03)


def test_no_field_changes_nothing() -> None:
    np.testing.assert_array_equal(changed(AugmentationSpec()), IMAGES)
    assert not AugmentationSpec().is_active


# AugMix's own are tested below, where its long graph is traced but once.
@pytest.mark.parametrize("name", ["rotation", "rand_augment", "cutout"])
def test_the_numbers_depend_on_seed_and_batch_alone(name: str) -> None:
    spec = AugmentationSpec.model_validate({name: STRENGTH.get(name, 0.5)})
    np.testing.assert_array_equal(changed(spec, 5), changed(spec, 5))
    assert not np.allclose(changed(spec, 5), changed(spec, 6))
    assert not np.allclose(changed(spec, 5), changed(spec, 5, seed=1))


def test_saturation_only_moves_between_grey_and_colour() -> None:
    grey = np.broadcast_to(IMAGES[..., :1], IMAGES.shape)
    images = Augmentation(AugmentationSpec(saturation=0.8), 0).change(
        tf.constant(grey), tf.constant(0, tf.int64)
    )
    np.testing.assert_allclose(images, grey, atol=1.0)


def test_mixup_blends_images_and_labels_alike() -> None:
    images, targets = mixed(AugmentationSpec(mixup=1.0))
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-5)
    assert ((targets > 0.01) & (targets < 0.99)).any()
    # Each image is a blend of two of the batch, in the share that its label says.
    for image, target in zip(images, targets, strict=True):
        blends = [
            (float(np.abs(share * a + (1 - share) * b - image).max()), ya, yb, share)
            for a, ya in zip(IMAGES.astype(float), TARGETS, strict=True)
            for b, yb in zip(IMAGES.astype(float), TARGETS, strict=True)
            for share in [_share(image, a, b)]
        ]
        _, ya, yb, share = min(blends, key=lambda blend: blend[0])
        np.testing.assert_allclose(share * ya + (1 - share) * yb, target, atol=0.01)


def _share(image: NDArray[np.floating], a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    difference = a - b
    length = float((difference**2).sum())
    return float(np.clip(((image - b) * difference).sum() / length, 0, 1)) if length else 1.0


def test_cutmix_takes_every_pixel_from_one_of_two_images() -> None:
    images, targets = mixed(AugmentationSpec(cutmix=1.0))
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-5)
    assert not np.allclose(images, IMAGES)
    matches = (images[:, None] == IMAGES[None].astype(np.float32)).all(axis=-1).any(axis=1)
    assert matches.all()


def test_mixup_and_cutmix_take_turns() -> None:
    both = AugmentationSpec(mixup=1.0, cutmix=1.0)
    is_whole = []
    for number in (0, 1):
        images, _ = mixed(both, number)
        pixels = (images[:, None] == IMAGES[None].astype(np.float32)).all(axis=-1).any(axis=1)
        is_whole.append(bool(pixels.all()))
    assert is_whole == [False, True]


def test_labels_stay_with_images_that_only_change() -> None:
    spec = tiny_spec("augmentation=photo").augmentation
    source = Source(IMAGES, TARGETS)
    rows = np.arange(8)
    plain = next(iter(training_batches(source, rows, 4, 0)))
    images, targets = next(
        iter(training_batches(source, rows, 4, 0, (0, 0), Augmentation(spec, 0)))
    )
    assert not np.allclose(images, plain[0])
    np.testing.assert_array_equal(targets, plain[1])


@pytest.mark.parametrize("name", ["rotation", "shear", "translation", "zoom"])
def test_what_warps_goes_with_what_must_know_the_size(name: str) -> None:
    """As in a fit: within a graph, where a size that isn't told is unknown."""
    values = {name: STRENGTH.get(name, 0.5), "cutout": 1.0, "mixup": 0.4, "cutmix": 1.0}
    augmentation = Augmentation(AugmentationSpec.model_validate(values), 0)
    batches = training_batches(Source(IMAGES, TARGETS), np.arange(8), 4, 0, (0, 0), augmentation)
    images, targets = next(iter(batches))
    assert images.shape == (4, *IMAGES.shape[1:])
    assert np.isfinite(images).all()
    np.testing.assert_allclose(np.sum(targets, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("strength", [0.0, 1e-6])
def test_views_turn_all_images_alike(strength: float) -> None:
    """With an interpolation and without one: flips are named, the rest is drawn."""
    spec = AugmentationSpec(horizontal_flip=True, vertical_flip=True, translation=strength)
    turned = [IMAGES, IMAGES[:, :, ::-1], IMAGES[:, ::-1], IMAGES[:, ::-1, ::-1]]
    assert list(views_of(spec, 4)) == list(FLIPS)[1:]
    for wanted, flips in zip(turned, FLIPS, strict=True):
        views = Augmentation(spec, 0, flips).change(tf.constant(IMAGES), tf.constant(0, tf.int64))
        np.testing.assert_allclose(views, wanted, atol=0.1)


def test_views_are_as_many_as_the_changes_tell_apart() -> None:
    mirrored = AugmentationSpec(horizontal_flip=True, cutout=0.5)
    assert list(views_of(mirrored, 5)) == [(True, False)], "a third would be the image again"
    shifted = AugmentationSpec(vertical_flip=True, translation=0.1)
    assert list(views_of(shifted, 5)) == [(False, True), (False, False)] * 2
    assert list(views_of(shifted, 1)) == []
    assert list(views_of(AugmentationSpec(rotation=10), 3)) == [(False, False)] * 2


def test_a_batch_met_again_after_a_stop_is_changed_alike() -> None:
    spec = tiny_spec("augmentation=photo", "augmentation.mixup=0.4").augmentation
    source, rows = Source(IMAGES, TARGETS), np.arange(8)
    batches = iter(training_batches(source, rows, 2, 0, (0, 0), Augmentation(spec, 0)))
    whole = [next(batches) for _ in range(6)]
    later = next(iter(training_batches(source, rows, 2, 0, (1, 1), Augmentation(spec, 0))))
    for part, again in zip(whole[5], later, strict=True):
        np.testing.assert_array_equal(part, again)


def test_nothing_of_it_is_done_by_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor kept there. Where there is none, whatever is asked of one fails."""

    def for_the_gpu(items: Iterator[object]) -> Iterator[object]:
        for _ in range(2):
            with tf.device("GPU:0"):
                item = next(items)
            yield item

    monkeypatch.setattr("engine.training.pipeline.ahead", for_the_gpu)
    spec = AugmentationSpec(rotation=10, brightness=0.2, mixup=0.2)
    is_soft = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    try:
        with tf.device("GPU:0"):
            augmentation = Augmentation(spec, 0)
        batches = training_batches(
            Source(IMAGES, TARGETS), np.arange(8), 4, 0, (0, 0), augmentation
        )
        assert len(list(batches.take(2))) == 2
    finally:
        tf.config.set_soft_device_placement(is_soft)


@pytest.mark.slow
def test_the_chains_of_aug_mix_are_the_batchs_own() -> None:
    spec = AugmentationSpec(aug_mix=0.5)
    # As after a stop: another object, another state of Python's own random numbers.
    np.testing.assert_array_equal(changed(spec, 2), changed(spec, 2))
    assert not np.allclose(changed(spec, 2), changed(spec, 3))


@pytest.mark.parametrize("name", list(PRESETS))
def test_named_sets_are_what_they_say(name: str) -> None:
    spec = apply_overrides(tiny_spec("augmentation.zoom=0.3"), [f"augmentation={name}"])
    assert spec.augmentation == AugmentationSpec.model_validate(PRESETS[name])


def test_all_parts_of_a_warp_are_one_interpolation() -> None:
    """Keras' layers, one behind the other, blur once each; where nothing is drawn all agree."""
    spec = AugmentationSpec(rotation=1e-4, shear=1e-6, translation=1e-6, zoom=1e-6)
    np.testing.assert_allclose(changed(spec), IMAGES, atol=0.1)


def test_a_warp_turns_about_the_middle() -> None:
    image = np.zeros((64, 33, 33, 1), np.float32)
    image[:, 16, 16] = 255
    warp = Warp(AugmentationSpec(rotation=180, zoom=0.2), seed=0)
    turned = np.asarray(warp(image, training=True))
    assert (turned[:, 16, 16] > 200).all()


def test_a_warp_flips_half_of_the_images() -> None:
    spec = AugmentationSpec(horizontal_flip=True, translation=1e-6)
    image = np.zeros((400, 8, 8, 1), np.float32)
    image[:, :, 0] = 255
    flipped = np.asarray(Warp(spec, seed=0)(image, training=True))
    share = (flipped[:, 4, 7, 0] > 128).mean()
    assert share == pytest.approx(0.5, abs=0.08)
    assert ((flipped[:, 4, 7, 0] > 128) != (flipped[:, 4, 0, 0] > 128)).all()
