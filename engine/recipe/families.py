"""Plain networks trained from nothing, or pretrained ones: which goes on."""

from collections.abc import Sequence
from enum import StrEnum

from engine.competition.findings import CompetitionSummary
from engine.experiment.compare import Verdict
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.choosing import done_of, leading, on_common_folds, unpaired

# Pixels of the longer side. Small ones in colour may be photographs; small grey ones are written.
PHOTOGRAPH_SIDE, _COLOUR_SIDE = 96, 32
_GREY = ("1", "L", "LA", "I", "F")
# A rival that is behind by no more than this share of what the other one has learned is blended.
_CLOSE = 0.25


class Family(StrEnum):
    """What a network knows before it is trained."""

    PLAIN = "plain"
    PRETRAINED = "pretrained"

    @property
    def rival(self) -> "Family":
        """The other one."""
        return Family.PLAIN if self is Family.PRETRAINED else Family.PRETRAINED


def family_of(spec: ExperimentSpec) -> Family:
    """What a spec's backbone begins with."""
    return Family.PLAIN if spec.weights == "none" else Family.PRETRAINED


def usual_family(summary: CompetitionSummary) -> Family:
    """What such pictures are given before anything has run."""
    side = summary.median_side
    colourful = sum(count for mode, count in summary.modes if not mode.startswith(_GREY))
    is_colour = 2 * colourful > sum(count for _, count in summary.modes)
    is_photograph = side >= (_COLOUR_SIDE if is_colour else PHOTOGRAPH_SIDE)
    return Family.PRETRAINED if is_photograph else Family.PLAIN


def best_family(summary: CompetitionSummary, records: Sequence[ExperimentRecord]) -> Family:
    """The family to go on with: the usual one, unless its rival is better as a baseline.

    Args:
        summary: what was recognised of the competition.
        records: the notebook.
    """
    usual = usual_family(summary)
    both = _compared(usual.rival, usual, records)
    # Beyond the noise: what few rows say is worth less than what is known of pictures.
    is_beaten = both is not None and unpaired(*both).verdict is Verdict.BETTER
    return usual.rival if is_beaten else usual


def close_rival(summary: CompetitionSummary, records: Sequence[ExperimentRecord]) -> Family | None:
    """The other family, where its baseline was not far behind: its mistakes are others.

    Args:
        summary: what was recognised of the competition.
        records: the notebook.
    """
    best = best_family(summary, records)
    both = _compared(best.rival, best, records)
    if both is None:
        return None
    theirs, ours = both
    learned = (ours.prior_log_loss or 0.0) - (ours.val_log_loss or 0.0)
    behind = (theirs.val_log_loss or 0.0) - (ours.val_log_loss or 0.0)
    return best.rival if behind < _CLOSE * learned else None


def _compared(
    family: Family, other: Family, records: Sequence[ExperimentRecord]
) -> tuple[Scores, Scores] | None:
    """The scores of two families' best baselines, where both have run."""
    ours, theirs = best_baseline(records, family), best_baseline(records, other)
    return None if ours is None or theirs is None else on_common_folds(ours, theirs)


def best_baseline(records: Sequence[ExperimentRecord], family: Family) -> ExperimentRecord | None:
    """The best baseline of a family.

    Args:
        records: the notebook.
        family: which.
    """
    done = done_of(records, Stage.BASELINE)
    alike = [one for one in done if one.fit is not None and family_of(one.fit) is family]
    return leading(alike, Stage.BASELINE)
