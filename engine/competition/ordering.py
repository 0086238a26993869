"""The order of classes: it counts where far misses cost more than near ones."""

import json
from dataclasses import replace

from engine.competition.findings import Finding, MetricName, TargetKind
from engine.competition.names import composed
from engine.competition.targets import Targets
from engine.errors import UserError

# Pictures of written digits are no larger.
_WRITTEN_SIDE = 28
_FEWEST_GRADES = 4


def in_order(targets: Targets, classes: tuple[str, ...] | None) -> Targets:
    """The same labels, with the classes in the user's order.

    Args:
        targets: what was read.
        classes: the user's order; None leaves them as they are.

    Raises:
        UserError: these are not the labels' classes, or their order means nothing.
    """
    if classes is None:
        return targets
    wanted = tuple(map(composed, classes))
    found = ", ".join(targets.classes[:10]) + (", .." if len(targets.classes) > 10 else "")
    if targets.kind is not TargetKind.MULTICLASS:
        raise UserError(
            f"hydra.toml: `classes` orders classes, but the labels are {targets.kind} ({found}).",
            "three classes or more, of which an image has one.",
            "remove `classes` from `[competition]`; of two classes, `positive` names the one that "
            "probabilities are of.",
        )
    if sorted(wanted) != sorted(targets.classes):
        foreign = [f"`{one}`" for one in wanted if one not in targets.classes]
        absent = [f"`{one}`" for one in targets.classes if one not in wanted]
        told = (
            f"names {', '.join(foreign[:5])}, which no image has" if foreign else "",
            f"does not name {', '.join(absent[:5])}" if absent else "",
            "names a class twice" if not foreign and not absent else "",
        )
        raise UserError(
            f"hydra.toml: `classes` {' and '.join(filter(None, told))}.",
            f"each of the labels once: {found}.",
            "correct `classes` in `[competition]`.",
        )
    places = [targets.classes.index(one) for one in wanted]
    return replace(targets, classes=wanted, values=targets.values[:, places])


def unordered(
    targets: Targets, metric: MetricName, classes: tuple[str, ...] | None
) -> tuple[Finding, ...]:
    """Say that grades are taken in alphabetical order, where nobody has said in which they are.

    Args:
        targets: what is predicted.
        metric: how answers are scored.
        classes: the user's order.

    Returns:
        At most one finding.
    """
    if metric != "quadratic_kappa" or targets.kind is not TargetKind.MULTICLASS:
        return ()
    if classes is not None or _are_rising(targets.classes):
        return ()
    listed = json.dumps(list(targets.classes), ensure_ascii=False)
    return (
        Finding(
            severity="warning",
            happened="Far misses cost more than near ones, and the grades are words, taken in "
            f"alphabetical order: {', '.join(targets.classes[:10])}"
            f"{', ..' if len(targets.classes) > 10 else ''}.",
            expected="to know their order, from the least to the most.",
            fix=f"write them in their order into `hydra.toml`, below `[competition]`: "
            f"`classes = {listed}`; also where this is it.",
        ),
    )


def perhaps_grades(classes: tuple[str, ...], side: int) -> tuple[Finding, ...]:
    """Say that far misses may cost more than near ones, where classes are numbered like grades.

    Args:
        classes: of which an image has one, and right answers are counted as nobody has said how
            they are scored.
        side: the pictures' usual one, pixels.

    Returns:
        At most one finding; none of pictures as small as those of written digits.
    """
    numbers = [str(number) for number in range(10)]
    # Of ten, digits are the usual ones; and what three numbers stand for are kinds as often.
    are_numbered = any(list(classes) == numbers[first:][: len(classes)] for first in (0, 1))
    if side <= _WRITTEN_SIDE or not are_numbered or not _FEWEST_GRADES <= len(classes) < 10:
        return ()
    return (
        Finding(
            severity="note",
            happened=f"The classes are called {classes[0]} to {classes[-1]}; right answers are "
            "counted, as if a far miss cost no more than a near one.",
            expected="numbers that stand for kinds; grades are mostly scored by `quadratic_kappa`.",
            fix="nothing if they are kinds; for grades write `[competition]` and "
            '`metric = "quadratic_kappa"` into `hydra.toml`.',
        ),
    )


def _are_rising(classes: tuple[str, ...]) -> bool:
    try:
        values = [float(one) for one in classes]
    except ValueError:
        return False
    return values == sorted(values)
