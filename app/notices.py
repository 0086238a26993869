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
    active = {record.id for record in before if not record.status.is_finished}
    for record in after:
        if record.id in active and record.status.is_finished:
            well = record.status is Status.DONE
            text = scores_text(record.scores) if well else ""
            if record.error is not None:
                text = "\n".join(error_lines(record.error))
            title = f"{record.id} {record.name} is {record.status}"
            yield Notice(title, text, "information" if well else "warning")
