"""AugMix whose chains are drawn anew for every batch."""

from functools import cached_property
from typing import Any

import keras
import tensorflow as tf


class AugMix(keras.layers.AugMix):  # type: ignore[misc] # keras ships no types
    """Chains of changes, blended with each other and with the image (Hendrycks et al. 2020).

    Keras' own layer draws a chain's changes from Python's random numbers. In a pipeline that
    happens once, so that all batches would go through the same chains, and after a stop through
    others. Here they come from the layer's generator, like everything else.
    """

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: Any = None
    ) -> dict[str, Any] | None:
        """The chains of a batch and their shares; None outside training."""
        if not training:
            return None
        # One number more than there are changes: no change at this place.
        places, choices = (self.num_chains, self.chain_depth), len(self._augment_layers) + 1
        return {
            "shares": self._sample_from_dirichlet([self.num_chains], self.alpha, self.generator),
            "original": keras.random.beta((), self.alpha, self.alpha, seed=self.generator),
            "changes": keras.random.randint(places, 0, choices, seed=self.generator),
        }

    def transform_images(
        self, images: Any, transformation: dict[str, Any] | None, training: bool = True
    ) -> Any:
        """Images of the same shape and range."""
        if transformation is None:
            return images
        shares, changes = transformation["shares"], transformation["changes"]
        blend = tf.zeros_like(images)
        for chain in range(self.num_chains):
            changed = images
            for place in range(self.chain_depth):
                changed = self._change(changed, changes[chain, place])
            blend += shares[chain] * changed
        original = transformation["original"]
        return original * images + (1 - original) * blend

    @cached_property
    def _change(self) -> Any:
        """One change of images, by its number; traced once and used at every place."""
        layers = [getattr(self, name) for name in self._augment_layers]

        def change(images: tf.Tensor, choice: tf.Tensor) -> tf.Tensor:
            branches = [lambda layer=layer: layer(images, training=True) for layer in layers]
            changed = tf.switch_case(choice, [*branches, lambda: tf.identity(images)])
            return tf.ensure_shape(changed, images.shape)

        return tf.function(change, autograph=False)
