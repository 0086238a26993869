"""Copies, leaks, contradictions and unreadable files are found, and nothing else is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.competition import decoding
from engine.competition.competition import load_competition
from engine.competition.findings import CompetitionSummary, Finding
from engine.competition.folds import frozen_folds
from engine.competition.hygiene import examine
from engine.competition.likeness import clusters_of, near_pairs
from engine.competition.summary import summarise
from engine.jobs.workspace import Workspace
from tests.unit.competition.builders import flowers, picture, silent, workspace


def found(summary: CompetitionSummary, words: str) -> Finding:
    (finding,) = [f for f in summary.findings if words in f.happened]
    return finding


def test_different_pictures_give_no_findings(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=60, test=30)
    summary = summarise(data, workspace(tmp_path), silent)
    assert summary.findings == ()
    assert not summary.grouped


def test_the_numbers_of_the_data_screen(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=20)
    picture(data / "train" / "20.png", 20, side=64)
    summary = summarise(data, workspace(tmp_path, "[folds]\ncount = 4\n"), silent)
    assert summary.class_counts == (("0", 10), ("1", 10))
    assert summary.sizes == ((24, 24, 19), (64, 64, 1))
    assert summary.median_side == 24
    assert summary.modes == (("RGB", 20),)
    assert (summary.labelled_images, summary.test_images, summary.folds) == (20, 4, 4)
    assert summary.label_file == "train_labels.csv"
    assert CompetitionSummary.model_validate_json(summary.model_dump_json()) == summary


def test_a_summary_freezes_nothing_but_tells_what_is_frozen(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    data = flowers(tmp_path / "data", rows=20)
    summarise(data, place, silent)
    assert not place.folds.exists()
    frozen_folds(load_competition(data, place), place.folds, 3, 0)
    assert summarise(data, place, silent).folds == 3
    (place.root / "hydra.toml").write_text("[folds]\ncount = 4\n")
    told = summarise(data, place, silent)
    assert told.folds == 3
    assert any("asks for 4 folds, and 3 are frozen" in one.happened for one in told.findings)


def damaged(tmp_path: Path) -> tuple[Path, Workspace]:
    """1 = 2 to the byte (same label), 3 ~ 4 recompressed, 5 (labelled) = 1 of the test images."""
    data = flowers(tmp_path / "data", rows=30, suffix=".jpg")
    labels = (data / "train_labels.csv").read_text().replace("\n2,0\n", "\n2,1\n")
    (data / "train_labels.csv").write_text(labels)
    for name, seed in (("1", 1), ("2", 1), ("3", 3), ("5", 5)):
        picture(data / "train" / f"{name}.jpg", seed, side=160, quality=95)
    picture(data / "train" / "4.jpg", 3, side=120, quality=60)
    picture(data / "test" / "1.jpg", 5, side=160, quality=95)
    whole = (data / "train" / "6.jpg").read_bytes()
    (data / "train" / "6.jpg").write_bytes(whole[: len(whole) // 2])
    (data / "test" / "2.jpg").write_text("no picture")
    return data, workspace(tmp_path)


def test_damaged_and_duplicated_files_are_named(tmp_path: Path) -> None:
    summary = summarise(*damaged(tmp_path), silent)
    assert found(summary, "exact copies").files == ("1 = 2",)
    assert found(summary, "exact copies").count == 2
    assert found(summary, "near copies").files == ("3 = 4",)
    assert found(summary, "different labels").files == ("3 (1) = 4 (0)",)
    assert found(summary, "Test images that are copies").files == ("1 (test) = 5 (1)",)
    assert found(summary, "Labelled images that can't be decoded").files[0].startswith("6.jpg: ")
    assert found(summary, "Test images that can't").files == ("2.jpg: not an image",)
    assert len(summary.findings) == 6
    assert summary.grouped


def test_images_of_too_many_pixels_are_to_be_resized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = flowers(tmp_path / "data", rows=30)
    for place in ("train/3.png", "test/2.png"):
        picture(data / place, 3 + len(place), side=200)
    monkeypatch.setattr(decoding, "MAX_PIXELS", 100 * 100)
    summary = summarise(data, workspace(tmp_path), silent)
    for part, name in (("Labelled", "3.png"), ("Test", "2.png")):
        finding = found(summary, f"{part} images of too many pixels: 1.")
        assert finding.files == (f"{name}: too many pixels: 200 x 200",)
        assert finding.fix.startswith("resize them")
    assert len(summary.findings) == 2


def test_copies_are_kept_in_one_fold_without_being_asked(tmp_path: Path) -> None:
    data, place = damaged(tmp_path)
    folds = frozen_folds(load_competition(data, place), place.folds, 5, 0)
    assert folds[0] == folds[1]
    assert folds[2] == folds[3]
    assert (place.folds).read_text().splitlines()[2].endswith(",1")


def test_the_pictures_are_looked_at_once(tmp_path: Path) -> None:
    data, place = damaged(tmp_path)
    told: list[int] = []
    first = summarise(data, place, lambda done, total: told.append(done))
    assert 34 in told
    told.clear()
    assert summarise(data, place, lambda done, total: told.append(done)) == first
    assert told == []
    picture(data / "train" / "6.jpg", 6)
    again = summarise(data, place, lambda done, total: told.append(done))
    assert 34 in told
    assert len(again.findings) == 5
    assert len(list((place.cache / "hygiene").iterdir())) == 1


def test_unreadable_rows_are_counted_for_training_and_test_apart(tmp_path: Path) -> None:
    data, place = damaged(tmp_path)
    (data / "test" / "4.jpg").unlink()
    hygiene = examine(load_competition(data, place), place, silent)
    assert list(hygiene.unreadable_training) == [5]
    assert hygiene.unreadable_test == {1: "not an image", 3: "the file is missing"}


def test_plain_pictures_of_different_colour_are_no_copies() -> None:
    plain = np.zeros((4, 16, 16, 3), np.uint8)
    plain[1] = 128
    plain[2] = 129
    plain[3] = (255, 0, 0)
    assert near_pairs(plain, np.ones(4, bool)).tolist() == [[1, 2]]


def test_many_identical_pictures_are_one_cluster() -> None:
    pictures = np.zeros((2000, 16, 16, 3), np.uint8)
    pairs = near_pairs(pictures, np.ones(2000, bool))
    assert set(clusters_of(2000, pairs)) == {0}


def test_pairs_are_found_among_many(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (5000, 8, 8, 3), dtype=np.uint8)
    pictures = drawn.repeat(2, axis=1).repeat(2, axis=2)
    noise = np.random.default_rng(1).integers(-3, 4, pictures[0].shape)
    pictures[4321] = np.clip(pictures[17].astype(int) + noise, 0, 255)
    readable = np.ones(5000, bool)
    assert near_pairs(pictures, readable).tolist() == [[17, 4321]]
    readable[17] = False
    assert near_pairs(pictures, readable).tolist() == []


def eye(path: Path, seed: int, side: int = 200, **options: Any) -> Path:
    """A bright disc on black, as every picture of one camera, with veins of its own."""
    image = Image.new("RGB", (200, 200))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 190, 190), fill=(190, 80, 40))
    generator = np.random.default_rng(seed)
    for _ in range(12):
        line = np.cumsum(np.vstack([[100, 100], generator.normal(0, 18, (6, 2))]), axis=0)
        draw.line([tuple(point) for point in line.tolist()], fill=(165, 65, 32), width=2)
    image.resize((side, side)).save(path, **options)
    return path


def test_pictures_alike_from_afar_are_copies_only_when_their_details_agree(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=30, suffix=".jpg")
    for name in range(1, 31):
        eye(data / "train" / f"{name}.jpg", name, quality=95)
    for name, side in ((2, 200), (3, 120)):
        eye(data / "train" / f"{name}.jpg", 1, side, quality=50)
    place = workspace(tmp_path)
    hygiene = examine(load_competition(data, place), place, silent)
    assert hygiene.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_chains_are_one_cluster() -> None:
    assert clusters_of(6, np.array([[1, 2], [4, 5], [2, 4]])).tolist() == [0, 1, 1, 3, 1, 1]


def test_sizes_are_as_a_person_sees_the_picture(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", suffix=".jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(data / "train" / "1.jpg", exif=exif)
    assert (20, 40, 1) in summarise(data, workspace(tmp_path), silent).sizes
