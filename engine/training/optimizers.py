"""The optimizer of a phase: its kind, rates by depth, weight decay, clipping, averaged weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from engine.experiment.phase import PhaseSpec
from engine.models.build import BuiltModel
from engine.training.fused_adam import FusedAdam, FusedAdamW
from engine.training.schedules import make_schedule

_KINDS: dict[str, type[keras.optimizers.Optimizer]] = {
    "adam": FusedAdam,
    "adamw": FusedAdamW,
    "nadam": keras.optimizers.Nadam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "lion": keras.optimizers.Lion,
}
_UNDECAYED = ["bias", "gamma", "beta"]
_THIRDS = 3


def make_optimizer(
    phase: PhaseSpec, steps: int, accumulation: int = 1
) -> keras.optimizers.Optimizer:
    """A new optimizer for one phase.

    Args:
        phase: what it asks for.
        steps: batches of an epoch.
        accumulation: batches whose gradients are added up for one step.

    Returns:
        The optimizer, not yet built.
    """
    options: dict[str, Any] = {"momentum": 0.9} if phase.optimizer == "sgd" else {}
    optimizer = _by_depth(_KINDS[phase.optimizer])(
        learning_rate=make_schedule(phase, steps),
        # AdamW decays by itself unless it is told not to.
        weight_decay=phase.weight_decay or (0.0 if phase.optimizer == "adamw" else None),
        global_clipnorm=phase.clip_norm or None,
        use_ema=phase.ema > 0,
        # Keras averages after every batch, also between steps.
        ema_momentum=phase.ema ** (1 / accumulation) if phase.ema else 0.99,
        gradient_accumulation_steps=accumulation if accumulation > 1 else None,
        # The same name for all: a variable's path says what it is in any of them.
        name="optimizer",
        **options,
    )
    optimizer.exclude_from_weight_decay(var_names=_UNDECAYED)
    return optimizer


def set_depth_rates(
    optimizer: keras.optimizers.Optimizer, built: BuiltModel, phase: PhaseSpec
) -> None:
    """Let layers far from the output train more slowly (Howard & Ruder 2018).

    Args:
        optimizer: from `make_optimizer`, built on the trainable variables.
        built: the network; its backbone is cut in thirds of the layers that have weights.
        phase: its `depth_decay` is the factor from third to third.
    """
    inner = inner_optimizer(optimizer)
    weighted = [layer for layer in built.backbone_layers if layer.weights]
    factors = {
        id(weight): phase.depth_decay ** (_THIRDS - index * _THIRDS // len(weighted))
        for index, layer in enumerate(weighted)
        for weight in layer.weights
    }
    inner.factors = [factors.get(id(variable), 1.0) for variable in inner._trainable_variables]


def averaged_weights(
    optimizer: keras.optimizers.Optimizer, weights: Mapping[int, keras.Variable]
) -> dict[int, NDArray[Any]]:
    """The values of some weights, those that trained replaced by their moving averages.

    Args:
        optimizer: one that keeps averages.
        weights: by their place in a network, as `changing_weights` has them.

    Returns:
        By the same places.
    """
    inner = inner_optimizer(optimizer)
    pairs: Sequence[tuple[Any, Any]] = list(
        zip(inner._trainable_variables, inner._model_variables_moving_average, strict=True)
    )
    averages = {id(variable): average for variable, average in pairs}
    return {
        place: np.asarray(averages.get(id(weight), weight)) for place, weight in weights.items()
    }


def carry_over(old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer) -> None:
    """Give a new optimizer the state of an old one of the same phase.

    Args:
        old: whose moments are kept; gradients added up for a step not yet made are not.
        new: built on the same variables, perhaps adding gradients up over more batches.
    """
    # In their order: some of Keras' variables are numbered and not named.
    for value, variable in zip(_state(old), _state(new), strict=True):
        variable.assign(value)
    before, after = (inner_optimizer(one).gradient_accumulation_steps or 1 for one in (old, new))
    steps = int(inner_optimizer(old)._iterations) // before
    inner_optimizer(new)._iterations.assign(steps * after)


def _state(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    added_up = {
        id(gradient)
        for gradient in getattr(inner_optimizer(optimizer), "_accumulated_gradients", ())
    }
    return [variable for variable in optimizer.variables if id(variable) not in added_up]


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> Any:
    """The optimizer itself, which mixed precision wraps in one that scales the loss.

    Args:
        optimizer: what a model was compiled with.
    """
    return getattr(optimizer, "inner_optimizer", optimizer)


def loss_scale(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """By what half precision scales the loss, and for how many steps it has; else nothing.

    Args:
        optimizer: what a model was compiled with.
    """
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return []
    return [optimizer.dynamic_scale, optimizer.step_counter]


def _by_depth(kind: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    class ByDepth(kind):  # type: ignore[misc] # keras ships no types
        """The optimizer, with a rate for every variable."""

        factors: list[float] | None = None

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            """Make one variable's step, at its own rate."""
            if self.factors is not None:
                learning_rate = learning_rate * self.factors[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate)

        def _apply_weight_decay(self, variables: Any) -> None:
            """Let every variable decay at its own rate, too."""
            if self.factors is None:
                super()._apply_weight_decay(variables)
                return
            for variable in variables if self.weight_decay else ():
                if self._use_weight_decay(variable):
                    rate = self.learning_rate * self.factors[self._get_variable_index(variable)]
                    variable.assign(variable - variable * self.weight_decay * rate)

        def finalize_variable_values(self, var_list: Any) -> None:
            """Leave the weights: a phase may take several fits, and only its end averages them."""

    return ByDepth
