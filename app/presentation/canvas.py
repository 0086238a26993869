"""Lines of braille dots and words on a grid of characters.

Own code because plotext takes 20 ms for one chart of six curves, and a grid has several: this
takes a tenth of that.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

ACROSS, DOWN = 2, 4
_BLANK = 0x2800
# The bit of each dot of a braille character, by row and column.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_DASH = 4

Run = tuple[str, str]
Point = tuple[int, int]


class Canvas:
    """Characters, each with the style that it is written in.

    Args:
        width: in characters.
        height: in characters.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._dots = [[0] * width for _ in range(height)]
        self._words = [[""] * width for _ in range(height)]
        self._grounds = [[" "] * width for _ in range(height)]
        self._inks = [[""] * width for _ in range(height)]

    def line(self, points: Sequence[Point], ink: str, dashed: bool = False) -> None:
        """Draw through points.

        Args:
            points: column and row of dots, from the left to the right.
            ink: a Rich style.
            dashed: whether to leave gaps.
        """
        for column, row in points[:1]:
            self._dot(column, row, ink)
        step = 0
        for (left, start), (right, end) in pairwise(points):
            width, before = right - left, start
            for column in range(left, right + 1):
                now = round(start + (end - start) * (column - left) / width) if width else end
                way = 1 if now >= before else -1
                for row in range(before + way if now != before else now, now + way, way):
                    if not (dashed and step // _DASH % 2):
                        self._dot(column, row, ink)
                    step += 1
                before = now

    def _dot(self, column: int, row: int, ink: str) -> None:
        x, y = column >> 1, row >> 2
        if 0 <= x < self.width and 0 <= y < self.height:
            self._dots[y][x] |= _BITS[row & 3][column & 1]
            self._inks[y][x] = ink

    def put(self, column: int, row: int, words: str, ink: str) -> None:
        """Write over whatever is there.

        Args:
            column: of the first character.
            row: from the top.
            words: one character a column.
            ink: a Rich style.
        """
        for place, letter in enumerate(words, start=column):
            if 0 <= place < self.width and 0 <= row < self.height:
                self._words[row][place] = letter
                self._inks[row][place] = ink

    def under(self, column: int, row: int, letter: str, ink: str) -> None:
        """Write one character that whatever is drawn later hides.

        Args:
            column: where.
            row: where.
            letter: what.
            ink: a Rich style.
        """
        if 0 <= column < self.width and 0 <= row < self.height:
            self._grounds[row][column] = letter
            self._inks[row][column] = ink

    def fits(self, column: int, row: int, width: int) -> bool:
        """Whether nothing is drawn or written there; what lies under may."""
        if column < 0 or column + width > self.width or not 0 <= row < self.height:
            return False
        places = slice(column, column + width)
        return not any(self._dots[row][places]) and not any(self._words[row][places])

    def runs(self) -> tuple[tuple[Run, ...], ...]:
        """The rows, each as stretches of text and their styles."""
        return tuple(self._row(row) for row in range(self.height))

    def _row(self, row: int) -> tuple[Run, ...]:
        letters = [
            word or (chr(_BLANK + dots) if dots else ground)
            for word, dots, ground in zip(
                self._words[row], self._dots[row], self._grounds[row], strict=True
            )
        ]
        pairs = zip(letters, self._inks[row], strict=True)
        return tuple(
            ("".join(letter for letter, _ in stretch), ink)
            for ink, stretch in groupby(pairs, key=lambda pair: pair[1])
        )
