"""The filter's small language: `stage:overfit val<0.3 backbone~lite -tag:drop`.

Terms are separated by spaces, and an experiment passes when it meets all of them. A term is a word
that its text holds, or a field, an operator and a value; `-` or `!` before it turns it round.
"""

import difflib
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from app.presentation.text import moment, network_text, size_of
from engine.experiment.overrides import field_paths
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec

HELP = (
    "stage:overfit val<0.3 backbone~lite tag:keep id>10 time<2m -status:done word\n"
    "id stage status name kind backbone px train val acc auc metric time from group\n"
    "tag note pinned, or a field of the spec, such as head.units=256"
)

_TERM = re.compile(r"([A-Za-z_][\w.]*)(<=|>=|[:=~<>])(.*)", re.DOTALL)
# Times take longer to write than all the rest, and thousands of rows are looked through.
_MOMENT = re.compile(r"[\d:-]+")
_TIME = re.compile(r"(\d+(?:\.\d*)?)(s|m|h)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}

Passes = Callable[[ExperimentRecord], bool]
Value = str | float | tuple[str, ...] | None
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


class NotUnderstood(ValueError):
    """A filter that says nothing, and why."""


@dataclass(frozen=True)
class Query:
    """A filter.

    Args:
        text: as it was typed.
        terms: what an experiment has to meet.
    """

    text: str = ""
    terms: tuple[Passes, ...] = ()

    def passes(self, record: ExperimentRecord) -> bool:
        """Whether an experiment meets all terms."""
        return all(term(record) for term in self.terms)


def parse_query(text: str) -> Query:
    """Read a filter.

    Args:
        text: as it was typed; empty shows all.

    Raises:
        NotUnderstood: with what is wrong, and the nearest that is right.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise NotUnderstood("a quotation has no end") from None
    return Query(text.strip(), tuple(map(_term, words)))


def _term(word: str) -> Passes:
    if len(word) > 1 and word[0] in "-!":
        passes = _term(word[1:])
        return lambda record: not passes(record)
    match = _TERM.fullmatch(word)
    if match is None:
        wanted = word.lower()
        if _MOMENT.fullmatch(wanted):
            return lambda record: wanted in _all_text(record) or wanted in moment(record.created)
        return lambda record: wanted in _all_text(record)
    name, operator, value = match[1].lower(), match[2], match[3]
    if name in _NUMBERS:
        return _number_term(name, operator, value, _NUMBERS[name])
    if name in _TEXTS:
        return _text_term(name, operator, value, _TEXTS[name])
    # The form knows the first phase only; all have the same fields.
    if re.sub(r"phases\.\d", "phases.0", name) in _spec_fields():
        return _spec_term(name, operator, value)
    raise NotUnderstood(f"there is no field `{name}`; the nearest is `{_nearest(name)}`")


def _nearest(name: str) -> str:
    known = [*_NUMBERS, *_TEXTS, *_spec_fields()]
    return (difflib.get_close_matches(name, known, 1, 0.0) or known)[0]


def _number_term(
    name: str, operator: str, text: str, get: Callable[[ExperimentRecord], float | None]
) -> Passes:
    wanted = _seconds(text) if name == "time" else _number(text)
    if wanted is None:
        example = "60 or 2m" if name == "time" else "0.3"
        raise NotUnderstood(f"`{name}{operator}` needs a number, such as {name}{operator}{example}")
    if operator == "~":
        raise NotUnderstood(f"`{name}` is a number: compare it by <, >, <=, >= or =")
    holds = _COMPARE.get(operator) or _equal_as_written(text)

    def passes(record: ExperimentRecord) -> bool:
        value = get(record)
        return value is not None and holds(value, wanted)

    return passes


def _equal_as_written(text: str) -> Callable[[float, float], bool]:
    """Equality to as many digits as were typed: scores have more than anybody types."""
    _, _, behind = text.partition(".")
    slack = 0.5 * 10.0 ** -len(behind) if behind.isdigit() else 1e-9
    return lambda one, other: abs(one - other) <= slack


def _text_term(
    name: str, operator: str, text: str, get: Callable[[ExperimentRecord], tuple[str, ...]]
) -> Passes:
    wanted = text.lower()
    if not wanted:
        raise NotUnderstood(f"`{name}{operator}` needs a word, such as {_EXAMPLES[name]}")
    if operator in _COMPARE:
        raise NotUnderstood(f"`{name}` is a word: write {_EXAMPLES[name]}")
    return lambda record: any(_alike(operator, value.lower(), wanted) for value in get(record))


def _alike(operator: str, value: str, wanted: str) -> bool:
    if operator == "~":
        return wanted in value
    return value == wanted if operator == "=" else value.startswith(wanted)


def _spec_term(path: str, operator: str, text: str) -> Passes:
    if not text:
        raise NotUnderstood(f"`{path}{operator}` needs a value")
    number = _number(text)
    if operator in _COMPARE and number is None:
        raise NotUnderstood(f"`{path}{operator}` needs a number")

    def passes(record: ExperimentRecord) -> bool:
        value = _spec_value(record, path)
        if value is None:
            return False
        is_number = number is not None and operator != "~" and not isinstance(value, bool)
        if isinstance(value, int | float) and number is not None and is_number:
            holds = _COMPARE.get(operator) or _equal_as_written(text)
            return holds(float(value), number)
        return operator not in _COMPARE and _alike(operator, str(value).lower(), text.lower())

    return passes


def _spec_value(record: ExperimentRecord, path: str) -> object:
    value: object = record.spec
    if not isinstance(value, ExperimentSpec):
        return None
    for part in path.split("."):
        if isinstance(value, tuple):
            place = int(part)
            value = value[place] if place < len(value) else None
        else:
            value = getattr(value, part, None)
    return value


@cache
def _spec_fields() -> frozenset[str]:
    return frozenset(field_paths())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    match = _TIME.fullmatch(text.lower())
    return None if match is None else float(match[1]) * _SECONDS[match[2]]


def _all_text(record: ExperimentRecord) -> str:
    """What a bare word is looked for in."""
    spec = record.spec
    weights = spec.weights if isinstance(spec, ExperimentSpec) else ""
    parts = (
        record.id,
        record.name,
        record.status,
        weights,
        record.group or "",
        record.note,
        *record.tags,
    )
    return " ".join(parts).lower()


_NUMBERS: dict[str, Callable[[ExperimentRecord], float | None]] = {
    "id": lambda record: float(record.id),
    "px": lambda record: float(size_of(record)) or None,
    "train": lambda record: record.scores.train_log_loss,
    "val": lambda record: record.scores.val_log_loss,
    "acc": lambda record: record.scores.val_accuracy,
    "accuracy": lambda record: record.scores.val_accuracy,
    "auc": lambda record: record.scores.val_auc,
    "metric": lambda record: record.scores.val_metric,
    "time": lambda record: record.seconds,
    "from": lambda record: float(record.parent) if record.parent else None,
}
_TEXTS: dict[str, Callable[[ExperimentRecord], tuple[str, ...]]] = {
    "stage": lambda record: (record.stage,),
    "status": lambda record: (record.status,),
    "name": lambda record: (record.name,),
    "kind": lambda record: (record.spec.kind,),
    "backbone": lambda record: (network_text(record),),
    "group": lambda record: (record.group or "",),
    "tag": lambda record: record.tags,
    "note": lambda record: (record.note,),
    "pinned": lambda record: ("yes" if record.pinned else "no",),
}
_EXAMPLES = {
    "stage": "stage:overfit",
    "status": "status:done",
    "name": "name~lite0",
    "kind": "kind:ensemble",
    "backbone": "backbone~lite",
    "group": "group~sweep",
    "tag": "tag:keep",
    "note": "note~later",
    "pinned": "pinned:yes",
}
