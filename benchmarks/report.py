"""How benchmarks report: a table for people, a JSON line for machines, 1 for a missed aim."""

import json
import platform
import sys
from dataclasses import dataclass


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


def report(benchmark: str, figures: list[Figure], ratios: dict[str, float]) -> None:
    """Print the results and end the process: 0 when every aim is met, else 1.

    Args:
        benchmark: its name.
        figures: what was measured.
        ratios: named alternative over ours, in this same run.
    """
    print(f"{benchmark} on {platform.machine()}, Python {platform.python_version()}")
    for figure in figures:
        aim = "" if figure.most is None else f"   aim <= {figure.most:g} {figure.unit}"
        verdict = "" if figure.most is None else ("   met" if figure.is_met else "   MISSED")
        print(f"  {figure.name:<58} {figure.value:9.3f} {figure.unit}{aim}{verdict}")
    for name, ratio in ratios.items():
        print(f"  {name:<58} {ratio:9.2f} x")
    document = {
        "benchmark": benchmark,
        "figures": {f.name: {"value": round(f.value, 4), "unit": f.unit} for f in figures},
        "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "aims": {f.name: {"most": f.most, "met": f.is_met} for f in figures if f.most is not None},
    }
    print(json.dumps(document))
    sys.exit(0 if all(figure.is_met for figure in figures) else 1)
