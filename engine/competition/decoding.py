"""One image file to one square of RGB pixels, whatever the file holds."""

import warnings
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from engine.competition.sixteen import has_sixteen_bits, sixteen_bits
from engine.competition.white import White

# Above this a picture is refused before a pixel is read: Pillow's own limit against bombs. What
# counts of a JPEG is the size that it is decoded at.
MAX_PIXELS = 89_478_485
MISSING = "the file is missing"
# How the reason begins where a picture is refused for its size.
TOO_LARGE = "too many pixels"
# Formats whose pictures may have more than 8 bits a channel.
DEEP_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".pgm", ".jp2", ".j2k"})
# Part of every cache key: raise it when the same file would give other pixels.
DECODER = 2

_PNG = b"\x89PNG\r\n\x1a\n"
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_ORDINARY = White()

# We refuse at this very size ourselves; the warning would only reach the terminal under a cockpit.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class UnreadableImageError(Exception):
    """A file that gives no pixels; its text says why, for a person."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded file.

    Args:
        pixels: uint8, (size, size, 3), RGB.
        width: of the file's picture as a person sees it, pixels.
        height: likewise.
        mode: the file's colour mode in Pillow's words, such as `RGB`, `L`, `P`.
    """

    pixels: np.ndarray
    width: int
    height: int
    mode: str


def decode(path: str | PathLike[str], size: int, white: White = _ORDINARY) -> np.ndarray:
    """Decode an image upright, as RGB, squashed to a square with antialiasing.

    Args:
        path: the file.
        size: side of the square, pixels.
        white: the competition's, for pictures of more than 8 bits.

    Returns:
        uint8, (size, size, 3).

    Raises:
        UnreadableImageError: the file is missing, damaged, truncated, no image, or a bomb.
    """
    return read_picture(path, size, white).pixels


def read_picture(path: str | PathLike[str], size: int, white: White = _ORDINARY) -> Picture:
    """Decode an image as `decode` does, and tell what the file was.

    The whole file is read, so a truncated one is found. Of an animation the first frame counts.

    Args:
        path: the file.
        size: side of the square, pixels.
        white: the competition's, for pictures of more than 8 bits.

    Returns:
        The picture.

    Raises:
        UnreadableImageError: the file is missing, damaged, truncated, no image, or a bomb.
    """
    try:
        with Image.open(path) as image:
            return _picture(image, size, white)
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError(MISSING) from error
    except Image.DecompressionBombError as error:
        # Pillow refuses to open a file of twice its limit.
        raise UnreadableImageError(f"{TOO_LARGE}: more than {2 * MAX_PIXELS:,}") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not an image") from error
    except Exception as error:
        # Damaged files raise whatever the format's parser stumbles on.
        raise UnreadableImageError(f"damaged: {error or type(error).__name__}") from error


def is_deep(path: Path) -> bool:
    """Whether a file is a picture of more than 8 bits that is scaled by white, by its header alone.

    Args:
        path: the file; one that is damaged is none.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(26)
        if head.startswith(_PNG):
            # Bits a channel, and grey, RGB or RGBA: a tenth of the time that Pillow takes.
            return head[24] == 16 and head[25] in (0, 2, 6)
        with Image.open(path) as image:
            return _is_deep(image)
    except Exception:
        # Damaged files raise whatever the format's parser stumbles on.
        return False


def largest_value(path: Path) -> tuple[bool, float] | None:
    """The largest value of a picture of more than 8 bits.

    Args:
        path: the file.

    Returns:
        Whether its values are floating-point numbers, and the largest finite one; None where it
        can't be decoded.
    """
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            if has_sixteen_bits(image):
                return False, float(sixteen_bits(image)[..., :3].max())
            values = np.asarray(image)
            return image.mode == "F", float(np.max(values, initial=0, where=np.isfinite(values)))
    except Exception:
        # As above: what is wrong with the file is said where it is decoded for good.
        return None


def _picture(image: Image.Image, size: int, white: White) -> Picture:
    width, height = image.size
    mode = image.mode
    # A JPEG decodes at 1/2, 1/4 or 1/8 for a fraction of the work; twice the size keeps quality.
    image.draft(None, (2 * size, 2 * size))
    if image.width * image.height > MAX_PIXELS:
        raise UnreadableImageError(f"{TOO_LARGE}: {width} x {height}")
    if has_sixteen_bits(image):
        square = Image.fromarray(_table(white)[sixteen_bits(image)])
    else:
        image.load()
        square = _eight_bit(image, white)
    # Asking a PNG for this reads its pixels, so it comes last.
    orientation = image.getexif().get(_ORIENTATION, 1)
    square = square.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        # Turning the small square equals turning the large picture, and costs nothing.
        square = square.transpose(_UPRIGHT[orientation])
        if orientation >= 5:
            width, height = height, width
    return Picture(np.asarray(_opaque(square)), width, height, mode)


def _eight_bit(image: Image.Image, white: White) -> Image.Image:
    """Bring any mode to L, RGB or RGBA with 8 bits a channel."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if _is_deep(image):
        return _scaled(image, white)
    if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(image: Image.Image, white: White) -> Image.Image:
    """Scale to 8 bits by what is white in all images, so that brightness stays comparable."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32))
    largest = (white.real or 1) if image.mode == "F" else (white.whole or 65535)
    return Image.fromarray(np.clip(np.rint(values * (255 / largest)), 0, 255).astype(np.uint8))


def _table(white: White) -> np.ndarray:
    """What each value of 16 bits is in 8."""
    values = np.arange(65536, dtype=np.float32) * (255 / (white.whole or 65535))
    table: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return table


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _opaque(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, the page that cut-outs are made for and seen on."""
    if image.mode == "RGBA":
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image).convert("RGB")
    return image.convert("RGB")
