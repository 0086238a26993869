"""Experiments held against a reference, on the rows that both predicted."""

from collections.abc import Sequence
from pathlib import Path

from engine.competition.competition import Competition, load_competition
from engine.errors import UserError
from engine.experiment.compare import Compared, Comparison
from engine.jobs.workspace import Workspace
from engine.predictions.deciding import as_submitted, must_answer
from engine.predictions.pairing import paired_log_loss, paired_metric
from engine.predictions.parts import Kinship, kinship
from engine.predictions.stored import side_by_side

Folds = tuple[str, Sequence[int]]


def compare_experiments(
    data: Path, workspace: Workspace, reference: str, experiments: Sequence[Folds]
) -> Comparison:
    """Hold experiments against one of them.

    Args:
        data: the competition's folder.
        workspace: where the runs lie.
        reference: the id of the one that the others are compared with.
        experiments: each one's id and the folds it has done.

    Returns:
        A paired difference for each of the others, or why there is none.

    Raises:
        UserError: the competition can't be loaded.
    """
    competition = load_competition(data, workspace)
    folds, kin = dict(experiments), kinship(competition, workspace.folds)
    compared = [
        _against(competition, workspace, kin, (reference, folds[reference]), (name, done))
        for name, done in experiments
        if name != reference
    ]
    return Comparison(reference=reference, metric=competition.metric, compared=tuple(compared))


def _against(
    competition: Competition, workspace: Workspace, all_kin: Kinship, reference: Folds, other: Folds
) -> Compared:
    try:
        both = side_by_side(workspace, [reference, other], competition)
    except UserError as error:
        # One that can't be compared is no reason to hide the others.
        return Compared(id=other[0], problem=error.happened)
    targets = competition.targets[both.rows]
    theirs, mine = both.validation
    kind, metric, folds = competition.kind, competition.metric, both.fold_of_row
    kin, needs_one = all_kin.of(both.rows), must_answer(competition)
    answers = [
        as_submitted(targets, one, kin, kind, metric, needs_one, folds) for one in (theirs, mine)
    ]
    return Compared(
        id=other[0],
        rows=len(targets),
        # Ranks are no probabilities.
        log_loss=None if both.is_rank else paired_log_loss(targets, theirs, mine, kind, kin.groups),
        metric=paired_metric(targets, answers[0], answers[1], kind, metric, folds, kin.groups),
    )
