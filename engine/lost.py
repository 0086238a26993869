"""Predictions that are not there: whose, and what brings them."""

from collections.abc import Callable, Sequence

from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.jobs.tasks import has_predictions
from engine.jobs.workspace import Workspace
from engine.recipe.choosing import folds_done


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
    known: Callable[[str], ExperimentRecord],
) -> None:
    """Stop before work on predictions that a clone, or a cleaned disk, does not have.

    Args:
        workspace: where the runs lie.
        records: the experiments whose predictions are needed.
        known: the notebook's record of an id.

    Raises:
        UserError: those of some are missing; of an ensemble it names the members that have to run
            again first.
    """
    lost = [one for one in records if not has_predictions(workspace, one)]
    if not lost:
        return
    happened = f"The predictions of {_named(lost)} are missing"
    again, then = lost, "use the new run in its place"
    if isinstance(lost[0].spec, EnsembleSpec):
        members = [known(member) for member in lost[0].spec.members]
        again = [one for one in members if not has_predictions(workspace, one)]
        if again:
            happened += f", and those of its members: {', '.join(one.id for one in again)}"
            then = "blend the new ones: `hydra-tui ensemble`"
        again = again or lost[:1]
    if len(again) > 1:
        then = then.replace("run in its place", "runs in their places")
    commands = "; ".join(f"`hydra-tui rerun {one.id}`" for one in again)
    raise UserError(
        f"{happened}.",
        f"the files that their runs leave in {workspace.runs}.",
        f"run again what is missing: {commands}; and {then}.",
    )


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
