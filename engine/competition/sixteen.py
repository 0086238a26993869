"""Colour PNGs of 16 bits a channel, of which Pillow keeps the upper 8."""

import numpy as np
from PIL import Image, ImageFile

# Pillow's names for the bytes in such a file, and the same bytes taken in the other order: it
# keeps the byte that it thinks is the upper one, so reading both ways gives all 16 bits.
_OTHER_ORDER = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether an opened file, of which no pixel is read yet, is such a PNG."""
    return isinstance(image, ImageFile.ImageFile) and _layout(image) in _OTHER_ORDER


def sixteen_bits(image: Image.Image) -> np.ndarray:
    """Read the pixels of such a PNG.

    Args:
        image: the opened file, of which no pixel is read yet.

    Returns:
        uint16, (height, width, 3 or 4).
    """
    assert isinstance(image, ImageFile.ImageFile)
    with Image.open(image.filename) as again:
        assert isinstance(again, ImageFile.ImageFile)
        again.tile = [again.tile[0]._replace(args=_OTHER_ORDER[_layout(again)])]
        lower = np.asarray(again)
    values = np.asarray(image).astype(np.uint16)
    values <<= 8
    values |= lower
    return values


def _layout(image: ImageFile.ImageFile) -> str:
    return str(image.tile[0].args) if image.format == "PNG" and image.tile else ""
