"""Cheaper beginnings of what takes long."""

from collections.abc import Iterator, Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.recipe.affording import known_size
from engine.recipe.costs import estimate_seconds
from engine.recipe.lengths import head_alone
from engine.recipe.moves import Move
from engine.recipe.proposals import Proposal

# Who waits longer does something else meanwhile; seconds.
_LONG = 120.0
# What costs more of it than this is no cheaper beginning.
_SHARE = 0.5


def sooner(
    moves: Sequence[Move], summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Iterator[tuple[str, str, tuple[Proposal, ...]]]:
    """What may be run first, where a move would take minutes or hours.

    Args:
        moves: what is proposed, the best first.
        summary: how many images there are.
        records: the notebook, for the costs.

    Returns:
        Titles, reasons and specs: of the first of its fits alone, where it has several, and of
        heads on frozen backbones, where it tunes more; none of them where it is soon done.
    """
    long = next((one for one in moves if one.kind == "run" and (one.seconds or 0.0) > _LONG), None)
    if long is None:
        return
    first = long.specs[0][0]
    alone = f"run the first alone: {first.backbone} {first.image_size}px"
    heads = [one for one in (_head(spec, records, summary) for spec in long.specs) if one]
    for title, reason, specs in (
        (alone, "it promises most, and the others can follow", long.specs[:1]),
        ("train heads alone", "what is frozen is computed once; tuning can follow", heads),
    ):
        costs = [estimate_seconds(spec, summary, records) for spec, _ in specs]
        seconds = sum(one or 0.0 for one in costs)
        if 0 < seconds < _SHARE * (long.seconds or 0.0):
            yield title, reason, tuple(specs)


def _head(
    proposal: Proposal, records: Sequence[ExperimentRecord], summary: CompetitionSummary
) -> Proposal | None:
    """The same with nothing but its head trained, on images of which features are kept."""
    spec, parent = proposal
    if spec.phases[0].train != "head" or spec.trains_head_alone:
        return None
    size = min(known_size(spec, records), spec.image_size)
    return head_alone(spec.model_copy(update={"image_size": size}), summary), parent
