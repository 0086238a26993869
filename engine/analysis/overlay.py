"""A map of an image as a picture that a person can look at."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.files import explained

# Viridis: as bright as it is high, also to the colour-blind and in print.
_VIRIDIS = np.array(
    [
        (0x44, 0x01, 0x54), (0x47, 0x2D, 0x7B), (0x3B, 0x52, 0x8B), (0x2C, 0x72, 0x8E),
        (0x21, 0x91, 0x8C), (0x28, 0xAE, 0x80), (0x5E, 0xC9, 0x62), (0xAD, 0xDC, 0x30),
        (0xFD, 0xE7, 0x25),
    ],
    dtype=np.float32,
)  # fmt: skip
# How much of the picture the colour covers where the map is 0, and where it is 1.
_FAINTEST, _STRONGEST = 0.3, 0.7
_GAP = 8


def write_overlay(image: Image.Image, values: NDArray[np.floating], path: Path) -> None:
    """Write a PNG: the plain image, and beside it the map over the same image in grey.

    Args:
        image: RGB.
        values: the map in 0..1, (height, width), of any size; it covers the whole image.
        path: the PNG; its folder is made when missing.

    Raises:
        UserError: the disk is full or the folder read-only; nothing half written is left.
    """
    width, height = image.size
    page = Image.new("RGB", (2 * width + _GAP, height), "white")
    page.paste(image, (0, 0))
    page.paste(_blended(image, values), (width + _GAP, 0))
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".overlay.")
        try:
            with os.fdopen(handle, "wb") as stream:
                page.save(stream, format="PNG")
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def _blended(image: Image.Image, values: NDArray[np.floating]) -> Image.Image:
    fine = Image.fromarray(values.astype(np.float32)).resize(image.size, Image.Resampling.BILINEAR)
    shares = np.clip(np.asarray(fine), 0, 1)
    steps = np.linspace(0, 1, len(_VIRIDIS))
    colours = np.stack([np.interp(shares, steps, channel) for channel in _VIRIDIS.T], axis=-1)
    # Grey, so that every hue on it is the map's.
    grey = np.asarray(image.convert("L"), np.float32)[..., np.newaxis]
    cover = (_FAINTEST + (_STRONGEST - _FAINTEST) * shares)[..., np.newaxis]
    return Image.fromarray(np.rint(grey * (1 - cover) + colours * cover).astype(np.uint8))
