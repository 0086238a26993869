"""One factor at a time: what each change over the baseline is worth."""

import re
from collections.abc import Sequence
from itertools import combinations
from statistics import stdev

from engine.errors import UserError
from engine.experiment.compare import SeedNoise
from engine.experiment.frozen import Frozen
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec
from engine.recipe.common_folds import folds_done, scores_over
from engine.recipe.factors import reversals
from engine.recipe.proposals import Proposal
from engine.recipe.standing_in import IsThere

# Groups of before name no baseline: their seeds, where there are any, were made from it.
_GROUP = re.compile(r"ablation of (\d+)(?: against (\d+))?, ")


class AllRunError(UserError):
    """Nothing is left to run; what has been run tells all that was asked."""


class AblationPlan(Frozen):
    """What an ablation would run.

    Args:
        baseline: the id of the one whose factors they are held against.
        proposals: the experiment without one factor at a time, then the baseline with other seeds.
        left_out: factors that can't be taken back alone, each with the reason.
        done: what of it has been run already, each with the id of the experiment that did.
    """

    baseline: str
    proposals: tuple[Proposal, ...]
    left_out: tuple[tuple[str, str], ...]
    done: tuple[tuple[Proposal, str], ...] = ()


def plan_ablation(
    records: Sequence[ExperimentRecord],
    experiment: str,
    reference: str | None,
    count: int,
    is_there: IsThere = lambda _: True,
) -> AblationPlan:
    """What to run to see what each factor of an experiment is worth.

    Args:
        records: the notebook.
        experiment: the id of the one whose factors are asked about.
        reference: the baseline's; by default the pinned fit, else the fit it was made from.
        count: seeds of the baseline in all.
        is_there: whether what an experiment predicted is on this disk; without it nothing can be
            held against a factor, which is run again. Seeds are told apart by their scores.

    Returns:
        The experiment without one factor at a time, and the baseline with other seeds, all on
        the experiment's own folds, so that everything is paired; without what has been run.

    Raises:
        UserError: there is no baseline, or nothing differs from it.
        AllRunError: all has been run.
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
    ran = [
        *(((one, experiment), _run_of(one, records, is_there)) for _, one in found),
        *(((one, baseline.id), _run_of(one, records)) for one in seeds(same, count)),
    ]
    proposals = tuple(one for one, run in ran if run is None)
    if not proposals:
        names = ", ".join(dict.fromkeys(run.id for _, run in ran if run is not None))
        raise AllRunError(
            f"All that tells what {experiment} has over {baseline.id} has been run: {names}.",
            "a factor, or a seed of the baseline, that has not.",
            f"see it: `hydra-tui ablate {experiment} --against {baseline.id} --show`; or "
            "ask for more seeds.",
        )
    return AblationPlan(
        baseline=baseline.id,
        proposals=proposals,
        left_out=tuple((" ".join(factor), why) for factor, why in left_out),
        done=tuple((one, run.id) for one, run in ran if run is not None),
    )


def ablated(
    records: Sequence[ExperimentRecord],
    experiment: str,
    reference: str | None = None,
    is_there: IsThere = lambda _: True,
) -> tuple[list[ExperimentRecord], list[ExperimentRecord]]:
    """What tells of an experiment's factors: what was queued for it, and what had been run before.

    Args:
        records: the notebook.
        experiment: the id of the one that was ablated.
        reference: the baseline's, as `ablation_runs` takes it.
        is_there: as `plan_ablation` takes it.

    Returns:
        The runs without a factor, and those of the baseline and its other seeds. None without a
        factor where nothing was queued, and not all that would be has been run.
    """
    runs = ablation_runs(records, experiment, reference)
    known = {record.id: record for record in records}
    named = reference or _reference_of(runs, experiment) or _baseline_of(records, experiment)
    mine, baseline = known.get(experiment), known.get(named or "")
    lacking = [one for one in runs if one.parent == experiment]
    seeded = [one for one in runs if one.parent != experiment]
    spec, other = (None if one is None else one.fit for one in (mine, baseline))
    if spec is None or other is None or baseline is None:
        return lacking, seeded
    wanted = [one for _, one in reversals(spec, other)[0]]
    told = [one.fit for one in lacking if one.fit is not None]
    missed = [one for one in wanted if not any(_is_same(one, fit) for fit in told)]
    before = [_run_of(one, records, is_there) for one in missed]
    if runs:
        # What was used and has lost its predictions since is told of, with what it lacks.
        before = [run or _run_of(one, records) for run, one in zip(before, missed, strict=True)]
    if runs or None not in before:
        lacking += [run for run in before if run is not None]
    taken = {one.fit.seed for one in (baseline, *seeded) if one.fit is not None}
    for run in records:
        if run.status is Status.DONE and run.fit is not None and run.fit.seed not in taken:
            changes = {"seed": run.fit.seed, "folds": spec.folds}
            if _is_same(other.model_copy(update=changes), run.fit):
                seeded.append(run)
                taken.add(run.fit.seed)
    return lacking, [baseline, *seeded]


def _run_of(
    spec: ExperimentSpec,
    records: Sequence[ExperimentRecord],
    is_there: IsThere = lambda _: True,
) -> ExperimentRecord | None:
    """The newest experiment that is done and ran a spec, whatever for."""
    done = (one for one in reversed(records) if one.status is Status.DONE)
    ran = (one for one in done if one.fit is not None and _is_same(spec, one.fit))
    return next((one for one in ran if is_there(one)), None)


def _is_same(spec: ExperimentSpec, other: ExperimentSpec) -> bool:
    return spec.model_copy(update={"stage": other.stage}) == other


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
    # Those that had been run before are used as they are, and are in no group.
    kin = [run.fit for run in (baseline, *ablated(records, experiment)[1])]
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
