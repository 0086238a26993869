"""What the cockpit tells without being asked."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from app.presentation.text import duration, error_lines, scores_text
from engine.experiment.metrics import LOG_LOSS, in_words
from engine.experiment.record import ExperimentRecord, Status
from engine.pilot.flight import Flight

_MOST_TOLD = 4
_MOST_STEPS = 3


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
) -> Iterator[ExperimentRecord]:
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
            yield record


def notice_of(record: ExperimentRecord) -> Notice:
    """How one experiment has ended.

    Args:
        record: the experiment.
    """
    well = record.status is Status.DONE
    text = scores_text(record.scores) if well else ""
    if record.error is not None:
        text = "\n".join(error_lines(record.error))
    title = f"{record.id} {record.name} {record.status.verb}"
    return Notice(title, text, "information" if well else "warning")


def away_notice(records: Sequence[ExperimentRecord]) -> Notice:
    """How experiments have ended while nobody looked, in few words: the tables have the rest.

    Args:
        records: the experiments.
    """
    # What went wrong first: it must not be what there is no room for.
    told = sorted(records, key=lambda one: one.status is Status.DONE)
    parts = [_ending(one) for one in told[:_MOST_TOLD]]
    more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    is_well = all(one.status in (Status.DONE, Status.STOPPED) for one in told)
    text = f"{', '.join(parts)}{more}."
    return Notice("While you were away", text, "information" if is_well else "warning")


def landed_notice(flight: Flight) -> Notice:
    """How the autopilot has ended: what it did last and why, and what it leaves.

    Args:
        flight: what it says of itself.
    """
    told = [f"{one.stage}: {one.what} · {one.why}" for one in flight.entries[-_MOST_STEPS:]]
    left = f"Submission of experiment {flight.best}: {flight.submission}"
    if not flight.submission:
        left = "No submission."
    elif any(flight.submission in one for one in told):
        # Its last step was to write it.
        left = ""
    text = "\n".join(filter(None, (*told, flight.problem or left)))
    is_well = flight.status == "done" and not flight.problem
    title = f"The autopilot is {flight.status}, after {duration(flight.used)}"
    return Notice(title, text, "information" if is_well else "warning")


def _ending(record: ExperimentRecord) -> str:
    scores = record.scores
    value = scores.val_log_loss if scores.val_metric is None else scores.val_metric
    how = str(record.status)
    if record.status is Status.DONE:
        by = ""
        if scores.metric is not None and scores.metric != LOG_LOSS:
            by = f" {in_words(scores.metric)}"
        how = "ended" if value is None else f"ended at{by} {value:.4f}"
    return f"{record.id} {record.stage} {how}"
