"""Predictions that are not there: whose, and what brings them."""

from collections.abc import Callable, Sequence
from functools import partial

from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.jobs.tasks import has_predictions
from engine.jobs.workspace import Workspace
from engine.recipe.common_folds import folds_done
from engine.recipe.standing_in import stand_in


def refuse_undone(record: ExperimentRecord) -> None:
    """Stop before work on predictions that there can't be, or not yet.

    Args:
        record: the experiment that is to have predicted.

    Raises:
        UserError: no fold of it is done, or it is a search or a range test.
    """
    if not folds_done(record) or record.spec.kind in ("range_test", "search"):
        raise not_done(record)


def refuse_lost(
    workspace: Workspace,
    records: Sequence[ExperimentRecord],
    known: Sequence[ExperimentRecord],
) -> None:
    """Stop before work on predictions that a clone, or a cleaned disk, does not have.

    Args:
        workspace: where the runs lie.
        records: the experiments whose predictions are needed.
        known: the notebook.

    Raises:
        UserError: those of some are missing; it names other runs of the same specs, and of an
            ensemble the members that have to run again first.
    """
    is_there = partial(has_predictions, workspace)
    lost = [one for one in records if not is_there(one)]
    if not lost:
        return
    happened = f"The predictions of {_named(lost)} are missing"
    wanted, then = lost, ""
    if isinstance(lost[0].spec, EnsembleSpec):
        members = [one for one in known if one.id in lost[0].spec.members]
        wanted = [one for one in members if not is_there(one)] or lost[:1]
        if wanted != lost[:1]:
            happened += f", and those of its members: {', '.join(one.id for one in wanted)}"
            is_run = any(stand_in(one, known, is_there) is None for one in wanted)
            then = f"; and blend {'the new ones' if is_run else 'these'}: `hydra-tui ensemble`"
    raise UserError(
        f"{happened}.",
        f"the files that their runs leave in {workspace.runs}.",
        f"{_instead(wanted, known, is_there, bool(then))}{then}.",
    )


def _instead(
    wanted: Sequence[ExperimentRecord],
    known: Sequence[ExperimentRecord],
    is_there: Callable[[ExperimentRecord], bool],
    are_blended: bool,
) -> str:
    """What to take, or to run again, in place of experiments whose predictions are lost."""
    found = [(one, stand_in(one, known, is_there)) for one in wanted]
    twins = [f"{twin.id} in place of {one.id}" for one, twin in found if twin is not None]
    again = [f"`hydra-tui rerun {one.id}`" for one, twin in found if twin is None]
    parts = [f"take {', '.join(twins)}: the same spec"] if twins else []
    if again:
        parts.append(f"run again what is missing: {'; '.join(again)}")
        places = "run in its place" if len(again) == 1 else "runs in their places"
        parts += [] if are_blended else [f"use the new {places}"]
    return "; and ".join(parts)


def _named(records: Sequence[ExperimentRecord]) -> str:
    ids = ", ".join(one.id for one in records)
    return f"experiment{'s' if len(records) > 1 else ''} {ids}"


def not_done(record: ExperimentRecord) -> UserError:
    """Why nothing can be made of an experiment, or not yet."""
    if record.spec.kind in ("range_test", "search"):
        return UserError(
            f"Experiment {record.id} is a {record.spec.kind.replace('_', ' ')}, "
            "which predicts nothing.",
            "a fit or an ensemble.",
            f"make its best trial one: `hydra-tui promote {record.id}`."
            if record.spec.kind == "search"
            else f"run its spec as one: `hydra-tui run {record.stage} --set kind=fit`.",
        )
    return UserError(
        f"Experiment {record.id} {record.status.verb}.",
        "a fit or an ensemble that is done.",
        f"resume it: `hydra-tui resume {record.id}`; or run it anew: `hydra-tui rerun {record.id}`."
        if record.status.is_finished
        else f"wait for its end: `hydra-tui log {record.id} -f`.",
    )
