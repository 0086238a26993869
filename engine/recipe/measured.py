"""What a change was worth where it was made before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from engine.errors import UserError
from engine.experiment.compare import Difference, Verdict, judged
from engine.experiment.overrides import changed_alike
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec

# Older ones were made of what has been improved since.
_MOST_PAIRS = 100
Pair = tuple[ExperimentRecord, ExperimentRecord, Difference]
# These name the experiment, and change nothing that is measured.
_LABELS = frozenset({"seed", "folds", "stage"})


@dataclass(frozen=True)
class Measured:
    """A change as it was measured, row by row.

    Args:
        having: the id of an experiment that has it.
        lacking: the id of one that is the same without it.
        worth: how much better the one that has it is; beyond its noise.
    """

    having: str
    lacking: str
    worth: Difference

    @property
    def told(self) -> str:
        """What is known of the change, in a sentence."""
        verb = self.worth.verdict
        return (
            f"With it, {self.having} is {verb} than {self.lacking} by {abs(self.worth.gain):.4f}."
        )


def measured(
    before: ExperimentSpec, after: ExperimentSpec, pairs: Sequence[Pair]
) -> Measured | None:
    """What a change of a spec was worth when it was made to another one, or taken back there.

    Ablations, sweeps and widened specs measure changes; whoever is to be advised on one wants to
    know.

    Args:
        before: the spec without the change.
        after: the spec with it.
        pairs: what has been measured, as `clear_pairs` finds it.

    Returns:
        The newest of the measurements that are beyond their noise; None where nobody has measured
        the change, or where it was better here and worse there.
    """
    changed = _changed(before, after)
    found = [
        one
        for child, parent, gain in pairs
        if child.fit is not None and parent.fit is not None
        if _changed(parent.fit, child.fit) == changed
        for one in _recognised(before, after, child, parent, gain)
    ]
    return found[0] if len({one.worth.verdict for one in found}) == 1 else None


def clear_pairs(records: Sequence[ExperimentRecord]) -> tuple[Pair, ...]:
    """The newest experiments that are clearly better or worse than what they were made from.

    Args:
        records: the notebook.

    Returns:
        Each with what it was made from, and by how much it is better.
    """
    known = {record.id: record for record in records}
    pairs = (
        (child, parent, judged(child.scores.parent_gain, child.scores.parent_gain_error))
        for child in reversed(records)
        if child.scores.parent_gain is not None
        if (parent := known.get(child.parent or "")) is not None
    )
    clear = (pair for pair in pairs if pair[2].verdict in (Verdict.BETTER, Verdict.WORSE))
    return tuple(islice(clear, _MOST_PAIRS))


def _changed(before: ExperimentSpec, after: ExperimentSpec) -> set[str]:
    names = ExperimentSpec.model_fields.keys() - _LABELS
    return {name for name in names if getattr(before, name) != getattr(after, name)}


def _recognised(
    before: ExperimentSpec,
    after: ExperimentSpec,
    child: ExperimentRecord,
    parent: ExperimentRecord,
    gain: Difference,
) -> Iterator[Measured]:
    """The change, if it is what makes the child differ from the parent, or the parent from it."""
    backward = judged(-gain.gain, gain.error)
    for having, lacking, worth in ((child, parent, gain), (parent, child, backward)):
        if having.fit is None or lacking.fit is None:
            continue
        try:
            same = changed_alike(lacking.fit, before, after)
        except UserError:
            continue
        # What changes nothing there was not measured there.
        if not _changed(same, having.fit) and _changed(lacking.fit, same):
            yield Measured(having.id, lacking.id, worth)
