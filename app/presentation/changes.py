"""What an experiment changes of the one it was derived from, in a few words."""

from engine.experiment.compare import differing_fields
from engine.experiment.record import ExperimentRecord

# What another column tells, or what is of no interest to training.
_TOLD = frozenset({"stage", "backbone", "image_size", "folds"})
_MOST = 3


def changes_text(record: ExperimentRecord, origin: ExperimentRecord | None) -> str:
    """What tells an experiment from others of its stage and backbone.

    Args:
        record: the experiment.
        origin: the one it was derived from, or another of its group; None where none is known.

    Returns:
        The fields by the last part of their paths, with the new values; nothing of a rerun, or
        where one of the two is no fit.
    """
    if origin is None or origin.fit is None or record.fit is None:
        return ""
    rows = [row for row in differing_fields([origin.fit, record.fit]) if row[0] not in _TOLD]
    told = [f"{path.rpartition('.')[2]} {_short(now)}" for path, (_, now) in rows[:_MOST]]
    more = len(rows) - _MOST
    return ", ".join(told) + (f" +{more}" if more > 0 else "")


def is_changed(record: ExperimentRecord, origin: ExperimentRecord | None) -> bool:
    """Whether `changes_text` has anything to tell; found out in a fraction of its time.

    Args:
        record: the experiment.
        origin: the one it was derived from, or another of its group; None where none is known.
    """
    if origin is None or origin.fit is None or record.fit is None:
        return False
    told = {name: getattr(record.fit, name) for name in _TOLD}
    return origin.fit.model_copy(update=told) != record.fit


def _short(value: str) -> str:
    try:
        return f"{float(value):.3g}"
    except ValueError:
        return value
