"""One scale for the grey pictures of a competition that have more than 8 bits."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.competition import depth
from engine.competition.competition import Competition, load_competition
from engine.competition.decoding import decode
from engine.competition.depth import white_of
from engine.competition.exhibits import thumbnail
from engine.competition.hygiene import examine
from engine.competition.images import decode_images, image_set_key
from engine.competition.summary import summarise
from engine.competition.white import White, last_known
from engine.jobs.workspace import Workspace
from tests.unit.competition.builders import deep_png, flowers, silent, workspace


def scans(data: Path, largest: float, kind: type = np.uint16, suffix: str = ".png") -> Path:
    """Grey scans, of which only one test image is as bright as it gets."""
    flowers(data, rows=6, test=2, suffix=suffix)
    random = np.random.default_rng(0)
    for place, path in enumerate(sorted(data.glob(f"*/*{suffix}"))):
        values = random.random((24, 24)) * largest / 2
        if place == 0:
            values[3, 3] = largest
        Image.fromarray(values.astype(kind)).save(path)
    return data


def loaded(data: Path, tmp_path: Path) -> tuple[Competition, Workspace]:
    place = workspace(tmp_path)
    return load_competition(data, place), place


@pytest.mark.parametrize(
    ("largest", "kind", "suffix", "white"),
    [
        (200, np.uint16, ".png", 255),
        (1000, np.uint16, ".tif", 1023),
        (4000, np.uint16, ".png", 4095),
        (4095, np.int32, ".tif", 4095),
        (16000, np.uint16, ".tif", 16383),
        (60000, np.uint16, ".png", 65535),
        (1e6, np.int32, ".tif", 1e6),
    ],
)
def test_integers_are_scaled_by_their_bits(
    tmp_path: Path, largest: float, kind: type, suffix: str, white: float
) -> None:
    competition, place = loaded(scans(tmp_path / "data", largest, kind, suffix), tmp_path)
    assert white_of(competition, place, silent) == White(whole=white)


@pytest.mark.parametrize(("largest", "white"), [(0.8, 1), (200, 255), (3000, 4095)])
def test_so_are_numbers_with_a_point(tmp_path: Path, largest: float, white: float) -> None:
    competition, place = loaded(scans(tmp_path / "data", largest, np.float32, ".tif"), tmp_path)
    assert white_of(competition, place, silent) == White(real=white)


def test_grey_levels_survive_and_stay_comparable(tmp_path: Path) -> None:
    competition, place = loaded(scans(tmp_path / "data", 4095), tmp_path)
    white = white_of(competition, place, silent)
    decoded = decode_images(competition.paths, 24, place.cache, silent, white)
    assert len(np.unique(decoded.array)) > 100
    for row, path in enumerate(competition.paths):
        with Image.open(path) as image:
            wanted = np.rint(np.asarray(image) * (255 / 4095))
        np.testing.assert_array_equal(decoded.array[row, :, :, 0], wanted)
    plain = decode_images(competition.paths, 24, place.cache, silent)
    assert len(np.unique(plain.array)) < 10, "another white is another cache"
    assert decoded.key != plain.key


def test_it_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    competition, place = loaded(scans(tmp_path / "data", 4095), tmp_path)
    first = white_of(competition, place, silent)
    monkeypatch.setattr(depth, "largest_value", None)
    assert white_of(competition, place, silent) == first == last_known(place.cache)
    assert examine(competition, place, silent).white == first


def test_a_brighter_image_that_joins_counts(tmp_path: Path) -> None:
    competition, place = loaded(scans(tmp_path / "data", 900), tmp_path)
    assert white_of(competition, place, silent) == White(whole=1023)
    Image.fromarray(np.full((9, 9), 2000, np.uint16)).save(competition.paths[0])
    assert white_of(competition, place, silent) == White(whole=4095)
    assert last_known(place.cache) == White(whole=4095)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_ordinary_images_have_none_and_are_not_decoded(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    competition, place = loaded(flowers(tmp_path / "data", suffix=suffix), tmp_path)
    monkeypatch.setattr(depth, "largest_value", None)
    assert white_of(competition, place, silent) == White()
    key = image_set_key(competition.paths)
    assert key == image_set_key(competition.paths, White()), "what was cached stays of use"


def test_damaged_files_have_no_say(tmp_path: Path) -> None:
    competition, place = loaded(scans(tmp_path / "data", 4095), tmp_path)
    content = competition.paths[1].read_bytes()
    competition.paths[1].write_bytes(content[:200])
    competition.paths[2].write_bytes(b"")
    assert white_of(competition, place, silent) == White(whole=4095)


def test_the_data_screen_tells_of_it(tmp_path: Path) -> None:
    data = scans(tmp_path / "data", 4095)
    said = [finding.happened for finding in summarise(data, workspace(tmp_path), silent).findings]
    assert "12-bit images in 16-bit files: 4095 is taken for white." in said


@pytest.mark.parametrize(("largest", "kind"), [(65535, np.uint16), (1, np.float32)])
def test_what_fills_its_type_is_not_worth_telling(
    tmp_path: Path, largest: float, kind: type
) -> None:
    data = scans(tmp_path / "data", largest, kind, ".tif")
    summary = summarise(data, workspace(tmp_path), silent)
    assert not any("white" in finding.happened for finding in summary.findings)


def test_thumbnails_are_as_bright(tmp_path: Path) -> None:
    competition, place = loaded(scans(tmp_path / "data", 4095), tmp_path)
    white = white_of(competition, place, silent)
    path = competition.paths[0]
    shown = thumbnail(str(path), 24, white)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.png))))
    np.testing.assert_array_equal(pixels, decode(path, 24, white))


def test_colour_of_twelve_bits_is_not_black(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=6, test=2)
    random = np.random.default_rng(0)
    for path in sorted(data.glob("*/*.png")):
        deep_png(path, random.integers(0, 4096, (24, 24, 3)))
    summary = summarise(data, workspace(tmp_path), silent)
    assert "12-bit images in 16-bit files" in " ".join(one.happened for one in summary.findings)
    competition, place = loaded(data, tmp_path)
    white = white_of(competition, place, silent)
    assert white == White(whole=4095)
    decoded = decode_images(competition.paths, 24, place.cache, silent, white)
    assert 120 < decoded.array.mean() < 135
