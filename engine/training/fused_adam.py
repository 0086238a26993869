"""Adam whose step for a variable is one operation instead of a dozen."""

from typing import Any

import keras
import tensorflow as tf


class _Fused:
    """What Keras' Adam computes, by the kernel that TensorFlow has for it.

    Keras goes through memory a dozen times, which takes longer than the gradients of a large
    dense layer. The kernel computes the same in one pass, in another order of rounding, on a CPU,
    on a GPU, and within XLA.
    """

    def update_step(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Make one variable's step (Kingma & Ba 2015, section 2, its last lines).

        Args:
            gradient: of the variable's shape.
            variable: what is to be changed.
            learning_rate: a number.
        """
        kind, index = variable.dtype, self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, kind)
        beta_1, beta_2 = (tf.cast(beta, kind) for beta in (self.beta_1, self.beta_2))
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=tf.cast(learning_rate, kind),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )


class FusedAdam(_Fused, keras.optimizers.Adam):  # type: ignore[misc] # keras ships no types
    """Keras' `Adam`, faster."""


class FusedAdamW(_Fused, keras.optimizers.AdamW):  # type: ignore[misc] # keras ships no types
    """Keras' `AdamW`, faster."""


def _handle(variable: Any) -> Any:
    """What the kernel changes in place: of TensorFlow's own variable, which Keras' wraps."""
    return getattr(variable, "_value", variable).handle
