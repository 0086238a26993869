"""What is wrong with an experiment, in words."""

from rich.text import Text

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.diagnosis import Condition, Symptom, diagnose

_NO_GAIN = (Condition.NOISE, Condition.WORSE)


def symptoms_of(record: ExperimentRecord) -> tuple[Symptom, ...]:
    """What is wrong with an experiment, once it has ended by itself.

    Args:
        record: the experiment.
    """
    # What was halted, or goes on, may yet come out otherwise.
    found = diagnose(record) if record.status in (Status.DONE, Status.FAILED) else ()
    # Only what is regularized is to be better than what it was made from.
    is_to_gain = record.stage is Stage.REGULARIZE
    return tuple(one for one in found if is_to_gain or one.condition not in _NO_GAIN)


def diagnosis_facts(record: ExperimentRecord) -> list[tuple[str, str]]:
    """What is wrong, the most urgent first: a name for the first, and values.

    Args:
        record: the experiment.
    """
    found = [_told(one) for one in symptoms_of(record)]
    return [("" if place else "diagnosis", told) for place, told in enumerate(found)]


def diagnosis_line(record: ExperimentRecord | None) -> Text:
    """What is wrong, in a line; empty where nothing is.

    Args:
        record: the experiment; None where none is selected.
    """
    found = () if record is None else symptoms_of(record)
    if record is None or not found:
        return Text()
    line = Text(f"{record.id} · ", "dim", no_wrap=True, overflow="ellipsis")
    return line.append(" · ".join(map(_told, found)), "yellow")


def _told(symptom: Symptom) -> str:
    return f"{symptom.condition}: {symptom.evidence}"
