"""Every kind of image file gives the same square of RGB."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.competition import decoding
from engine.competition.decoding import (
    UnreadableImageError,
    decode,
    is_deep,
    largest_value,
    read_picture,
)
from engine.competition.white import White
from tests.unit.competition.builders import deep_png, picture

RED_BLUE = Image.new("RGB", (40, 40), "red")
RED_BLUE.paste((0, 0, 255), (20, 0, 40, 40))


def corners(pixels: np.ndarray) -> list[list[int]]:
    """Left and right edge's colour."""
    return [pixels[4, 0].tolist(), pixels[4, -1].tolist()]


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "CMYK"])
def test_colour_modes_agree(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.tif"
    RED_BLUE.convert(mode).save(path)
    found = read_picture(path, 8)
    assert found.mode == mode
    assert found.pixels.shape == (8, 8, 3)
    assert found.pixels.dtype == np.uint8
    assert corners(found.pixels) == [[255, 0, 0], [0, 0, 255]]


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16", "I", "F"])
def test_grey_modes_agree(tmp_path: Path, mode: str) -> None:
    values = np.zeros((40, 40), np.uint8)
    values[:, 20:] = 255
    image = Image.fromarray(values)
    if mode in ("I;16", "I"):
        image = Image.fromarray(values.astype(np.uint16 if mode == "I;16" else np.int32) * 257)
    elif mode == "F":
        image = Image.fromarray(values.astype(np.float32) / 255)
    else:
        image = image.convert(mode)
    path = tmp_path / ("x.png" if mode in ("L", "LA", "1", "I;16") else "x.tif")
    image.save(path)
    assert corners(decode(path, 8)) == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
def test_sixteen_bits_of_grey_are_scaled(tmp_path: Path, kind: type) -> None:
    Image.fromarray(np.full((16, 16), 100 * 257, kind)).save(tmp_path / "x.tif")
    assert decode(tmp_path / "x.tif", 8)[4, 4].tolist() == [100, 100, 100]


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    colour = np.full((16, 16, 3), (65535, 32768, 0))
    assert decode(deep_png(tmp_path / "x.png", colour), 8)[4, 4].tolist() == [255, 128, 0]


@pytest.mark.parametrize(("colour", "seen"), [((4095, 0, 2048), (255, 0, 128))])
@pytest.mark.parametrize("alpha", [(), (4095,), (65535,)])
def test_twelve_bit_colour_is_scaled_by_white(
    tmp_path: Path, colour: tuple[int, ...], seen: tuple[int, ...], alpha: tuple[int, ...]
) -> None:
    values = np.full((16, 16, 3 + len(alpha)), (*colour, *alpha))
    path = deep_png(tmp_path / "x.png", values)
    assert is_deep(path)
    assert largest_value(path) == (False, 4095)
    assert decode(path, 8, White(whole=4095))[4, 4].tolist() == [*seen]


def test_a_large_jpeg_is_decoded_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 100 * 100)
    picture(tmp_path / "x.jpg", 1, side=200)
    assert decode(tmp_path / "x.jpg", 16).shape == (16, 16, 3)
    with pytest.raises(UnreadableImageError, match="too many pixels: 200 x 200"):
        decode(picture(tmp_path / "x.png", 1, side=200), 16)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 8, 16))
    path = tmp_path / "x.png"
    if mode == "P":
        plain = Image.new("P", (16, 16), 1)
        plain.putpalette([0, 0, 0, 9, 9, 9])
        plain.paste(0, (0, 0, 8, 16))
        plain.save(path, transparency=1)
    else:
        image.convert(mode).save(path)
    assert corners(decode(path, 8)) == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    upright = Image.new("RGB", (48, 32), "black")
    upright.paste((255, 255, 255), (0, 0, 24, 16))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "x.png", exif=exif)
    found = read_picture(tmp_path / "x.png", 8)
    assert (found.width, found.height) == (48, 32)
    assert found.pixels[0, 0].tolist() == [255, 255, 255]
    assert found.pixels[[0, -1, -1], [-1, 0, -1]].max() == 0


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert decode(tmp_path / "x.gif", 8)[4, 4].tolist() == [255, 0, 0]


def test_fine_patterns_are_averaged_not_sampled(tmp_path: Path) -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "x.png")
    middle = decode(tmp_path / "x.png", 8)[2:-2, 2:-2]
    assert abs(middle.astype(int) - 127).max() <= 3


def test_a_large_jpeg_looks_as_if_resized_in_full(tmp_path: Path) -> None:
    picture(tmp_path / "x.jpg", 5, side=800, quality=95)
    with Image.open(tmp_path / "x.jpg") as image:
        full = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR)).astype(int)
    assert abs(decode(tmp_path / "x.jpg", 32) - full).mean() < 3


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".bmp", ".webp"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_files_are_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = picture(tmp_path / f"x{suffix}", 3, side=200)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UnreadableImageError):
        decode(path, 16)


def test_reasons_are_for_people(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(UnreadableImageError, match="not an image"):
        decode(tmp_path / "text.jpg", 8)
    with pytest.raises(UnreadableImageError, match="the file is missing"):
        decode(tmp_path / "none.jpg", 8)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 30_000])
def test_bombs_are_refused(tmp_path: Path, side: int) -> None:
    path = tmp_path / "x.png"
    Image.new("1", (8, 8)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match="too many pixels"):
        decode(path, 8)
