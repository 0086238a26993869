"""A grid of charts drawn by the cockpit's own canvas, against plotext.

Six charts of 48 x 18 characters with six curves of 200 epochs each, as the live screen shows them
at 200 x 60. The rule of the house is that nothing takes the screen more than 16 ms.

Run: uv run python benchmarks/charts.py
"""

import time
from collections.abc import Callable
from statistics import median

import plotext
from report import Figure, report
from rich.text import Text

from app.presentation.curves import Series
from app.presentation.drawing import drawn
from app.presentation.picture import Picture

CHARTS, CURVES, EPOCHS = 6, 6, 200
WIDTH, HEIGHT = 48, 18
ROUNDS = 9
AIM_SECONDS = 0.016


def main() -> None:
    epochs = tuple(range(1, EPOCHS + 1))
    values = tuple(1 / (1 + epoch / 9) + (epoch * 7 % 13) / 99 for epoch in epochs)
    curves = tuple(Series("val", epochs, values, color) for color in range(CURVES))
    picture = Picture("log-loss", curves)

    def ours() -> None:
        for _ in range(CHARTS):
            drawn(picture, WIDTH, HEIGHT)

    def theirs() -> None:
        for _ in range(CHARTS):
            plotext.clear_figure()
            plotext.plotsize(WIDTH, HEIGHT)
            for curve in curves:
                plotext.plot(curve.epochs, curve.values, marker="braille")
            # What Textual paints is styled text, not the escape codes that plotext builds.
            Text.from_ansi(plotext.build())

    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(ROUNDS)]
    mine, plotexts = (median(times) for times in zip(*pairs, strict=True))
    report(
        "charts",
        [
            Figure(f"the cockpit: {CHARTS} charts", mine, "s of CPU", AIM_SECONDS),
            Figure(f"plotext: {CHARTS} charts", plotexts, "s of CPU"),
        ],
        {"plotext / the cockpit": plotexts / mine},
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
