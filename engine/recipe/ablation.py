"""One factor at a time: what each change over the baseline is worth."""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain, combinations
from statistics import stdev
from typing import Any

from engine.errors import UserError
from engine.experiment.compare import SeedNoise, flat_fields
from engine.experiment.frozen import Frozen
from engine.experiment.overrides import validated
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec
from engine.recipe.choosing import folds_done, scores_over
from engine.recipe.proposals import Proposal

# These name the experiment, and change nothing that is measured.
_NO_FACTORS = frozenset({"stage", "seed", "folds"})
# Each backbone has weights of its own.
_NETWORK = ("backbone", "weights")
# Groups of before name no baseline: their seeds, where there are any, were made from it.
_GROUP = re.compile(r"ablation of (\d+)(?: against (\d+))?, ")

# The fields that are taken back together, as `--set` names them.
Factor = tuple[str, ...]


class AblationPlan(Frozen):
    """What an ablation would run.

    Args:
        baseline: the id of the one whose factors they are held against.
        proposals: the experiment without one factor at a time, then the baseline with other seeds.
        left_out: factors that can't be taken back alone, each with the reason.
    """

    baseline: str
    proposals: tuple[Proposal, ...]
    left_out: tuple[tuple[str, str], ...]


def plan_ablation(
    records: Sequence[ExperimentRecord], experiment: str, reference: str | None, count: int
) -> AblationPlan:
    """What to run to see what each factor of an experiment is worth.

    Args:
        records: the notebook.
        experiment: the id of the one whose factors are asked about.
        reference: the baseline's; by default the pinned fit, else the fit it was made from.
        count: seeds of the baseline in all.

    Returns:
        The experiment without one factor at a time, and the baseline with other seeds, all on
        the experiment's own folds, so that everything is paired.

    Raises:
        UserError: there is no baseline, or nothing differs from it.
    """
    known = {record.id: record for record in records}
    mine = known.get(experiment)
    named = reference or _baseline_of(records, experiment)
    baseline = known.get(named or "")
    spec, other = (None if one is None else one.fit for one in (mine, baseline))
    if spec is None or other is None or baseline is None or baseline.id == experiment:
        raise UserError(
            f"There is no ablation of experiment {experiment} against "
            f"{named or 'a fit it was made from'}.",
            "two different fits: the one whose factors are asked about, and its baseline.",
            "pin a baseline in the cockpit, or name both: `hydra-tui ablate ID --against ID`.",
        )
    found, left_out = reversals(spec, other)
    if not found and left_out:
        raise UserError(
            f"Nothing of experiment {experiment} can be taken back alone: {left_out[0][1]}",
            f"at least one field in which it and {baseline.id} differ, and that can.",
            f"name another baseline: `hydra-tui ablate {experiment} --against ID`.",
        )
    if not found:
        raise UserError(
            f"Experiment {experiment} does not differ from {baseline.id}.",
            "at least one field that does.",
            f"name another baseline: `hydra-tui ablate {experiment} --against ID`.",
        )
    same = other.model_copy(update={"folds": spec.folds})
    proposals = (
        *((one, experiment) for _, one in found),
        *((one, baseline.id) for one in seeds(same, count)),
    )
    return AblationPlan(
        baseline=baseline.id,
        proposals=proposals,
        left_out=tuple((" ".join(factor), why) for factor, why in left_out),
    )


def ablation_group(experiment: str, baseline: str) -> str:
    """What the group of an ablation's runs is called, before the id of its first run.

    Args:
        experiment: the id of the one that is ablated.
        baseline: the id of the one that it is ablated against, which one seed leaves no trace of.
    """
    return f"ablation of {experiment} against {baseline},"


def ablation_runs(
    records: Sequence[ExperimentRecord], experiment: str, reference: str | None = None
) -> tuple[ExperimentRecord, ...]:
    """What was queued to ablate an experiment: runs without a factor, and the baseline's seeds.

    Args:
        records: the notebook.
        experiment: the id of the one that was ablated.
        reference: the baseline whose ablation is asked for; by default the newest one's, for
            seeds of several baselines differ in more than their seeds.
    """
    groups: dict[str, list[ExperimentRecord]] = {}
    for one in records:
        named = _GROUP.match(one.group or "")
        if named is not None and named[1] == experiment:
            groups.setdefault(named.string, []).append(one)
    asked = [
        runs for runs in groups.values() if reference in (None, _reference_of(runs, experiment))
    ]
    return tuple(asked[-1]) if asked else ()


def _reference_of(runs: Sequence[ExperimentRecord], experiment: str) -> str | None:
    """The baseline of an ablation; None where nothing tells of it."""
    named = _GROUP.match(runs[0].group or "") if runs else None
    of_seeds = (run.parent for run in runs if run.parent != experiment)
    return (named and named[2]) or next(of_seeds, None)


def another_seed(
    records: Sequence[ExperimentRecord], experiment: str
) -> tuple[ExperimentSpec, str, str] | None:
    """One seed more of the baseline that an ablation was run against.

    Args:
        records: the notebook.
        experiment: the id of the one that was ablated.

    Returns:
        The spec, its parent and its group; None where nothing was ablated, or the baseline is gone.
    """
    runs = ablation_runs(records, experiment)
    named = _reference_of(runs, experiment) or _baseline_of(records, experiment)
    baseline = next((record for record in records if record.id == named), None)
    if not runs or baseline is None or baseline.fit is None:
        return None
    kin = [run.fit for run in (*runs, baseline) if run.parent == named or run is baseline]
    changes = {"seed": 1 + max(fit.seed for fit in kin if fit), "folds": len(runs[0].tasks)}
    return baseline.fit.model_copy(update=changes), baseline.id, runs[0].group or ""


def _baseline_of(records: Sequence[ExperimentRecord], experiment: str) -> str | None:
    """The pinned fit, else the nearest fit that the experiment was made from.

    A promoted trial was made from a search, and that from a fit.
    """
    known = {record.id: record for record in records}
    for record in records:
        if record.pinned and record.fit is not None and record.id != experiment:
            return record.id
    above, seen = known.get(experiment), {experiment}
    while above is not None and above.parent not in (None, *seen):
        above = known.get(above.parent or "")
        if above is not None and above.fit is not None:
            return above.id
        seen.add(above.id if above is not None else "")
    return None


def seed_noise(runs: Sequence[ExperimentRecord]) -> SeedNoise | None:
    """By how much the log-losses of runs differ that differ in their seeds only.

    Args:
        runs: the baseline, which may have been run on fewer folds or on more, and its other seeds.

    Returns:
        The noise over the most folds that two of them have done, for folds differ
        more than seeds do; None where no two have a fold in common.
    """
    done = [(one, frozenset(folds_done(one))) for one in runs]
    common = [mine & theirs for (_, mine), (_, theirs) in combinations(done, 2)]
    folds = max(common, key=len, default=frozenset())
    scores = [scores_over(one, folds) for one, ran in done if folds and folds <= ran]
    losses = [one.val_log_loss for one in scores if one.val_log_loss is not None]
    if len(losses) < 2:
        return None
    return SeedNoise(deviation=stdev(losses), seeds=len(losses))


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


def seeds(baseline: ExperimentSpec, count: int) -> tuple[ExperimentSpec, ...]:
    """The baseline with other seeds, for the noise between runs that differ in nothing else.

    Args:
        baseline: the spec, which counts as one of them.
        count: how many seeds in all.

    Returns:
        The others.
    """
    return tuple(
        baseline.model_copy(update={"seed": baseline.seed + more}) for more in range(1, count)
    )


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
