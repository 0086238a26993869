"""Series colours that colour-blind eyes tell apart (Okabe and Ito 2008)."""

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
