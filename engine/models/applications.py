"""The networks of `keras.applications`, each with its own preprocessing, as flat graphs."""

import math
from typing import Any

import keras

from engine.experiment.backbones import BackboneFacts
from engine.models.preprocessing import DEVIATION, preprocess


def build_application(facts: BackboneFacts, image_size: int) -> keras.Model:
    """Build a network without its classifier, with random weights.

    Args:
        facts: which one.
        image_size: side of the square input, pixels.

    Returns:
        A functional model from RGB images (batch, side, side, 3) in 0..255 to a feature map
        (batch, height, width, channels). Its layers are those that Keras' weight files list, so
        it may hold nested models: load such a file, then call `flattened`.
    """
    assert facts.keras is not None
    images = keras.Input((image_size, image_size, 3), name="image")
    whole = getattr(keras.applications, facts.keras)(
        include_top=False,
        weights=None,
        input_tensor=preprocess(images, facts.preprocessing),
        input_shape=(image_size, image_size, 3),
    )
    # Keras makes a list of the one input.
    return keras.Model(images, whole.output, name=facts.name)


def flattened(model: keras.Model, facts: BackboneFacts) -> keras.Model:
    """Resolve nested models, and complete what Keras builds for its own weights only.

    Args:
        model: the network; not to be used afterwards when another is returned.
        facts: which one it is.

    Returns:
        The same function with the same weights, in which no layer is a model; `model` itself
        when there is nothing to do.
    """
    lacks_scale = _lacks_scale(facts)
    if not lacks_scale and not any(isinstance(layer, keras.Model) for layer in model.layers):
        return model
    copies: list[tuple[keras.Layer, keras.Layer]] = []

    # New layers, not the same ones called again: those would remember the first graph, too.
    def copy(operation: Any) -> Any:
        if isinstance(operation, keras.Sequential):
            return [copy(layer) for layer in operation.layers]
        twin = type(operation).from_config(operation.get_config())
        if isinstance(operation, keras.Layer):
            copies.append((operation, twin))
        return twin

    def call(operation: Any, *inputs: Any, **options: Any) -> Any:
        if not isinstance(operation, list):
            outputs = operation(*inputs, **options)
            is_place = lacks_scale and isinstance(operation, keras.layers.Normalization)
            return _scale()(outputs) if is_place else outputs
        (outputs,) = inputs
        for layer in operation:
            outputs = layer(outputs)
        return outputs

    flat = keras.models.clone_model(model, clone_function=copy, call_function=call)
    for layer, twin in copies:
        twin.set_weights(layer.get_weights())
        if isinstance(twin, keras.layers.Normalization):
            # It computes with copies of its weights, which only this makes anew.
            twin.finalize_state()
    return flat


def _lacks_scale(facts: BackboneFacts) -> bool:
    """Keras adds a layer to EfficientNet, the first version, only when it loads its own weights."""
    builder = getattr(keras.applications, facts.keras or "", None)
    return builder is not None and builder.__module__.endswith(".efficientnet")


def _scale() -> keras.Layer:
    """Those weights hold deviations where variances belong; this divides by the root again."""
    return keras.layers.Rescaling(
        [1 / math.sqrt(deviation) for deviation in DEVIATION], name="deviation"
    )
