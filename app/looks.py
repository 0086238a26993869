"""Where the styles lie."""

from pathlib import Path

_STYLES = Path(__file__).parent / "styles"


def style(name: str) -> Path:
    """The path of a screen's styles, or of what several share.

    Textual knows a file that it has read by its whole path. One with `..` in it is read anew, and
    every style parsed again, whenever a screen or dialog is made.

    Args:
        name: the file's, without its ending.
    """
    return _STYLES / f"{name}.tcss"
