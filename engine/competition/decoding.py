"""One image file to one square of RGB pixels, whatever the file holds."""

import warnings
from dataclasses import dataclass
from os import PathLike

import numpy as np
from PIL import Image, UnidentifiedImageError

# Above this a picture is refused before a pixel is read: Pillow's own limit against bombs.
MAX_PIXELS = 89_478_485
# Part of every cache key: raise it when the same file would give other pixels.
DECODER = 1

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


def decode(path: str | PathLike[str], size: int) -> np.ndarray:
    """Decode an image upright, as RGB, squashed to a square with antialiasing.

    Args:
        path: the file.
        size: side of the square, pixels.

    Returns:
        uint8, (size, size, 3).

    Raises:
        UnreadableImageError: the file is missing, damaged, truncated, no image, or a bomb.
    """
    return read_picture(path, size).pixels


def read_picture(path: str | PathLike[str], size: int) -> Picture:
    """Decode an image as `decode` does, and tell what the file was.

    The whole file is read, so a truncated one is found. Of an animation the first frame counts.

    Args:
        path: the file.
        size: side of the square, pixels.

    Returns:
        The picture.

    Raises:
        UnreadableImageError: the file is missing, damaged, truncated, no image, or a bomb.
    """
    try:
        with Image.open(path) as image:
            return _picture(image, size)
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError("the file is missing") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError("far too many pixels: a decompression bomb") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not an image") from error
    except Exception as error:
        # Damaged files raise whatever the format's parser stumbles on.
        raise UnreadableImageError(f"damaged: {error or type(error).__name__}") from error


def _picture(image: Image.Image, size: int) -> Picture:
    width, height = image.size
    mode = image.mode
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(f"{width} x {height} pixels: refused as a decompression bomb")
    orientation = image.getexif().get(_ORIENTATION, 1)
    # A JPEG decodes at 1/2, 1/4 or 1/8 for a fraction of the work; twice the size keeps quality.
    image.draft(None, (2 * size, 2 * size))
    image.load()
    square = _eight_bit(image).resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        # Turning the small square equals turning the large picture, and costs nothing.
        square = square.transpose(_UPRIGHT[orientation])
        if orientation >= 5:
            width, height = height, width
    return Picture(np.asarray(_opaque(square)), width, height, mode)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring any mode to L, RGB or RGBA with 8 bits a channel."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if image.mode.startswith("I") or image.mode == "F":
        return _scaled(image)
    if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """Scale 16 and 32 bits to 8 by the type's range, so that brightness stays comparable."""
    values = np.asarray(image).astype(np.float32)
    if image.mode == "F":
        scale = 255.0 if values.size and values.max() <= 1 else 1.0
    else:
        scale = 255 / 65535
    return Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, the page that cut-outs are made for and seen on."""
    if image.mode == "RGBA":
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image).convert("RGB")
    return image.convert("RGB")
