"""What the form of a spec says of the field that the cursor stands in, and of itself."""

from engine.experiment.memory import describe_backbone
from engine.experiment.overrides import LISTS, describe_field
from engine.experiment.spec import ExperimentSpec

TEXT = "The whole spec; what is left out has its default. ctrl+t goes back to the form."
FOUND = "find: enter goes to what is found; esc shows all fields again."
ALSO = (
    "also set: any field=value as `--set` takes them, separated by spaces. Adds a phase "
    "(phases.1.epochs=5), takes a named set (augmentation=hydrangea), sweeps (seed=1,2)."
)
SWEPT = "A sweep is several specs, and TOML shows one: leave one value in each field first."
RED = "What is red below is to be mended first; esc leaves without running."
FEWER = "The form can't take phases away: go on here; ctrl+r runs it."


def field_help(path: str, has_choices: bool, spec: ExperimentSpec | None) -> str:
    """What a field means, and how it is typed.

    Args:
        path: the field.
        has_choices: whether it is stepped through.
        spec: what the form says; None while that is not possible.
    """
    is_backbone = path == "backbone" and spec is not None
    text = describe_backbone(spec) if is_backbone and spec else describe_field(path)
    step = " Space: next choice." if has_choices else ""
    return f"{text}{step}" + ("" if path in LISTS else " Several, as 1,2: one run each.")
