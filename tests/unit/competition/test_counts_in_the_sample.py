"""Columns of the sample that count its rows, and columns that only look as if they did."""

from pathlib import Path

from engine.competition.competition import Competition, load_competition
from tests.unit.competition.builders import pictures, table, workspace

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
TEST = range(4)


def hands(tmp_path: Path, labels: list[str], sample: list[str]) -> Competition:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(len(labels) - 1)])
    pictures(data / "test", [f"b{row}.png" for row in TEST], first_seed=100)
    table(data / "train.csv", *labels)
    table(data / "sample_submission.csv", *sample)
    return load_competition(data, workspace(tmp_path))


def test_a_class_may_be_called_index(tmp_path: Path) -> None:
    header = f"id,{','.join(FINGERS)}"
    rows = [",".join(str(int(row % 5 == place)) for place in range(5)) for row in range(15)]
    labels = [header, *(f"a{row},{cells}" for row, cells in enumerate(rows))]
    found = hands(tmp_path, labels, [header, *(f"b{row},0.2,0.2,0.2,0.2,0.2" for row in TEST)])
    assert found.classes == FINGERS
    assert found.submission is not None
    assert found.submission.answer_columns == FINGERS


def test_a_class_called_index_may_have_an_example_of_each(tmp_path: Path) -> None:
    labels = ["id,thumb,index", *(f"a{row},{row % 2},{1 - row % 2}" for row in range(8))]
    found = hands(tmp_path, labels, ["id,thumb,index", "b0,1,0", "b1,0,1"])
    assert found.classes == ("thumb", "index")


def test_the_only_answer_may_be_called_index(tmp_path: Path) -> None:
    labels = ["image,index", *(f"a{row},{row % 4}" for row in range(12))]
    found = hands(tmp_path, labels, ["image,index", *(f"b{row},{row}" for row in TEST)])
    assert found.classes == ("0", "1", "2", "3")
    assert found.submission is not None
    assert found.submission.answer_columns == ("index",)


def test_an_index_that_counts_the_rows_is_no_answer(tmp_path: Path) -> None:
    labels = ["image,label", *(f"a{row},{FINGERS[row % 5]}" for row in range(15))]
    sample = ["index,image,label", *(f"{row + 1},b{row},ring" for row in TEST)]
    found = hands(tmp_path, labels, sample)
    assert found.submission is not None
    assert (found.submission.id_column, found.submission.answer_columns) == ("image", ("label",))
