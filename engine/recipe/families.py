"""Plain networks trained from nothing, or pretrained ones: which goes on."""

from collections.abc import Sequence
from enum import StrEnum

from engine.competition.findings import CompetitionSummary
from engine.experiment.compare import Verdict
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.choosing import done_of, leading
from engine.recipe.common_folds import on_common_folds
from engine.recipe.noise import difference

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
    own, other = best_baseline(records, usual), best_baseline(records, usual.rival)
    if own is None:
        # One that fails here would fail again.
        has_failed = other is not None and bool(baselines(records, usual))
        return usual.rival if has_failed else usual
    both = None if other is None else _on_equal_rows(other, own)
    if other is None or both is None:
        return usual
    # Beyond the noise: what few rows say is worth less than what is known of pictures.
    is_beaten = difference(other, own, both).verdict is Verdict.BETTER
    return usual.rival if is_beaten else usual


def is_close(family: Family, records: Sequence[ExperimentRecord]) -> bool:
    """Whether a family's baseline is not far behind the other's: its mistakes are others.

    Args:
        family: which.
        records: the notebook.
    """
    own, other = best_baseline(records, family), best_baseline(records, family.rival)
    both = None if own is None or other is None else _on_equal_rows(own, other)
    if both is None:
        return False
    losses = [scores.val_log_loss or 0.0 for scores in both]
    learned = (both[1].prior_log_loss or 0.0) - losses[1]
    return learned > 0 and losses[0] - losses[1] < _CLOSE * learned


def baselines(records: Sequence[ExperimentRecord], family: Family) -> list[ExperimentRecord]:
    """The baselines of a family, however they ended.

    Args:
        records: the notebook.
        family: which.
    """
    return [
        one
        for one in records
        if one.stage is Stage.BASELINE and one.fit is not None and family_of(one.fit) is family
    ]


def best_baseline(records: Sequence[ExperimentRecord], family: Family) -> ExperimentRecord | None:
    """The best baseline of a family that has predicted.

    Args:
        records: the notebook.
        family: which.
    """
    done = done_of(baselines(records, family), Stage.BASELINE)
    return leading(done, Stage.BASELINE)


def _on_equal_rows(
    record: ExperimentRecord, other: ExperimentRecord
) -> tuple[Scores, Scores] | None:
    """The scores of two baselines; more rows are no merit of a family."""
    if record.fit is None or other.fit is None or record.fit.rows != other.fit.rows:
        return None
    return on_common_folds(record, other)
