"""Members to choose from."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Checkbox, SelectionList


class MemberList(SelectionList[str]):
    """Which members are taken in is seen without colours, too: the others bear no mark."""

    def render_line(self, y: int) -> Strip:
        """Draw a line, without the mark where its member is left out."""
        strip = super().render_line(y)
        place = self.scroll_offset.y + y
        if place >= self.option_count or self.get_option_at_index(place).value in self.selected:
            return strip
        mark = Checkbox.BUTTON_INNER
        segments = [Segment(" ", one.style) if one.text == mark else one for one in strip]
        return Strip(segments, strip.cell_length)
