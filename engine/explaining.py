"""Asks for Grad-CAM: of whose networks, and of a process of its own."""

from collections.abc import Callable, Sequence

from engine.analysis.reports import GradCams
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.helper.client import IDLE_SECONDS, Helper, Progress
from engine.jobs.workspace import Workspace
from engine.lost import refuse_undone
from engine.recipe.common_folds import folds_done

# TensorFlow belongs neither into the cockpit nor into the helper.
_MODULE = "engine.analysis.explain_errors"


def explainer() -> Helper:
    """The process that draws; it is started when it is first asked."""
    return Helper(_MODULE, IDLE_SECONDS)


def explained_by(
    record: ExperimentRecord, known: Callable[[str], ExperimentRecord]
) -> ExperimentRecord:
    """Whose networks explain an experiment.

    Args:
        record: the experiment.
        known: the notebook's record of an id.

    Returns:
        The experiment itself; of an ensemble, the member with the lowest validation log-loss.

    Raises:
        UserError: it predicts nothing, or not yet, or its members are gone.
    """
    refuse_undone(record)
    if not isinstance(record.spec, EnsembleSpec):
        return record
    members = [known(member) for member in record.spec.members]
    losses = {one.id: one.scores.val_log_loss for one in members}
    best = min(members, key=lambda one: float("inf") if (x := losses[one.id]) is None else x)
    # A member may be an ensemble, too.
    return explained_by(best, known)


def refuse_ranks(record: ExperimentRecord, known: Callable[[str], ExperimentRecord]) -> None:
    """Stop before answers are read off ranks: half of all rows would be told to be of each class.

    Args:
        record: the experiment whose errors are to be looked at.
        known: the notebook's record of an id.

    Raises:
        UserError: it predicted ranks; the best of its members is named.
    """
    if record.is_rank:
        best = explained_by(record, known).id
        raise UserError(
            f"Experiment {record.id} is a blend of ranks, which tell the order of the images and "
            "not what is answered, nor how surely.",
            "an experiment whose predictions are probabilities.",
            f"look at its best member: `hydra-tui errors {best}`.",
        )


def ask_grad_cams(
    process: Helper,
    workspace: Workspace,
    data: str,
    record: ExperimentRecord,
    member: ExperimentRecord,
    images: Sequence[str] | None,
    count: int,
    progress: Progress | None,
) -> GradCams:
    """Have the maps drawn; those that lie there already are not drawn again.

    Args:
        process: the one that draws.
        workspace: where the runs lie.
        data: where the competition lies, as the notebook notes it.
        record: the experiment whose predictions are looked at.
        member: the one whose networks explain them.
        images: ids; None for the errors that cost most.
        count: how many images where none is named.
        progress: told what is being done, steps done and steps in all.

    Raises:
        UserError: there is no such image, or weights or predictions are missing.
    """
    if count < 1:
        raise UserError(
            f"{count} images can't be explained.",
            "one image or more.",
            "ask for 12: `hydra-tui errors ID --grad-cam 12`.",
        )
    answer = process.ask(
        "grad_cams",
        progress,
        workspace=str(workspace.root),
        data=data,
        experiment=record.id,
        folds=folds_done(record),
        member=member.id,
        spec=member.spec.model_dump(mode="json"),
        images=None if images is None else list(images),
        count=count,
    )
    return GradCams.model_validate(answer)
