"""What a form asks to have run: how it differs from what it was made from, and what it costs."""

from collections.abc import Callable, Sequence
from itertools import groupby
from textwrap import shorten, wrap

from rich.text import Text

from app.presentation.text import LEFT_RANDOM, about, error_lines
from engine.errors import UserError
from engine.experiment.compare import differing_fields
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec

# One spec, or those of a sweep.
Asked = tuple[ExperimentSpec, ...]
# Each is checked at every key.
MOST_AT_ONCE = 50
_ROWS = 2
# Of what is told below the form, as its style sheet has it.
_MOST_LINES = 4
# What is lost at the end of a line that a word is too long for.
_SLACK = 20
Differing = Sequence[tuple[str, tuple[str, ...]]]
_NONE = "-"
# What changes a run most comes first; what is named nowhere stands before what does little.
_FIRST = ("kind", "backbone", "weights", "image_size", "phases", "folds", "rows", "pseudo", "loss")
_LAST = ("head", "augmentation", "seed", "leave_out")
_FIRST_OF_PHASE = ("train", "epochs", "learning_rate")


def change_lines(differing: Differing) -> list[str]:
    """What differs from the experiment a spec was made from, the most consequential first.

    Args:
        differing: each field that differs, with its value there and here.
    """
    ranked = sorted(differing, key=lambda one: _rank(one[0]))
    lines = []
    for phase, fields in groupby(ranked, key=lambda one: _phase_that_one_has(*one)):
        if phase:
            lines.append(_whole_phase(phase, dict(fields)))
        else:
            lines += [f"{path} {before} → {now}" for path, (before, now) in fields]
    return lines


def lines_from(origin: ExperimentSpec | None, asked: Asked) -> list[str]:
    """What differs from the experiment that specs were made from, the most consequential first.

    Args:
        origin: that one's spec; without one nothing differs.
        asked: the specs; of several, a field's values are told together.
    """
    if origin is None:
        return []
    rows = differing_fields([origin, *asked])
    return change_lines([(path, (old, ",".join(dict.fromkeys(new)))) for path, (old, *new) in rows])


def differences_text(
    lines: Sequence[str], origin: str | None, fits: Sequence[str], room: int, key: str
) -> str:
    """Which fits are queued, and as much of what differs as there is room for.

    Args:
        lines: the changes, the most consequential first.
        origin: the experiment from which it differs.
        fits: backbone and size of each, where there are several.
        room: columns; the fits get two lines, and what differs gets two.
        key: shows all changes.
    """
    several = []
    if len(fits) > 1:
        told = f"{len(fits)} fits, each with what is changed here: {', '.join(fits)}"
        several = [shorten(told, _ROWS * room - _SLACK, placeholder=" ..")]
    if not lines:
        return "\n".join(several)
    begin, rows = f"from {origin}: ", _ROWS
    text = begin + ", ".join(lines)
    for left in range(1, len(lines)):
        if len(wrap(text, room)) <= rows:
            break
        text = f"{begin}{', '.join(lines[:-left])}, and {left} more: {key} shows them"
    return "\n".join([*several, text])


def twins_told(going: Sequence[ExperimentRecord]) -> str:
    """Which experiments are just what is asked for, and have not ended.

    Args:
        going: those.
    """
    told = []
    for status, verb in ((Status.RUNNING, "running"), (Status.QUEUED, "queued with")):
        ids = [one.id for one in going if one.status is status]
        if ids:
            told.append(f"{', '.join(ids)} {'is' if len(ids) == 1 else 'are'} {verb} just this")
    return ", ".join(told)


def verdict_text(
    proposed: ExperimentSpec,
    asked: Asked,
    count: int,
    seconds: float | None,
    key: str,
    twins: str = "",
) -> Text:
    """What will be queued, what it takes, and what was changed.

    Args:
        proposed: the spec that the form began with.
        asked: what it says now.
        count: how many fits are queued with each.
        seconds: what all of them take, as far as that can be told.
        key: queues them.
        twins: which experiments that go on are the same.
    """
    rows = differing_fields([proposed, *asked])
    changes = [f"{path}={','.join(dict.fromkeys(news))}" for path, (_, *news) in rows]
    told, ink = f"changed: {', '.join(changes)}" if changes else "unchanged", "green"
    odd = [LEFT_RANDOM] if any(one.is_left_random for one in asked) else []
    if odd or twins:
        told, ink = f"but {'; '.join([*odd, *filter(None, [twins]), told])}", "yellow"
    cost = "" if seconds is None else about(seconds)
    if len(asked) == count == 1:
        return Text(f"✓ {key} runs it{cost and f' · {cost}'}, {told}", ink)
    many = f"{len(asked) * count} {'fits' if len(asked) == 1 else 'experiments, one for each'}"
    many += cost and f": {cost}"
    return Text(f"✓ {key} queues {many}, {told}", ink)


def refusal_text(error: UserError, lines_of: Callable[[Text], int]) -> Text:
    """Why nothing can be queued.

    Args:
        error: its three parts.
        lines_of: counts the lines that a text takes.
    """
    happened, *others = error_lines(error)
    text = Text("\n".join((happened, *others)), "bold red")
    if lines_of(text) <= _MOST_LINES:
        return text
    # The end is cut off: of a long list of what may be, not of what to do about it.
    return Text("\n".join((happened, *reversed(others))), "bold red")


def _rank(path: str) -> tuple[int, str, int, str]:
    """Before what a field's change is told: phase by phase, in each what matters most."""
    top, *inner = path.split(".")
    if top in _LAST:
        place = len(_FIRST) + 1 + _LAST.index(top)
    else:
        place = _FIRST.index(top) if top in _FIRST else len(_FIRST)
    leaf = inner[-1] if inner else ""
    own = _FIRST_OF_PHASE.index(leaf) if leaf in _FIRST_OF_PHASE else len(_FIRST_OF_PHASE)
    return place, inner[0] if top == "phases" else "", own, path


def _phase_that_one_has(path: str, values: tuple[str, ...]) -> str:
    """The phase that a field belongs to, where only one of two specs has it."""
    top, *inner = path.split(".")
    return f"phases.{inner[0]}" if top == "phases" and _NONE in values else ""


def _whole_phase(phase: str, fields: dict[str, tuple[str, ...]]) -> str:
    train, epochs = (fields[f"{phase}.{name}"] for name in ("train", "epochs"))
    if train[1] == _NONE:
        return f"without {phase} ({train[0]}, {epochs[0]} epochs)"
    return f"new {phase} ({train[1]}, {epochs[1]} epochs)"
