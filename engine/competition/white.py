"""Which value is white in pictures of more than 8 bits."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_BITS = {255: 8, 1023: 10, 4095: 12, 16383: 14, 65535: 16}


@dataclass(frozen=True)
class White:
    """What is white over all images of a competition, so that brightness stays comparable.

    Scanners and microscopes write 12 bits into files of 16: by the files' range nearly nothing
    would be left of them.

    Args:
        whole: in pictures of integers of 16 or 32 bits; None where there are none.
        real: in pictures of floating-point numbers; None where there are none.
    """

    whole: float | None = None
    real: float | None = None

    @staticmethod
    def above(largest: float, least: float) -> float:
        """The lowest usual white that a value does not exceed; beyond all of them the value.

        Args:
            largest: the largest value of any image.
            least: the lowest white there is.
        """
        return next((white for white in (least, *_BITS) if least <= white >= largest), largest)

    @property
    def in_words(self) -> str:
        """What a person should know; empty where files are filled as their type suggests."""
        if self.whole not in (None, 65535):
            bits = _BITS.get(int(self.whole or 0))
            what = f"{bits}-bit images in 16-bit files" if bits else "Images of 32-bit integers"
            return f"{what}: {self.whole:g} is taken for white."
        if self.real not in (None, 1):
            return f"Images of numbers with a point, beyond 1: {self.real:g} is taken for white."
        return ""


def last_known(cache: Path) -> White:
    """What was white when the images were last looked at; without opening any.

    Args:
        cache: the workspace's cache folder.
    """
    for home in memory(cache).glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            return remembered(home)
    return White()


def remembered(home: Path) -> White:
    """What a file of the memory holds."""
    return White(**json.loads(home.read_text(encoding="utf-8")))


def memory(cache: Path) -> Path:
    """The folder of what is remembered of it, one file of the images as they were last."""
    return cache / "white"


def as_text(white: White) -> str:
    """As it is remembered, and part of keys."""
    return json.dumps(asdict(white))
