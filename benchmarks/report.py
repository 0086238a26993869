"""How benchmarks report: a table for people, a JSON line for machines, 1 for a missed aim."""

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Args:
        name: what was measured.
        value: how much.
        unit: of what.
        most: the aim; None for a figure that is only for comparison.
    """

    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached, where there is one."""
        return self.most is None or self.value <= self.most


def report(
    benchmark: str,
    figures: list[Figure],
    ratios: dict[str, float],
    least: Mapping[str, float] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> None:
    """Print the results and end the process: 0 when every aim is met, else 1.

    Args:
        benchmark: its name.
        figures: what was measured.
        ratios: named alternative over ours, in this same run.
        least: the aims of ratios that have one.
        notes: what else must be known to read the figures.
    """
    print(f"{benchmark} on {platform.machine()}, Python {platform.python_version()}")
    for figure in figures:
        aim = "" if figure.most is None else f"   aim <= {figure.most:g} {figure.unit}"
        verdict = "" if figure.most is None else ("   met" if figure.is_met else "   MISSED")
        print(f"  {figure.name:<58} {figure.value:9.3f} {figure.unit}{aim}{verdict}")
    for name, ratio in ratios.items():
        verdict = "   met" if ratio >= least.get(name, 0) else "   MISSED"
        aim = f"   aim >= {least[name]:g} x{verdict}" if name in least else ""
        print(f"  {name:<58} {ratio:9.2f} x{aim}")
    for note in notes:
        print(f"  {note}")
    aims = {f.name: {"most": f.most, "met": f.is_met} for f in figures if f.most is not None}
    aims |= {name: {"least": aim, "met": ratios[name] >= aim} for name, aim in least.items()}
    document = {
        "benchmark": benchmark,
        "figures": {f.name: {"value": round(f.value, 4), "unit": f.unit} for f in figures},
        "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "aims": aims,
    }
    if notes:
        document["notes"] = list(notes)
    print(json.dumps(document))
    sys.exit(0 if all(aim["met"] for aim in aims.values()) else 1)
