"""What the cockpit tells without being asked."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from app.presentation.text import error_lines, scores_text
from engine.experiment.record import ExperimentRecord, Status


class Notice(NamedTuple):
    """One notification.

    Args:
        title: what has happened.
        text: the scores, or what went wrong.
        severity: Textual's word for how much it matters.
    """

    title: str
    text: str
    severity: Literal["information", "warning"]


def ended(
    before: Iterable[ExperimentRecord], after: Iterable[ExperimentRecord]
) -> Iterator[Notice]:
    """Which experiments have ended between two looks.

    Args:
        before: the experiments as they were.
        after: as they are now.
    """
    before, after = tuple(before), tuple(after)
    # Of thousands one has changed: what is the same object has not.
    same = set(map(id, before)) & set(map(id, after))
    changed = (record for record in before if id(record) not in same)
    active = {record.id for record in changed if not record.status.is_finished}
    for record in after if active else ():
        if record.id in active and record.status.is_finished:
            well = record.status is Status.DONE
            text = scores_text(record.scores) if well else ""
            if record.error is not None:
                text = "\n".join(error_lines(record.error))
            title = f"{record.id} {record.name} is {record.status}"
            yield Notice(title, text, "information" if well else "warning")
