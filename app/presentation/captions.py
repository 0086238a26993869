"""What stands below a picture."""

from rich.text import Text

from app.presentation.text import labels_told
from engine.competition.findings import Exhibit


def label(one: Exhibit, is_left_out: bool, width: int) -> Text:
    """What a picture among others is of: its class, or the answer to a test image, first.

    Args:
        one: the image.
        is_left_out: whether new specs do not train on it.
        width: cells that there is room for, in each of two lines.
    """
    text = Text().append("✗ " if is_left_out else "", "red")
    labels = ", ".join(one.labels) or one.answer or "no label"
    text.append(_cut(labels, width - text.cell_len), "bold")
    name = _middle_cut(one.id, width - text.cell_len - 3)
    text.append(f" · {name}" if name else "", "dim")
    notes = ("left out" if is_left_out else "", one.note)
    return text.append(f"\n{_cut(', '.join(filter(None, notes)), width)}", "dim")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"


def _middle_cut(name: str, room: int) -> str:
    """A name without its middle where it is too long: files differ in their ends."""
    if len(name) <= room:
        return name
    if room < 5:
        return ""
    head = room // 2
    return f"{name[:head]}…{name[len(name) - (room - head - 1) :]}"


def caption(one: Exhibit, is_map: bool) -> Text:
    """What a picture is of.

    Args:
        one: the image.
        is_map: whether the map of Grad-CAM lies beside it.
    """
    text = Text()
    text.append(labels_told(one.labels), "bold").append(f" · {one.id}\n").append(one.note, "dim")
    if is_map:
        text.append("\nbright: looked at; g: back", "dim")
    return text
