"""The axes of a linear head on frozen features, and the network that is nearest to it."""

import math
from collections.abc import Mapping

from engine.errors import UserError
from engine.experiment.augmentation import AugmentationSpec
from engine.experiment.phase import PhaseSpec
from engine.experiment.search import Axis, Value
from engine.experiment.spec import ExperimentSpec, HeadSpec

STRENGTH, SCALING, FLIP = "C", "scaling", "flip"
AXES = (
    Axis(path=STRENGTH, values=(0.001, 0.01, 0.1, 1.0, 10.0)),
    Axis(path=SCALING, values=(True, False)),
    Axis(path=FLIP, values=(True, False)),
)
DEFAULTS: dict[str, Value] = {STRENGTH: 1.0, SCALING: False, FLIP: False}
_EPOCHS, _PATIENCE, _RATE = 100, 5, 1e-3
_WORDS = {"true": True, "false": False}


def parse_head_axis(text: str) -> Axis:
    """Read one axis of a linear head as it is typed.

    Args:
        text: `C=0.01,0.1,1`, `scaling=true,false` or `flip=true,false`.

    Returns:
        The axis.

    Raises:
        UserError: another name, or a value that is not possible.
    """
    path, _, values = (part.strip() for part in text.partition("="))
    known = ", ".join(axis.path for axis in AXES)
    if path not in DEFAULTS:
        raise UserError(
            f"`{path}` is nothing that a linear head has.",
            f"one of {known}.",
            "write `C=0.01,0.1,1`; fields of a spec are varied by the other strategies.",
        )
    try:
        chosen = tuple(dict.fromkeys(_value(path, one.strip()) for one in values.split(",")))
    except (ValueError, KeyError):
        hint = "C=0.01,0.1,1" if path == STRENGTH else f"{path}=true,false"
        expected = "positive numbers" if path == STRENGTH else "true, false, or both"
        raise UserError(
            f"`{text}` is not possible.",
            f"{expected}, separated by commas.",
            f"write `{hint}`.",
        ) from None
    return Axis(path=path, values=chosen)


def _value(path: str, text: str) -> Value:
    if path != STRENGTH:
        return _WORDS[text.lower()]
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(text)
    return number


def network(base: ExperimentSpec, values: Mapping[str, Value]) -> ExperimentSpec:
    """The network that is nearest to a linear head on frozen features.

    Scaling becomes batch normalisation, flipped views a bank with flips. The strength of the ridge
    has no field of its own: the head stops when it no longer gets better instead, which holds
    weights back in the same way (Goodfellow et al. 2016, section 7.8).

    Args:
        base: the spec whose backbone gave the features.
        values: the trial's.
    """
    flips = bool(values.get(FLIP, DEFAULTS[FLIP]))
    return base.model_copy(
        update={
            "head": HeadSpec(
                layers=0,
                batch_norm=bool(values.get(SCALING, DEFAULTS[SCALING])),
                pooling="max" if base.head.pooling == "max" else "avg",
            ),
            "phases": (
                PhaseSpec(train="head", epochs=_EPOCHS, patience=_PATIENCE, learning_rate=_RATE),
            ),
            "augmentation": AugmentationSpec(horizontal_flip=flips, bank=4 if flips else 0),
            "views": 2 if flips else 1,
            # The head was fitted on all rows of the other folds.
            "rows": 1.0,
        }
    )
