"""What a chart shows: its curves, what is marked on them, and what they are called."""

from dataclasses import dataclass

from app.palette import series_style
from app.presentation.canvas import Run
from app.presentation.curves import Series


@dataclass(frozen=True)
class Border:
    """Where a phase begins.

    Args:
        place: its first epoch.
        names: what to call it, the longest first; the longest that fits is written.
    """

    place: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Best:
    """The best point of a curve.

    Args:
        epoch: when.
        value: how good.
        name: what it is called.
        note: what is to be known of it, where there is room.
    """

    epoch: int
    value: float
    name: str
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """All that a chart shows; equal when what is drawn is.

    Args:
        title: what the curves are of.
        series: the curves, the most important first.
        log_scale: whether the vertical axis is logarithmic.
        gate: a value to draw a line at.
        borders: the phases; a line is drawn where all but the first begin.
        ticks: epochs to name, and their names; round epochs by default.
        hint: what to say while there is no curve.
        window: the first and the last epoch that is shown; all by default.
        cursor: the epoch whose values are read off.
        best: a point to mark and name.
        unit: what is counted on the horizontal axis.
    """

    title: str
    series: tuple[Series, ...] = ()
    log_scale: bool = False
    gate: float | None = None
    borders: tuple[Border, ...] = ()
    ticks: tuple[tuple[int, str], ...] = ()
    hint: str = ""
    window: tuple[int, int] | None = None
    cursor: int | None = None
    best: Best | None = None
    unit: str = "epoch"

    @property
    def last(self) -> int:
        """The last epoch of any curve; 0 without one."""
        return max((one.epochs[-1] for one in self.series), default=0)


def ink_of(series: Series) -> str:
    """The style of a curve: faint ones stand behind the others."""
    color = series_style(series.color)
    return f"dim {color}" if series.faint else color


def legend(picture: Picture) -> tuple[Run, ...]:
    """What each curve is called, with its last value, or the one under the cursor.

    Args:
        picture: whose curves; faint ones are not named.

    Returns:
        One text and its style a curve.
    """
    entries = [] if picture.cursor is None else [(f"{picture.unit} {picture.cursor}", "bold")]
    for one in picture.series:
        if not one.faint:
            stroke = "╌" if one.dashed else "━"
            value = one.at(picture.cursor)
            # A rate is often far below one, and a schedule may end at nothing.
            shown = f"{value:.3g}" if one.is_rate and value is not None else shown_value(value)
            text = f"{stroke}{one.glyph} {one.label} {shown}"
            entries.append((text, ink_of(one)))
    return tuple(entries)


def shown_value(value: float | None) -> str:
    """A figure of any size in at most eight characters; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.001 else f"{value:.1e}"
