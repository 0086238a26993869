"""A table or a JSON beside the images says which number of the sample's is which class."""

import json
from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("zebra", "ant", "cat", "mouse")
BY_ALPHABET = ("0", "1", "2", "3")
# In the order of the classes, which is the alphabet's.
BY_FILE = ("1", "2", "3", "0")


def _zoo(root: Path, shown: str = "0 1 2 3") -> Path:
    for place, kind in enumerate(KINDS):
        pictures(root / "train" / kind, [f"{kind}{i}.png" for i in range(4)], 10 * place)
    pictures(root / "test", [f"{i}.png" for i in range(4)], 100)
    lines = (f"{i},{number}" for i, number in enumerate(shown.split()))
    table(root / "sample_submission.csv", "id,label", *lines)
    return root


def _load(root: Path, settings: str = "") -> tuple[tuple[str, ...], Competition]:
    loaded = load_competition(root, workspace(root.parent, settings))
    assert loaded.submission is not None
    return loaded.submission.class_names, loaded


def test_a_table_numbers_the_classes(tmp_path: Path) -> None:
    root = _zoo(tmp_path / "data")
    lines = (f"{i},{kind.title()}" for i, kind in enumerate(KINDS))
    table(root / "classes.csv", "class_id,class_name", *lines)
    names, loaded = _load(root)
    assert names == BY_FILE
    (said,) = loaded.findings
    assert said.severity == "note"
    assert "0 is zebra, 1 is ant" in said.happened
    assert said.happened.endswith("as classes.csv says.")


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_json_numbers_the_classes(tmp_path: Path, is_turned: bool) -> None:
    root = _zoo(tmp_path / "data")
    said: dict[object, object] = {kind: i for i, kind in enumerate(KINDS)}
    if is_turned:
        said = {i: kind for kind, i in said.items()}
    (root / "class_to_idx.json").write_text(json.dumps(said), encoding="utf-8")
    names, loaded = _load(root)
    assert names == BY_FILE
    assert "class_to_idx.json" in loaded.findings[0].happened


def test_numbers_may_begin_with_one(tmp_path: Path) -> None:
    root = _zoo(tmp_path / "data", "1 2 3 4")
    table(root / "classes.csv", "name,number", *(f"{k},{i}" for i, k in enumerate(KINDS, 1)))
    assert _load(root)[0] == ("2", "3", "4", "1")


@pytest.mark.parametrize(
    "lines",
    [
        # One class is missing; two have one number; two columns number them otherwise.
        ["id,name", "0,zebra", "1,ant", "2,cat"],
        ["id,name", "0,zebra", "1,ant", "2,cat", "2,mouse"],
        ["id,name,rank", "0,zebra,3", "1,ant,2", "2,cat,1", "3,mouse,0"],
    ],
)
def test_what_is_incomplete_or_can_be_read_otherwise_is_left(
    tmp_path: Path, lines: list[str]
) -> None:
    root = _zoo(tmp_path / "data")
    table(root / "classes.csv", *lines)
    names, loaded = _load(root)
    assert names == BY_ALPHABET
    assert loaded.findings[0].severity == "warning"


@pytest.mark.parametrize("text", ["[1, 2", "[" * 100_000], ids=["cut off", "too deep"])
def test_a_file_that_is_no_numbering_is_passed_over(tmp_path: Path, text: str) -> None:
    root = _zoo(tmp_path / "data")
    (root / "notes.json").write_text(text, encoding="utf-8")
    (root / "list.json").write_text("[1, 2]", encoding="utf-8")
    (root / "empty.csv").write_text("", encoding="utf-8")
    table(root / "more.csv", "a,b", "1,2")
    assert _load(root)[0] == BY_ALPHABET


def test_the_user_is_right_where_a_file_says_otherwise(tmp_path: Path) -> None:
    root = _zoo(tmp_path / "data")
    table(root / "classes.csv", "id,name", *(f"{i},{kind}" for i, kind in enumerate(KINDS)))
    settings = '[competition]\nclasses = ["mouse", "cat", "ant", "zebra"]\n'
    names, loaded = _load(root, settings)
    assert loaded.classes == ("mouse", "cat", "ant", "zebra")
    assert names == BY_ALPHABET
    assert "classes.csv" not in loaded.findings[0].happened


@pytest.mark.parametrize(
    ("numbers", "settings", "column", "positive"),
    [
        ({"dog": 0, "cat": 1}, "", "label", "cat"),
        ({"dog": 1, "cat": 0}, "", "label", "dog"),
        # The user, and what the column is called, are nearer to what is asked.
        ({"dog": 0, "cat": 1}, '[competition]\npositive = "dog"\n', "label", "dog"),
        ({"dog": 0, "cat": 1}, "", "is_dog", "dog"),
    ],
)
def test_of_two_classes_the_positive_one_has_the_number_one(
    tmp_path: Path, numbers: dict[str, int], settings: str, column: str, positive: str
) -> None:
    root = tmp_path / "data"
    for place, kind in enumerate(("cat", "dog")):
        pictures(root / "train" / kind, [f"{kind}{i}.png" for i in range(6)], 10 * place)
    pictures(root / "test", [f"{i}.png" for i in range(3)], 100)
    table(root / "sample_submission.csv", f"id,{column}", "0,0.5", "1,0.5", "2,0.5")
    (root / "class_to_idx.json").write_text(json.dumps(numbers), encoding="utf-8")
    loaded = load_competition(root, workspace(tmp_path, settings))
    assert loaded.classes[1] == positive
    for path, value in zip(loaded.paths, loaded.targets[:, 0], strict=True):
        assert value == float(path.parent.name == positive)
    told = [f for f in loaded.findings if "class_to_idx.json gives it the number 1" in f.happened]
    assert len(told) == (not settings and column == "label")
    assert not any(f.severity == "warning" for f in loaded.findings)
