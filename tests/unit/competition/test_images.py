"""Images are decoded once, and again only when they change."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.competition.decoding import decode
from engine.competition.images import decode_images
from tests.unit.competition.builders import picture, pictures, silent


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    pictures(tmp_path / "train", [f"{i}.png" for i in range(40)])
    return [tmp_path / "train" / f"{i}.png" for i in range(40)]


class Counter:
    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))


def test_pixels_are_those_of_the_files_and_can_not_be_written(
    paths: list[Path], tmp_path: Path
) -> None:
    decoded = decode_images(paths, 16, tmp_path / "cache", silent)
    assert decoded.array.shape == (40, 16, 16, 3)
    assert decoded.array.dtype == np.uint8
    assert decoded.unreadable == {}
    for row in (0, 17, 39):
        assert (decoded.array[row] == decode(paths[row], 16)).all()
    with pytest.raises(ValueError, match="read-only"):
        decoded.array[0] = 0


def test_the_second_opening_decodes_nothing(paths: list[Path], tmp_path: Path) -> None:
    first, second = Counter(), Counter()
    decode_images(paths, 16, tmp_path / "cache", first)
    decode_images(paths, 16, tmp_path / "cache", second)
    assert first.told[-1] == (40, 40)
    assert [done for done, _ in first.told] == sorted(done for done, _ in first.told)
    assert second.told == []


def test_a_changed_file_is_decoded_again_and_the_old_pixels_go(
    paths: list[Path], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    old = decode_images(paths, 16, cache, silent).array[3].copy()
    decode_images(paths, 8, cache, silent)
    picture(paths[3], 999)
    new = decode_images(paths, 16, cache, silent).array[3]
    assert (new == decode(paths[3], 16)).all()
    assert (new != old).any()
    sizes = [folder.name.partition("-")[0] for folder in (cache / "decoded").glob("*-*")]
    assert sorted(sizes) == ["16", "8"]


def test_training_and_test_images_of_one_folder_keep_both_caches(
    paths: list[Path], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    for part in (paths[:20], paths[20:], paths[:20]):
        decode_images(part, 16, cache, silent)
    assert len(list((cache / "decoded").glob("16-*"))) == 2


def test_unreadable_and_missing_files_are_named_and_black(
    paths: list[Path], tmp_path: Path
) -> None:
    paths[5].write_bytes(paths[5].read_bytes()[:40])
    paths[6].unlink()
    for _ in range(2):
        decoded = decode_images([*paths, None], 16, tmp_path / "cache", silent)
        assert set(decoded.unreadable) == {5, 6, 40}
        assert decoded.unreadable[40] == "the file is missing"
        assert decoded.array[5].max() == 0
        assert decoded.array[7].max() > 0


def test_no_images(tmp_path: Path) -> None:
    assert decode_images([], 16, tmp_path / "cache", silent).array.shape == (0, 16, 16, 3)


def test_a_build_that_fails_leaves_nothing_behind(paths: list[Path], tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_images(paths, 16, tmp_path / "cache", stop)
    assert [p.name for p in (tmp_path / "cache" / "decoded").iterdir() if p.is_dir()] == []


def test_two_processes_share_one_build(paths: list[Path], tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from engine.competition.images import decode_images
folder, cache = map(Path, sys.argv[1:])
paths = [folder / f"{i}.png" for i in range(40)]
told = []
decoded = decode_images(paths, 64, cache, lambda done, total: told.append(done))
print(bool(told), int(decoded.array.sum()))
"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "train"), str(tmp_path / "cache")]
    running = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate()[0].split() for process in running)
    assert [built for built, _ in said] == ["False", "True"]
    assert said[0][1] == said[1][1]
