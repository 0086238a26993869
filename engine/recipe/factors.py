"""The factors in which a spec differs from a baseline, each taken back alone."""

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain
from typing import Any

from engine.errors import UserError
from engine.experiment.compare import flat_fields
from engine.experiment.overrides import validated
from engine.experiment.spec import ExperimentSpec

# These name the experiment, and change nothing that is measured.
_NO_FACTORS = frozenset({"stage", "seed", "folds"})
# Each backbone has weights of its own.
_NETWORK = ("backbone", "weights")

# The fields that are taken back together, as `--set` names them.
Factor = tuple[str, ...]


def reversals(
    spec: ExperimentSpec, baseline: ExperimentSpec
) -> tuple[tuple[tuple[Factor, ExperimentSpec], ...], tuple[tuple[Factor, str], ...]]:
    """The spec with one factor at a time taken back to the baseline.

    A set of augmentations is one factor, and so are phases of another number, a backbone with its
    weights, and what turns other fields on with those; other fields are factors by themselves,
    unless they do nothing on either side.

    Args:
        spec: the one whose factors are asked about.
        baseline: what it is compared with.

    Returns:
        Each factor with the spec that lacks it; then each that can't be taken back alone, with
        the reason.
    """
    mine, theirs = (one.model_dump(mode="json") for one in (spec, baseline))
    found, left_out = [], []
    for factor in _factors(mine, theirs):
        try:
            found.append((factor, validated(_taken_back(mine, theirs, factor))))
        except UserError as error:
            left_out.append((factor, error.happened))
    return tuple(found), tuple(left_out)


def _factors(mine: dict[str, Any], theirs: dict[str, Any]) -> list[Factor]:
    factors: list[Factor] = []
    network = tuple(name for name in _NETWORK if mine[name] != theirs[name])
    for name in mine:
        if name in _NO_FACTORS or mine[name] == theirs[name]:
            continue
        same_phases = name != "phases" or len(mine[name]) == len(theirs[name])
        if name in network:
            if name == network[0]:
                factors.append((*network, *_thawed(mine, theirs)))
        elif name in ("augmentation", "pseudo") or not same_phases:
            factors.append((name,))
        else:
            inner, outer = (flat_fields(one[name], f"{name}.") for one in (mine, theirs))
            factors += [(path,) for path in inner if inner[path] != outer.get(path)]
    return _coupled(factors, *(flat_fields(one) for one in (mine, theirs)))


def _coupled(
    factors: Sequence[Factor], mine: dict[str, Any], theirs: dict[str, Any]
) -> list[Factor]:
    """The factors without fields that do nothing, or do something on one side alone.

    The former are left out, and the latter are taken back with their switch.
    """
    found = list(factors)
    for switch, is_on, names in _switches(mine):
        on = [is_on(one[switch]) for one in (mine, theirs) if switch in one]
        if all(on):
            continue
        moved = tuple(factor for factor in found if set(factor) <= names)
        found = [
            factor + tuple(chain(*moved)) if any(on) and switch in factor else factor
            for factor in found
            if factor not in moved
        ]
    return found


def _switches(mine: dict[str, Any]) -> Iterator[tuple[str, Callable[[Any], bool], Set[str]]]:
    """Fields that turn others on, by which values, and those others."""
    yield "head.layers", bool, {"head.units", "head.activation"}
    yield "loss.name", lambda name: name == "focal", {"loss.focal_gamma"}
    for switch in mine:
        if switch.startswith("phases.") and switch.endswith(".train"):
            phase = switch.removesuffix("train")
            # They are of the backbone's layers.
            yield (
                switch,
                lambda train: train != "head",
                {f"{phase}depth_decay", f"{phase}batch_norm"},
            )


def _thawed(mine: dict[str, Any], theirs: dict[str, Any]) -> Factor:
    """The phases that would leave frozen what, without weights, has learned nothing."""
    if theirs["weights"] != "none":
        return ()
    phases = enumerate(mine["phases"])
    return tuple(f"phases.{place}.train" for place, one in phases if one["train"] != "all")


def _taken_back(mine: dict[str, Any], theirs: dict[str, Any], factor: Factor) -> dict[str, Any]:
    fields = ExperimentSpec.model_validate(mine).model_dump(mode="json")
    for path in factor:
        place: Any = fields
        source: Any = theirs
        *parents, last = path.split(".")
        for name in parents:
            # The baseline may have fewer phases.
            key: Any = min(int(name), len(source) - 1) if isinstance(source, list) else name
            place, source = place[int(name) if isinstance(place, list) else name], source[key]
        place[last] = source[last]
    return fields
