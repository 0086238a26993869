"""Lines of braille dots and words on a grid of characters.

Own code because plotext takes 20 ms for one chart of six curves, and a grid has several: this
takes a tenth of that.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

ACROSS, DOWN = 2, 4
_BLANK = 0x2800
# The bit of each dot of a braille character, by row and column.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# All of a column's bits, those from a row on, and those down to a row.
_ALL = tuple(sum(row[side] for row in _BITS) for side in (0, 1))
_FROM = tuple([sum(row[side] for row in _BITS[start:]) for start in range(DOWN)] for side in (0, 1))
_TO = tuple([sum(row[side] for row in _BITS[: end + 1]) for end in range(DOWN)] for side in (0, 1))
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
        # Lines that are drawn through words change nothing about them.
        self._word_inks = [[""] * width for _ in range(height)]

    def line(self, points: Sequence[Point], ink: str, dashed: bool = False) -> None:
        """Draw through points.

        Args:
            points: column and row of dots, from the left to the right.
            ink: a Rich style.
            dashed: whether to leave gaps.
        """
        most, lowest = self.width * ACROSS, self.height * DOWN - 1
        for column, top, bottom in _spans(points):
            if not (dashed and column // _DASH % 2) and 0 <= column < most:
                self._upright(column, max(top, 0), min(bottom, lowest), ink)

    def strew(self, points: Sequence[Point], ink: str, is_thick: bool = False) -> None:
        """Draw points alone.

        Args:
            points: column and row of dots.
            ink: a Rich style.
            is_thick: whether each is a block of four dots.
        """
        bottom, most = self.height * DOWN - 1, self.width * ACROSS
        for left, row in points:
            for column in (left, left + 1) if is_thick else (left,):
                if 0 <= column < most and 0 <= row <= bottom:
                    self._upright(column, row, min(row + is_thick, bottom), ink)

    def _upright(self, column: int, top: int, bottom: int, ink: str) -> None:
        """Set the dots of one column between two rows, character by character."""
        x, side = column >> 1, column & 1
        first, last = top >> 2, bottom >> 2
        for y in range(first, last + 1):
            bits = _ALL[side]
            if y == first:
                bits &= _FROM[side][top & 3]
            if y == last:
                bits &= _TO[side][bottom & 3]
            self._dots[y][x] |= bits
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
                self._word_inks[row][place] = ink

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
        inks = [
            of_word if word else ink
            for word, of_word, ink in zip(
                self._words[row], self._word_inks[row], self._inks[row], strict=True
            )
        ]
        pairs = zip(letters, inks, strict=True)
        return tuple(
            ("".join(letter for letter, _ in stretch), ink)
            for ink, stretch in groupby(pairs, key=lambda pair: pair[1])
        )


def _spans(points: Sequence[Point]) -> Iterator[tuple[int, int, int]]:
    """Each column that a line passes, with its highest and its lowest row there."""
    if not points:
        return
    column, row = points[0]
    top = bottom = row
    for right, end in points[1:]:
        if right > column:
            yield column, top, bottom
            slope = (end - row) / (right - column)
            before = row
            for between in range(column + 1, right):
                now = round(row + slope * (between - column))
                yield between, *_reach(before, now)
                before = now
            top, bottom = _reach(before, end)
            column = right
        elif end < top:
            top = end
        elif end > bottom:
            bottom = end
        row = end
    yield column, top, bottom


def _reach(before: int, now: int) -> Point:
    """The rows of a column that join it to the column before."""
    if now > before:
        return before + 1, now
    return (now, before - 1) if now < before else (now, now)
