"""Copies of one picture under different labels: what of them is left, and what they cost."""

from collections import Counter
from collections.abc import Collection, Iterable
from math import log

from engine.competition.findings import (
    CompetitionSummary,
    Conflict,
    Finding,
    TargetKind,
    concerning,
)

# As many copies of one picture as a line has room for.
_MOST_NAMED = 6


def contradiction(conflicts: Collection[Conflict]) -> Finding | None:
    """What a person should know of them.

    Args:
        conflicts: copies whose labels differ.

    Returns:
        The finding; None where there are none.
    """
    if not conflicts:
        return None
    return concerning(
        [_told(one) for one in conflicts],
        f"Pictures of which there are copies with different labels: {len(conflicts)}.",
        "one label a picture: no model can fit both, so the training loss can't reach zero.",
        "look at them (c on the cockpit's data screen) and correct the wrong label; or leave one "
        "copy out of training: m there, or `hydra-tui leave-out ID`.",
    )


def conflicts_left(
    conflicts: Iterable[Conflict], left_out: Collection[str]
) -> tuple[Conflict, ...]:
    """The conflicts that are left where some images are not trained on.

    Args:
        conflicts: copies whose labels differ.
        left_out: ids of labelled images.
    """
    out = frozenset(left_out)
    found = []
    for one in conflicts:
        kept = [pair for pair in zip(one.ids, one.labels, strict=True) if pair[0] not in out]
        if len({labels for _, labels in kept}) > 1:
            ids, labels = zip(*kept, strict=True)
            found.append(Conflict(ids=ids, labels=labels))
    return tuple(found)


def findings_left(summary: CompetitionSummary, left_out: Collection[str]) -> tuple[Finding, ...]:
    """What is still odd in a competition where some images are not trained on.

    Args:
        summary: what was recognised.
        left_out: ids of labelled images.
    """
    before = contradiction(summary.conflicts)
    after = contradiction(conflicts_left(summary.conflicts, left_out))
    found = (after if finding == before else finding for finding in summary.findings)
    return tuple(finding for finding in found if finding is not None)


def conflict_floor(summary: CompetitionSummary, left_out: Collection[str] = ()) -> float:
    """The least log-loss of any model: copies with different labels can't all be answered right.

    Args:
        summary: what was recognised.
        left_out: ids of labelled images that are not trained on.

    Returns:
        Nats a row, the mean over the rows; of labels, too, when the target is multilabel.
    """
    total = 0.0
    for one in conflicts_left(summary.conflicts, left_out):
        shares = Counter(label for labels in one.labels for label in labels)
        size = len(one.ids)
        for count in shares.values():
            total -= size * _x_log_x(count / size)
            if summary.target is TargetKind.MULTILABEL:
                total -= size * _x_log_x(1 - count / size)
    if summary.target is TargetKind.MULTILABEL:
        total /= len(summary.class_counts)
    return total / max(summary.labelled_images - len(left_out), 1)


def _x_log_x(share: float) -> float:
    return share * log(share) if share > 0 else 0.0


def _told(conflict: Conflict) -> str:
    named = [
        f"{identifier} ({' '.join(labels) or 'none'})"
        for identifier, labels in zip(conflict.ids, conflict.labels, strict=True)
    ]
    more = " = .." if len(named) > _MOST_NAMED else ""
    return " = ".join(named[:_MOST_NAMED]) + more
