"""Loss curves printed below an experiment's facts."""

import shutil
from collections.abc import Sequence

import plotext

from engine.experiment.means import mean_curve
from engine.experiment.record import TaskRecord

_WIDEST, _HEIGHT = 100, 16
_CURVES = (("log_loss", "train", "o"), ("val_log_loss", "val", "braille"))


def curve_lines(tasks: Sequence[TaskRecord]) -> list[str]:
    """Training and validation log-loss over the epochs, the mean over the folds.

    Args:
        tasks: an experiment's.

    Returns:
        The lines of a chart without colours, so that it can go to a file; none without curves.
    """
    curves = [(mean_curve(tasks, name), label, mark) for name, label, mark in _CURVES]
    if not any(values for values, _, _ in curves):
        return []
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(min(shutil.get_terminal_size().columns, _WIDEST), _HEIGHT)
    plotext.title("log-loss over epochs")
    for values, label, mark in curves:
        if values:
            plotext.plot(range(1, len(values) + 1), values, label=label, marker=mark)
    text: str = plotext.uncolorize(plotext.build())
    return ["", *(line.rstrip() for line in text.splitlines())]
