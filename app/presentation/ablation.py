"""What each factor of an experiment is worth, as bars with their noise."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from app.presentation.comparing import MARKS, difference_text
from app.presentation.curves import linear_ticks
from app.presentation.tables import columns
from app.presentation.text import about
from engine.experiment.compare import (
    TWO_SIDED_95,
    Contribution,
    Difference,
    SeedNoise,
    Verdict,
    differing_fields,
)
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec
from engine.recipe.ablation import AblationPlan

_INKS = {Verdict.BETTER: "green", Verdict.WORSE: "red"}
# Behind what is drawn on a bar, so that its interval is seen, too.
_GROUNDS = {Verdict.BETTER: "on #1f5a32", Verdict.WORSE: "on #7a2432"}
_NO_DIFFERENCE = "on #4a4a58"
_LEAST_BAR, _MOST_BAR, _LEAST_NAME = 20, 90, 12
# The mark and `+0.0000 ± 0.0000 within noise`; without the error, which the interval shows.
_WORDS, _FEW_WORDS, _ROOM_FOR_WORDS = 32, 23, 96
_COLUMNS_A_TICK = 8


@dataclass(frozen=True)
class _Scale:
    """Where figures lie among the columns of the bars."""

    low: float
    high: float
    width: int

    def column(self, value: float) -> int:
        share = (value - self.low) / (self.high - self.low)
        return min(max(round(share * (self.width - 1)), 0), self.width - 1)


def ablation_chart(found: Sequence[Contribution], noise: SeedNoise | None, width: int) -> Text:
    """A bar for each factor, the most valuable on top; what has not run yet waits below.

    Args:
        found: the factors.
        noise: how much the baseline's log-loss differs from seed to seed.
        width: of the chart, in characters.
    """
    known = sorted(
        ((one, one.worth) for one in found if one.worth is not None),
        key=lambda pair: -pair[1].gain,
    )
    waiting = [one for one in found if one.worth is None]
    is_wide = width >= _ROOM_FOR_WORDS
    words = _WORDS if is_wide else _FEW_WORDS
    names = {one.experiment: _name(one, is_wide) for one in found}
    room = max(width - words - _LEAST_BAR - 2, _LEAST_NAME)
    name = min(max(map(len, names.values()), default=0), room)
    bar = min(max(width - name - words - 2, _LEAST_BAR), _MOST_BAR)
    text = Text(no_wrap=True)
    if known:
        scale = _scale([worth for _, worth in known], noise, bar)
        for one, worth in known:
            text.append(f"{_cut(names[one.experiment], name)} ", "bold")
            text.append_text(_bar(worth, noise, scale))
            told = difference_text(worth if is_wide else worth.model_copy(update={"error": None}))
            text.append(f" {MARKS[worth.verdict]} {told}\n", _INKS.get(worth.verdict, "dim"))
        text.append_text(_axis(scale, name + 1))
    for one in waiting:
        text.append(f"{_cut(names[one.experiment], name)} ", "bold")
        text.append(f"… run {one.experiment}: {one.problem}\n", "dim")
    return text


def chart_key(found: Sequence[Contribution], noise: SeedNoise | None) -> str:
    """How the bars are to be read.

    Args:
        found: the factors.
        noise: as `ablation_chart` takes it.
    """
    if all(one.worth is None for one in found):
        return "No run has ended yet; the bars come in one by one."
    seeds = (
        "The seeds' noise is not known: fewer than two seeds of the baseline have run. + runs one."
        if noise is None
        else f"░ ± {_reach(noise):.4f}: so much two equal runs differ, by {noise.seeds} seeds "
        # Of two, the interval is three times as wide as of three.
        f"{'of the baseline.' if noise.seeds > 2 else 'alone; + runs one more.'}"
    )
    return (
        "● how much worse the log-loss is without the factor, ├─┤ its 95 % interval, "
        f"│ worth nothing.\n{seeds}"
    )


def plan_lines(
    experiment: ExperimentRecord, plan: AblationPlan, costs: Sequence[float | None]
) -> list[str]:
    """What an ablation would run, and what that costs.

    Args:
        experiment: the one that is ablated.
        plan: the specs, each with the experiment it was made from, and what is left out.
        costs: seconds of each; None where nobody knows.
    """
    factors: list[tuple[str, str]] = []
    seeds: list[tuple[str, str]] = []
    for (spec, parent), cost in zip(plan.proposals, costs, strict=True):
        told_of = _told_of(experiment, spec, parent)
        kin = factors if parent == experiment.id else seeds
        kin.append(("" if cost is None else about(cost), told_of))
    known = [cost for cost in costs if cost is not None]
    total = f", {about(sum(known))} in all" if known and len(known) == len(costs) else ""
    lines = columns([*factors, *seeds])
    several = "" if len(plan.proposals) == 1 else "s"
    told = [f"{len(plan.proposals)} run{several}{total}."]
    if factors:
        told += ["", f"{experiment.id} without one factor each:"]
        told += [f"  {line}" for line in lines[: len(factors)]]
    if seeds:
        told += ["", "The baseline again, for the noise between runs that differ in nothing:"]
        told += [f"  {line}" for line in lines[len(factors) :]]
    return [*told, *_done_lines(experiment, plan), *left_out_lines(plan)]


def _done_lines(experiment: ExperimentRecord, plan: AblationPlan) -> list[str]:
    """What has been run already, and is not run again."""
    if not plan.done:
        return []
    told = [f"  {run}  {_told_of(experiment, *one)}" for one, run in plan.done]
    return ["", "Run already, and used as it is:", *told]


def _told_of(experiment: ExperimentRecord, spec: ExperimentSpec, parent: str | None) -> str:
    """What a run takes back of the experiment; of the baseline its seed."""
    if parent != experiment.id:
        return f"{parent} with seed {spec.seed}"
    changed = differing_fields([experiment.spec, spec])
    return ", ".join(f"{path} {old} → {new}" for path, (old, new) in changed)


def left_out_lines(plan: AblationPlan) -> list[str]:
    """What an ablation can't take back alone, and why.

    Args:
        plan: of the ablation.
    """
    if not plan.left_out:
        return []
    told = [f"  {factor}: {why}" for factor, why in plan.left_out]
    return ["", "Left out, for it can't be taken back alone:", *told]


def _reach(noise: SeedNoise) -> float:
    """Half the 95 % interval of the difference of two runs with other seeds, of so few seeds."""
    return TWO_SIDED_95 * noise.of_difference


def _scale(worths: Sequence[Difference], noise: SeedNoise | None, width: int) -> _Scale:
    ends = [0.0, *(_reach(noise) * way for way in (-1, 1) if noise is not None)]
    for worth in worths:
        reach = TWO_SIDED_95 * (worth.error or 0.0)
        ends += [worth.gain - reach, worth.gain + reach]
    low, high = min(ends), max(ends)
    margin = 0.03 * (high - low) or 1e-6
    return _Scale(low - margin, high + margin, width)


def _bar(worth: Difference, noise: SeedNoise | None, scale: _Scale) -> Text:
    """One factor's bar: what lies on top is drawn last."""
    cells = [(" ", "")] * scale.width
    zero, gain = scale.column(0.0), scale.column(worth.gain)
    if noise is not None:
        reach = _reach(noise)
        for place in range(scale.column(-reach), scale.column(reach) + 1):
            cells[place] = ("░", "dim")
    ground = _GROUNDS.get(worth.verdict, _NO_DIFFERENCE)
    filled = range(min(zero, gain), max(zero, gain) + 1)
    for place in filled:
        cells[place] = (" ", ground)
    cells[zero] = ("│", ground)
    if worth.error is not None:
        reach = TWO_SIDED_95 * worth.error
        first, last = scale.column(worth.gain - reach), scale.column(worth.gain + reach)
        for place in range(first, last + 1):
            stroke = "├" if place == first else "┤" if place == last else "─"
            cells[place] = (stroke, f"bold {ground}" if place in filled else "bold")
    cells[gain] = ("●", f"bold {ground}")
    text = Text()
    for letter, style in cells:
        text.append(letter, style)
    return text


def _axis(scale: _Scale, indent: int) -> Text:
    """Round figures under the bars; nothing is always among them."""
    ticks = linear_ticks(scale.low, scale.high, max(2, scale.width // _COLUMNS_A_TICK))
    row = [" "] * (scale.width + 8)
    for tick in sorted({*ticks, 0.0}, key=abs):
        label = f"{tick:+.3g}" if abs(tick) > 1e-12 else "0"
        start = max(scale.column(tick) - len(label) // 2, 0)
        place = slice(max(start - 1, 0), start + len(label) + 1)
        if not "".join(row[place]).strip():
            row[start : start + len(label)] = label
    return Text(" " * indent + "".join(row).rstrip() + "\n", "dim")


def _name(one: Contribution, is_wide: bool) -> str:
    """The factor; where there is room, with what it was taken back to."""
    paths = one.factor.split()
    if len(paths) > 1:
        return f"{paths[0].partition('.')[0]} ({len(paths)} fields)"
    return f"{one.factor} (without: {one.value or 'none'})" if is_wide else one.factor


def _cut(text: str, width: int) -> str:
    return f"{text[: width - 1]}…" if len(text) > width else f"{text:>{width}}"
