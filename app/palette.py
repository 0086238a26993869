"""Series colours that colour-blind eyes tell apart (Okabe and Ito 2008), and those of states."""

from rich.color_triplet import ColorTriplet
from rich.terminal_theme import TerminalTheme
from textual._ansi_theme import ALABASTER, MONOKAI

SERIES = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 178, 135),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
)


def series_style(number: int) -> str:
    """The Rich style of a series' text, by its place among the series."""
    red, green, blue = SERIES[number % len(SERIES)]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _themed(like: TerminalTheme, colours: dict[int, tuple[int, int, int]]) -> TerminalTheme:
    """A theme with some of its sixteen colours changed, by their numbers."""
    names = [colours.get(number, _rgb(like.ansi_colors[number])) for number in range(16)]
    ground, ink = _rgb(like.background_color), _rgb(like.foreground_color)
    return TerminalTheme(ground, ink, names[:8], names[8:])


def _rgb(colour: ColorTriplet) -> tuple[int, int, int]:
    return colour.red, colour.green, colour.blue


# What waits: dimmed text can't be read on light rows.
QUIET = "bright_black"
# What "red" or "yellow" is: Textual's own can't be read on light rows, and its red on few dark.
ON_DARK = _themed(MONOKAI, {1: (255, 112, 133), 8: (150, 155, 175)})
ON_LIGHT = _themed(
    ALABASTER,
    {
        1: (154, 40, 34),
        2: (38, 90, 18),
        3: (112, 72, 0),
        4: (38, 76, 160),
        5: (132, 40, 118),
        6: (0, 86, 114),
        8: (80, 80, 80),
    },
)
