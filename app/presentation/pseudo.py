"""Pseudo-labels before they are trained on: the threshold as a slider, and what it would bring."""

from bisect import bisect_left, bisect_right

from rich.text import Text

from app.palette import series_style
from app.presentation.text import figure
from engine.competition.findings import CompetitionSummary, TargetKind
from engine.experiment.preview import RUNGS, PseudoPreview
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import PseudoSpec

_FINE = ((0.9, 0.01), (0.99, 0.005), (1.0, 0.001))
_DIGITS = 3
_RUNG_WIDTH, _WIDE_RUNG = 5, 8
_TALL = 4
_EIGHTHS = " ▁▂▃▄▅▆▇█"
# What labels that are hard begin with; soft ones say themselves how sure they are.
HARD_THRESHOLD = 0.95
_SHARE_STEP, _LEAST_SHARE, _MOST_SHARE = 0.05, 0.05, 0.9
_NAME = 18
# Shares, in percent, below which a class' change is none to speak of.
_NO_CHANGE = 0.0005


def coarser(threshold: float, way: int) -> float:
    """The next rung above, or below.

    Args:
        threshold: where it stands.
        way: 1 or -1.
    """
    place = bisect_right(RUNGS, threshold) if way > 0 else bisect_left(RUNGS, threshold) - 1
    return RUNGS[min(max(place, 0), len(RUNGS) - 1)]


def takes_all(preview: PseudoPreview | None, summary: CompetitionSummary | None) -> float:
    """A threshold up to which every image is taken, for none is less sure.

    Args:
        preview: what the rungs bring; None while nobody knows.
        summary: what is predicted; None while nobody knows.
    """
    if preview is None or summary is None:
        return 0.0
    # The likeliest of several classes is as likely as the mean of all, or more.
    is_one_of_several = summary.target is TargetKind.MULTICLASS
    classes = len(summary.class_counts) if is_one_of_several else 2
    least = 10.0**_DIGITS // classes / 10.0**_DIGITS
    most = max((rows for _, rows, _ in preview.coverage), default=0)
    return max([least, *(rung for rung, rows, _ in preview.coverage if rows == most)])


def finer(threshold: float, way: int, least: float = 0.0) -> float:
    """A small step up, or down: smaller where the predictions are nearly certain.

    Args:
        threshold: where it stands.
        way: 1 or -1.
        least: a threshold up to which all are the same, and gone past in one step.
    """
    if way > 0 and threshold < least:
        return least
    if way < 0 and threshold <= least:
        return 0.0
    # Downwards from a border the coarser side's step leads over it and back to another place.
    at = threshold if way > 0 else threshold - 1e-9
    step = next(size for below, size in _FINE if at < below or below == 1.0)
    return min(max(round(threshold + way * step, _DIGITS), 0.0), 1.0)


def moved_share(share: float, way: int) -> float:
    """The cap on the share of pseudo-labelled rows, a step up or down.

    Args:
        share: where it stands.
        way: 1 or -1.
    """
    moved = round(share + way * _SHARE_STEP, 2)
    return min(max(moved, _LEAST_SHARE), _MOST_SHARE)


def choice_lines(
    spec: PseudoSpec, source: ExperimentRecord | None, place: int, count: int
) -> list[tuple[str, str, str]]:
    """What is chosen: a name, its value, and the keys that change it.

    Args:
        spec: the choice.
        source: the experiment that labels.
        place: its place among those that could.
        count: how many could.
    """
    loss = figure(source.scores.val_log_loss) if source is not None else "-"
    name = source.name if source is not None else ""
    hard = spec.labels == "hard"
    labels = "hard: the likeliest class" if hard else "soft: the probabilities as predicted"
    threshold = "none, every image is taken" if spec.threshold == 0 else f"{spec.threshold:g}"
    return [
        ("source", f"{spec.source} {name} · val {loss}", f"← → {place + 1} of {count}"),
        ("labels", labels, "h"),
        ("share", f"at most {spec.share:.0%} of the rows that are trained on", "- +"),
        ("threshold", threshold, "↑ ↓ pgup pgdn"),
    ]


def slider(spec: PseudoSpec, preview: PseudoPreview | None, width: int) -> Text:
    """The threshold among its rungs, over how many images each takes and how right they are.

    Args:
        spec: the choice.
        preview: what the rungs bring; None while nobody knows.
        width: there is, in characters.
    """
    rung = _WIDE_RUNG if width >= _WIDE_RUNG * len(RUNGS) + 12 else _RUNG_WIDTH
    ladder = preview.coverage if preview is not None else ()
    taken = {threshold: (rows, right) for threshold, rows, right in ladder}
    most = max((rows for rows, _ in taken.values()), default=0) or 1
    text = Text(no_wrap=True)
    for row in range(_TALL, 0, -1):
        text.append(f"{'images' if row == _TALL else '':>9} ", "dim")
        for one in RUNGS:
            rows = taken.get(one, (0, None))[0]
            eighths = round(8 * (_TALL * rows / most - (row - 1)))
            letter = _EIGHTHS[min(max(eighths, 0), 8)] * (rung - 2)
            text.append(f" {letter} ", series_style(0) if one >= spec.threshold else "dim")
        text.append("\n")
    knob = round(_place(spec.threshold) * rung + rung / 2 - 0.5)
    line = "─" * (rung * len(RUNGS))
    text.append(" " * 10 + line[:knob]).append("●", "bold reverse").append(line[knob + 1 :] + "\n")
    labels = "".join(f"{_short(one):^{rung}}" for one in RUNGS)
    text.append(f"{'threshold':>9} {labels}\n", "dim")
    right = [taken.get(one, (0, None)) for one in RUNGS]
    counts = "".join(f"{_count(rows) if taken else '':^{rung}}" for rows, _ in right)
    text.append(f"{'images':>9} {counts}\n", "dim")
    digits = 1 if rung == _WIDE_RUNG else 0
    shares = "".join(f"{'' if one is None else share(one, digits):^{rung}}" for _, one in right)
    return text.append(f"{'right':>9} {shares}", "dim")


def preview_told(preview: PseudoPreview) -> Text:
    """What the choice would bring, in two lines.

    Args:
        preview: as the helper worked it out.
    """
    text = Text()
    if not any(preview.by_fold or (preview.rows,)):
        text.append("No test image would be labelled: lower the threshold.", "bold yellow")
        return text
    text.append(images_told(preview), "bold")
    if len(set(preview.by_fold)) > 1:
        # Beside the folds' range a small terminal has no room for more.
        text.append(f", {preview.share:.0%} of all rows.\n")
    else:
        text.append(f" would be labelled, {preview.share:.0%} of the rows trained on.\n")
    if preview.precision is None:
        text.append("No out-of-fold row is as sure: how right they are, nobody knows.", "yellow")
    else:
        text.append(precision_told(preview), "bold")
        text.append(f", of {preview.judged:,} out-of-fold rows as sure.")
    return text


def images_told(preview: PseudoPreview) -> str:
    """How many test images would be labelled, and between what counts the folds differ.

    Args:
        preview: as the helper worked it out.
    """
    least, most = min(preview.by_fold, default=0), max(preview.by_fold, default=0)
    folds = f" ({least:,} to {most:,} by fold)" if least < most else ""
    return f"{preview.rows:,} test images{folds}"


def precision_told(preview: PseudoPreview) -> str:
    """How often labels would be right, and how much less it may be.

    Args:
        preview: as the helper worked it out.
    """
    if preview.precision is None:
        return "-"
    low = "" if preview.precision_low is None else f", at least {share(preview.precision_low)}"
    return f"{share(preview.precision)} right{low} (95 %)"


def share(value: float, digits: int = 1) -> str:
    """A share in per cent; what is not all of it is never called 100 %.

    Args:
        value: from 0 to 1.
        digits: behind the point.
    """
    most = 1 - 10.0 ** -(digits + 2)
    return f"{min(value, most) if value < 1 else value:.{digits}%}"


def balance_text(
    preview: PseudoPreview, summary: CompetitionSummary, width: int, most: int
) -> Text:
    """Each class' share of the rows that are trained on, before and after.

    Args:
        preview: what would be labelled.
        summary: how the classes are balanced now.
        width: there is, in characters.
        most: classes to show; those whose share changes most.
    """
    shares = _balance(preview, summary)
    shown = shares
    if len(shares) > most:
        shown = sorted(shares, key=lambda one: -abs(one[2] - one[1]))[: max(most - 1, 1)]
    name = min(max((len(one[0]) for one in shown), default=0), _NAME)
    room = max(width - name - 26, 8)
    largest = max((max(before, after) for _, before, after in shown), default=0) or 1
    text = Text(no_wrap=True).append("Class balance, before and after:\n", "bold")
    for label, before, after in shown:
        long, mark = round(room * after / largest), round(room * before / largest)
        bar = list("█" * long + " " * (room + 1 - long))
        text.append(f"{label[:name]:>{name}} ", "")
        text.append("".join(bar[:mark]), series_style(0))
        text.append("│", "bold")
        text.append("".join(bar[mark + 1 :]), series_style(0))
        way = "=" if abs(after - before) < _NO_CHANGE else "▲" if after > before else "▼"
        text.append(f" {before:6.1%} → {after:6.1%} {way}\n", "")
    left = len(shares) - len(shown)
    return text.append(f"and {left} more that change less" if left else "│ before", "dim")


def _balance(preview: PseudoPreview, summary: CompetitionSummary) -> list[tuple[str, float, float]]:
    """Name, share before, share after; of many labels each has a share of its own."""
    total = max(summary.labelled_images, 1)
    predicted = dict(preview.balance)
    rest = 1 - sum(predicted.values())
    found = []
    for name, count in summary.class_counts:
        before = count / total
        # Of two classes only one is predicted.
        default = rest if summary.target is TargetKind.BINARY else 0.0
        labelled = predicted.get(name, default)
        found.append((name, before, (1 - preview.share) * before + preview.share * labelled))
    return found


def _place(threshold: float) -> float:
    """Where a threshold lies among the rungs, counted in rungs."""
    above = bisect_right(RUNGS, threshold)
    if above == len(RUNGS):
        return float(len(RUNGS) - 1)
    low, high = RUNGS[above - 1], RUNGS[above]
    return above - 1 + (threshold - low) / (high - low)


def _short(rung: float) -> str:
    return f"{rung:g}".lstrip("0") or "0"


def _count(rows: int) -> str:
    return f"{rows / 1000:.0f}k" if rows >= 10_000 else str(rows)
