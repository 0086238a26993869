"""What a person is shown: samples of a class, copies beside each other, pictures made small."""

import base64
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.competition.competition import load_competition
from engine.competition.exhibits import (
    copies_of,
    fold_balance,
    given_labels,
    samples_of,
    thumbnail,
)
from engine.competition.white import White
from tests.unit.competition.builders import flowers, picture, workspace


def test_samples_are_of_the_class_shuffled_and_paged(tmp_path: Path) -> None:
    competition = load_competition(flowers(tmp_path / "data", rows=40), workspace(tmp_path))
    pages = [samples_of(competition, ["1"], first, 8) for first in (0, 8, 16, 24)]
    shown = [one.id for page in pages for one in page]
    assert [len(page) for page in pages] == [8, 8, 4, 0]
    assert len(set(shown)) == 20
    assert all(one.labels == ("1",) for page in pages for one in page)
    assert shown != sorted(shown, key=int)
    assert samples_of(competition, ["1"], 0, 8) == pages[0]
    assert len(samples_of(competition, [], 0, 99)) == 40


@pytest.mark.parametrize(
    ("classes", "targets", "wanted", "expected"),
    [
        ("ab", [[0], [1], [0]], ["a"], "02"),
        ("ab", [[0], [1], [0]], ["b", "c"], "1"),
        ("abc", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], ["a", "c"], "02"),
        ("abc", [[1, 1, 0], [0, 0, 0], [0, 1, 1]], ["a", "c"], "02"),
        ("abc", [[1, 1, 0], [0, 0, 0], [0, 1, 1]], ["none"], "1"),
        ("abc", [[1, 1, 0], [0, 0, 0], [0, 1, 1]], ["d"], ""),
    ],
)
def test_samples_of_a_class_are_found_without_naming_all_labels_of_others(
    classes: str,
    targets: list[list[int]],
    wanted: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a thousand classes, naming them took seconds."""
    competition: Any = SimpleNamespace(
        ids=tuple("012"), paths=("",) * 3, classes=tuple(classes), targets=np.array(targets)
    )
    asked = []

    def named(competition: Any, row: int) -> tuple[str, ...]:
        asked.append(str(row))
        return given_labels(competition, row)

    monkeypatch.setattr("engine.competition.exhibits.given_labels", named)
    shown = samples_of(competition, wanted, 0, 9)
    assert sorted(one.id for one in shown) == sorted(asked) == list(expected)
    assert all(set(one.labels) & set(wanted) for one in shown)


def test_copies_come_in_pairs_contradictions_first(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=30, suffix=".jpg")
    # 3 and 5 have one label, 1 and 2 have two; 7 is in the test set, too.
    for name, seed in (("3", 3), ("5", 3), ("1", 1), ("2", 1), ("7", 7)):
        picture(data / "train" / f"{name}.jpg", seed, side=160, quality=95)
    picture(data / "test" / "1.jpg", 7, side=160, quality=95)
    place = workspace(tmp_path)
    competition = load_competition(data, place)
    shown = copies_of(competition, place, 99)
    pairs = [(shown[i].id, shown[i + 1].id) for i in range(0, len(shown), 2)]
    assert pairs == [("1", "2"), ("7", "1"), ("3", "5")]
    assert [shown[i].note for i in (0, 2, 4)] == [
        "labels differ, same file",
        "also in the test set, same file",
        "same file",
    ]
    assert shown[3].labels == ()
    assert copies_of(competition, place, 5) == shown[:4], "no half of a pair"


def test_a_thumbnail_keeps_proportions_and_one_that_is_none_says_why(tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    picture(wide, 1, side=64)
    Image.open(wide).resize((64, 32)).save(wide)
    small = thumbnail(str(wide), 16, White())
    assert (small.width, small.height, small.problem) == (16, 8, "")
    assert Image.open(io.BytesIO(base64.b64decode(small.png))).size == (16, 8)
    (tmp_path / "none.png").write_text("no image")
    assert thumbnail(str(tmp_path / "none.png"), 16, White()).problem == "not an image"


def test_fold_balance_counts_every_class_in_every_fold(tmp_path: Path) -> None:
    competition = load_competition(flowers(tmp_path / "data", rows=40), workspace(tmp_path))
    folds = np.arange(40) % 4
    balance = fold_balance(competition, folds)
    assert [name for name, _ in balance] == ["0", "1"]
    assert sum(sum(counts) for _, counts in balance) == 40
    zeros = competition.targets[folds == 2, 0] == 0
    assert balance[0][1][2] == zeros.sum()
