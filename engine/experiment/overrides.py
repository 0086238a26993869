"""`--set a.b=value`: changes to a spec, checked, with the nearest valid name or value."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from itertools import product
from math import inf
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from engine.errors import UserError
from engine.experiment.augmentation import PRESETS
from engine.experiment.choices import OneOf
from engine.experiment.spec import AugmentationSpec, ExperimentSpec, PhaseSpec

# Fields that hold several values, written with commas between them.
LISTS = frozenset({"leave_out"})


def apply_overrides(spec: ExperimentSpec, overrides: Iterable[str]) -> ExperimentSpec:
    """Change some fields of a spec.

    Args:
        spec: the spec to start from; it is not changed.
        overrides: `path=value` texts. A path is a field (`image_size`), a field of a field
            (`head.units`) or of a phase (`phases.0.epochs`; the next free number adds a phase).
            `augmentation` itself takes the name of a set, as in `augmentation=hydrangea`.

    Returns:
        The changed spec.

    Raises:
        UserError: an unknown field, or a value out of range; the nearest valid one is named.
    """
    fields = spec.model_dump(mode="json")
    for override in overrides:
        path, equals, value = override.partition("=")
        if not equals:
            raise UserError(
                f"`{override}` is not an override.",
                "field=value, as in head.units=256.",
                f"write `{override}=VALUE`.",
            )
        if path.strip() == "augmentation":
            fields["augmentation"] = _preset(value.strip())
        else:
            _assign(fields, path.strip(), value.strip())
    return validated(fields)


def changed_alike(
    spec: ExperimentSpec, before: ExperimentSpec, after: ExperimentSpec
) -> ExperimentSpec:
    """Make the same changes to one spec that were made to another.

    Args:
        spec: what is to be changed; it is not changed itself.
        before: the other one as it was.
        after: as it is now; where it has more or fewer phases, its phases are taken as they are.

    Returns:
        The changed spec.

    Raises:
        UserError: a value is possible there, and not here.
    """
    return validated(_merged(*(one.model_dump(mode="json") for one in (spec, before, after))))


def _merged(own: Any, before: Any, after: Any) -> Any:
    values = (own, before, after)
    if all(isinstance(one, dict) for one in values):
        return {name: _merged(own[name], before[name], after[name]) for name in own}
    has_parts = all(isinstance(one, list) and one and isinstance(one[0], dict) for one in values)
    if has_parts and len(own) == len(before) == len(after):
        return [_merged(*parts) for parts in zip(own, before, after, strict=True)]
    return own if before == after else after


def swept(overrides: Iterable[str]) -> list[list[str]]:
    """Every combination of overrides that name several values, separated by commas.

    Args:
        overrides: `path=value` texts, some of them `path=value,value`; a value in quotes, as JSON
            has it, is one whatever stands in it.

    Returns:
        Lists of overrides with one value each; one list when nothing is swept.
    """
    choices = []
    for override in overrides:
        path, equals, value = override.partition("=")
        whole = value.lstrip().startswith("[") or _parsed(value.strip()) != value.strip()
        plain = not equals or path.strip() in LISTS or whole
        values = [value] if plain else value.split(",")
        choices.append([f"{path}={one.strip()}" if equals else path for one in values])
    return [list(one) for one in product(*choices)]


def validated(fields: Mapping[str, Any]) -> ExperimentSpec:
    """Make a spec from plain values.

    Args:
        fields: a spec as JSON has it.

    Returns:
        The spec.

    Raises:
        UserError: the first field that is wrong, with what it may be and the nearest valid value.
    """
    try:
        return ExperimentSpec.model_validate(dict(fields))
    except ValidationError as error:
        raise _explained(error) from error


def field_paths(model: type[BaseModel] = ExperimentSpec, prefix: str = "") -> list[str]:
    """Every path that an override may name; `phases.0` stands for any phase."""
    paths = []
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        if inner is None:
            paths.append(prefix + name)
        else:
            number = "0." if inner is PhaseSpec else ""
            paths += field_paths(inner, f"{prefix}{name}.{number}")
    return paths


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False}.get(text, text)


def _preset(name: str) -> dict[str, Any]:
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, 1, 0.3) or ["none"]
        raise UserError(
            f"There is no set of augmentations called `{name}`.",
            f"one of {', '.join(PRESETS)}.",
            f"write `augmentation={near[0]}`, or name a field: `augmentation.rotation=15`.",
        )
    return AugmentationSpec.model_validate(PRESETS[name]).model_dump(mode="json")


def _assign(fields: dict[str, Any], path: str, text: str) -> None:
    *parents, last = path.split(".")
    place: Any = fields
    for name in parents:
        place = _step(place, name, path)
    value = _parsed(text)
    if path in LISTS:
        names = [name.strip() for name in text.split(",") if name.strip()]
        place[last] = [str(one) for one in value] if isinstance(value, list) else names
    elif not isinstance(place, dict) or last not in place or isinstance(place[last], dict | list):
        raise _unknown(path)
    else:
        # A text may look like a number, as the id of an experiment or of an image does.
        is_text = isinstance(place[last], str) and not isinstance(value, str)
        place[last] = text if is_text else value


def _step(place: Any, name: str, path: str) -> Any:
    if isinstance(place, list):
        if name.isdecimal() and int(name) == len(place):
            place.append(PhaseSpec().model_dump(mode="json"))
        if not name.isdecimal() or int(name) >= len(place):
            raise UserError(
                f"`{path}` names phase {name}, but the spec has phases 0 to {len(place) - 1}.",
                f"a phase from 0 to {len(place)} ({len(place)} adds one).",
                f"write `phases.{len(place)}.epochs=5`, for instance.",
            )
        return place[int(name)]
    if not isinstance(place, dict) or name not in place:
        raise _unknown(path)
    return place[name]


def _unknown(path: str) -> UserError:
    known = field_paths()
    leaf = path.rsplit(".", 1)[-1]
    near = difflib.get_close_matches(path, known, 1, 0.5) or [
        name for name in known if name.rsplit(".", 1)[-1] == leaf
    ]
    near = near or difflib.get_close_matches(leaf, [name.rsplit(".", 1)[-1] for name in known], 1)
    fix = f"write `{near[0]}`." if near else "see every field with its value: `hydra-tui show ID`."
    part = path.rpartition(".")[0]
    # All of them would hide what to do about it.
    names = [name for name in known if part and name.startswith(f"{part}.")] or list(
        dict.fromkeys(name.partition(".")[0] + ".*" * ("." in name) for name in known)
    )
    return UserError(f"`{path}` is not a field of a spec.", f"one of {', '.join(names)}.", fix)


def _explained(error: ValidationError) -> UserError:
    # A misspelt name is why another is missing.
    strange = [one for one in error.errors() if one["type"] == "extra_forbidden"]
    first = (strange or error.errors())[0]
    path = ".".join(str(part) for part in first["loc"])
    value = first["input"]
    context: dict[str, Any] = first.get("ctx", {})
    if first["type"] == "value_error":
        what, _, fix = str(context["error"]).partition("; ")
        where = f"The spec's {path}" if path else "The spec"
        return UserError(f"{where} contradicts itself: {what}.", "fields that agree.", f"{fix}.")
    if first["type"] == "extra_forbidden":
        return _unknown(path)
    if first["type"] == "missing":
        return UserError(f"`{path}` is missing.", "a value for it.", describe_field(path))
    expected, nearest = _range_of(first["type"], context, value, first["msg"])
    fix = f"set {path}={nearest}." if nearest is not None else f"set {path} to such a value."
    return UserError(f"{path}={_shown(value)} is not possible.", f"{expected}.", fix)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _range_of(kind: str, context: dict[str, Any], value: Any, message: str) -> tuple[str, Any]:
    if "ge" in context:
        return f"at least {context['ge']}", context["ge"]
    if "le" in context:
        return f"at most {context['le']}", context["le"]
    if kind == "not_a_choice":
        near = difflib.get_close_matches(str(value), context["names"], 1)
        return context["expected"], near[0] if near else None
    if kind in ("literal_error", "enum"):
        choices = _choices(context["expected"])
        near = difflib.get_close_matches(str(value), choices, 1, 0.3)
        return "one of " + ", ".join(choices), near[0] if near else choices[0]
    if kind == "string_pattern_mismatch":
        return "head, last_convolutions:N or last_blocks:N (N from 1 to 999), or all", "head"
    if kind == "int_from_float":
        return "a whole number", round(value)
    if kind in _KINDS:
        return _KINDS[kind], None
    return message[0].lower() + message[1:], None


# Pydantic speaks of parsing, to a person who has typed something into a form.
_KINDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "True or False",
    "bool_parsing": "True or False",
}


def _choices(expected: str) -> list[str]:
    """The choices in pydantic's words: `'avg' or 'max'`, `<Stage.BASELINE: 'baseline'> or ..`."""
    return re.findall(r"'([^']*)'", expected)


def describe_field(path: str) -> str:
    """What a field means and what it may be, in a sentence.

    Args:
        path: the field, as `field_paths` names it; any phase's number will do.
    """
    field = _field(path)
    return f"{path}: {field.description} {_limits(field)}".strip()


def bounds_of(path: str) -> tuple[float, float]:
    """Between which numbers a field's value may lie; infinite where nothing bounds it.

    Args:
        path: the field, as `field_paths` names it; any phase's number will do.
    """
    bounds = _bounds(_field(path))
    return bounds.get("Ge", -inf), bounds.get("Le", inf)


def _field(path: str) -> FieldInfo:
    model: type[BaseModel] = ExperimentSpec
    field = None
    for name in path.split("."):
        if name.isdigit():
            continue
        field = model.model_fields[name]
        model = _model_of(field.annotation) or model
    assert field is not None
    return field


def _bounds(field: FieldInfo) -> dict[str, Any]:
    return {
        type(rule).__name__: getattr(rule, type(rule).__name__.lower())
        for rule in field.metadata
        if type(rule).__name__ in ("Ge", "Le")
    }


def _limits(field: FieldInfo) -> str:
    bounds = _bounds(field)
    if bounds:
        return f"({bounds['Ge']} to {bounds['Le']})"
    for rule in field.metadata:
        if isinstance(rule, OneOf):
            return f"({rule.words})"
    if get_origin(field.annotation) is not Literal:
        return ""
    return f"({', '.join(str(choice) for choice in get_args(field.annotation))})"
