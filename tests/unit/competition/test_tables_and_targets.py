"""Label files as they come, and what they say is to be predicted."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.answers import default_format, read_format
from engine.competition.competition import load_competition
from engine.competition.findings import MetricName, TargetKind
from engine.competition.names import ImageIndex, match_names
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import parse_table, read_table
from engine.competition.targets import Targets, from_names, read_targets
from engine.errors import UserError
from tests.unit.competition.builders import flowers, workspace


@pytest.mark.parametrize(
    ("separator", "encoding", "line_end"),
    [
        (",", "utf-8-sig", "\r\n"),
        (";", "utf-8", "\n"),
        ("\t", "latin-1", "\n"),
        (";", "utf-16", "\r\n"),
        (",", "latin-1", "\r"),
    ],
)
def test_any_separator_encoding_and_line_end(
    tmp_path: Path, separator: str, encoding: str, line_end: str
) -> None:
    data = flowers(tmp_path / "data")
    lines = ["name,blüte", *(f"{i},{'über' if i % 2 else 'a'}" for i in range(1, 9)), ""]
    text = line_end.join(lines).replace(",", separator)
    (data / "train_labels.csv").write_bytes(text.encode(encoding))
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.ids == tuple("12345678")
    assert found.classes == ("a", "über")
    assert found.submission is not None
    assert found.submission.id_column == "name"


def test_a_row_that_is_too_long_is_named() -> None:
    with pytest.raises(UserError, match=r"line 3: 3 cells, the header has 2"):
        parse_table(Path("t.csv"), "id,label\n1,a\n2,a,b\n")


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "is empty"), (b"PK\x03\x04\0\0", "binary"), (b"id,id\n1,2\n", "`id` twice")],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=fault):
        read_table(tmp_path / "t.csv")


def test_short_rows_and_quotes_and_empty_lines() -> None:
    read = parse_table(Path("t.csv"), 'id,label\n\n"1, or so",a\n2\n')
    assert read.rows == (("1, or so", "a"), ("2", ""))
    assert read.lines == (3, 4)


@pytest.mark.parametrize(
    ("names", "kind", "classes"),
    [
        (["0", "1", "1", "0"], TargetKind.BINARY, ("0", "1")),
        (["1.0", "0.0", ""], TargetKind.BINARY, ("0", "1")),
        (["dog", "cat", "dog"], TargetKind.BINARY, ("cat", "dog")),
        (["10", "9", "2"] * 2, TargetKind.MULTICLASS, ("2", "9", "10")),
        (["a b", "a", "b c", "c", "a c"] * 2, TargetKind.MULTILABEL, ("a", "b", "c")),
        (
            ["Sugar beet", "Maize", "Fat Hen", "Charlock"] * 2,
            TargetKind.MULTICLASS,
            ("Charlock", "Fat Hen", "Maize", "Sugar beet"),
        ),
        (
            ["red car", "red bus", "blue car", "blue bus", "old car", "old bus"] * 2,
            TargetKind.MULTICLASS,
            ("blue bus", "blue car", "old bus", "old car", "red bus", "red car"),
        ),
    ],
)
def test_one_column_of_labels(names: list[str], kind: TargetKind, classes: tuple[str]) -> None:
    targets = from_names(names, (), "labels.csv", ("label",))
    assert (targets.kind, targets.classes) == (kind, classes)
    assert targets.values.shape == (len(names), 1 if kind is TargetKind.BINARY else len(classes))


def test_the_positive_class_is_the_one_the_sample_names() -> None:
    targets = from_names(["rose", "tulip"] * 2, ("rose",), "labels.csv")
    assert targets.classes == ("tulip", "rose")
    assert targets.values[:, 0].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [("1,0,0;0,1,0;0,0,1", TargetKind.MULTICLASS), ("1,1,0;0,1,0;0,0,0", TargetKind.MULTILABEL)],
)
def test_one_column_a_class(rows: str, kind: TargetKind) -> None:
    lines = "\n".join(f"{i},{row}" for i, row in enumerate(rows.split(";")))
    read = parse_table(Path("t.csv"), f"id,x,y,z\n{lines}\n")
    targets = read_targets(read, "id", None, ("z", "x", "y"))
    assert targets.kind is kind
    assert targets.classes == ("z", "x", "y")
    assert targets.values[0].tolist() == [0, 1, float(kind is TargetKind.MULTILABEL)]


def test_a_cell_that_is_neither_zero_nor_one_is_named() -> None:
    read = parse_table(Path("t.csv"), "id,x,y\n1,0,1\n2,0,7\n")
    with pytest.raises(UserError, match=r"line 3: `y` is `7`"):
        read_targets(read, "id", ("x", "y"), ())


def test_measurements_are_refused() -> None:
    with pytest.raises(UserError, match="30 different values in 30 rows"):
        from_names([f"{i / 7:.3f}" for i in range(30)], (), "labels.csv")


def test_several_possible_label_columns_are_named() -> None:
    read = parse_table(Path("t.csv"), "id,age,place\n1,30,a\n2,31,b\n")
    with pytest.raises(UserError, match="age, place") as caught:
        read_targets(read, "id", None, ())
    assert "target_columns" in caught.value.fix


def test_the_column_that_looks_like_a_label_is_taken() -> None:
    read = parse_table(Path("t.csv"), "id,age,breed_label\n1,30,a\n2,31,b\n3,32,a\n4,30,b\n")
    assert read_targets(read, "id", None, ()).columns == ("breed_label",)


@pytest.mark.parametrize(
    ("names", "columns", "found"),
    [
        (["0", "1"], ["class_0", "class_1"], ["class_0", "class_1"]),
        (["Black grass", "Maize"], ["maize", "black-grass"], ["black-grass", "maize"]),
        (["p10", "p11"], ["10", "11"], ["10", "11"]),
        (["a", "b"], ["a", "c"], None),
        (["a", "b"], ["a"], None),
    ],
)
def test_names_are_matched_in_other_spellings(
    names: list[str], columns: list[str], found: list[str] | None
) -> None:
    matched = match_names(names, columns)
    assert (None if matched is None else list(matched.values())) == found


def test_an_id_finds_its_image_and_no_other() -> None:
    index = ImageIndex(["cat/1.jpg", "dog/1.jpg", "dog/0007.JPG", "x.y.png"])
    found = [index.find(i) for i in ("cat/1", "train/dog/1.jpg", "1", "7", "x.y", "8", "fox/7")]
    assert found == [0, 1, None, 2, 3, None, None]


BINARY = Targets(TargetKind.BINARY, ("0", "1"), np.zeros((0, 1), np.float32), ("label",))
NAMED = Targets(TargetKind.BINARY, ("cat", "dog"), np.zeros((0, 1), np.float32), ("label",))
COUNTED = Targets(TargetKind.BINARY, ("1", "2"), np.zeros((0, 1), np.float32), ("label",))
MANY = Targets(TargetKind.MULTICLASS, ("a", "b", "c"), np.zeros((0, 3), np.float32), ("label",))


@pytest.mark.parametrize(
    ("targets", "sample", "answers"),
    [
        (BINARY, "id,label\n1,0.5", "probability"),
        (BINARY, "id,label\n1,0", "probability"),
        (NAMED, "id,label\n1,0.5", "probability"),
        (NAMED, "id,label\n1,cat", "class"),
        (COUNTED, "id,label\n1,1", "class"),
        (MANY, "id,label\n1,a", "class"),
        (MANY, "id,c,a,b\n1,0,0,1", "probability"),
    ],
)
def test_the_format_of_the_answers(targets: Targets, sample: str, answers: str) -> None:
    form, findings = read_format(parse_table(Path("s.csv"), sample), targets, CompetitionSettings())
    assert form.answers == answers
    assert findings == ()


def test_a_metric_of_classes_is_answered_by_classes() -> None:
    zeros = parse_table(Path("sample_submission.csv"), "name,tulip\n1,0\n2,0\n")
    halves = parse_table(Path("sample_submission.csv"), "name,tulip\n1,0.5\n2,0.5\n")
    metrics: dict[MetricName, str] = {"accuracy": "class", "auc": "probability"}
    for metric, answers in metrics.items():
        settings = CompetitionSettings(metric=metric)
        assert read_format(zeros, BINARY, settings)[0].answers == answers
        assert read_format(halves, BINARY, settings)[0].answers == "probability"


def test_the_users_word_on_the_answers_counts() -> None:
    sample = parse_table(Path("s.csv"), "id,label\n1,0")
    settings = CompetitionSettings(answers="class")
    assert read_format(sample, BINARY, settings)[0].answers == "class"


@pytest.mark.parametrize("columns", ["x,y", "x,y,z"])
def test_a_sample_that_asks_for_other_classes(columns: str) -> None:
    sample = parse_table(Path("s.csv"), f"id,{columns}\n1{',0' * (columns.count(',') + 1)}")
    with pytest.raises(UserError, match="the labels are multiclass with 3 classes: a, b, c"):
        read_format(sample, MANY, CompetitionSettings())


def test_an_unknown_class_in_the_sample_is_said() -> None:
    _, findings = read_format(
        parse_table(Path("s.csv"), "id,label\n1,nothing"), MANY, CompetitionSettings()
    )
    assert "`nothing`" in findings[0].happened


def test_the_format_without_a_sample() -> None:
    settings = CompetitionSettings()
    assert default_format(BINARY, "id", 3, settings).answer_columns == ("label",)
    assert default_format(NAMED, "id", 3, settings).answer_columns == ("dog",)
    assert default_format(MANY, "id", 3, settings).answer_columns == ("a", "b", "c")


@pytest.mark.parametrize(
    ("files", "identifier", "found"),
    [
        (["12.jpg", "0013.jpg"], "12.0", 0),
        (["12.jpg", "0013.jpg"], "13.0", 1),
        (["12.jpg"], "12.0.jpg", 0),
        (["1.jpg", "1.0.jpg"], "1.0", 1),
        (["1.jpg", "2.5.jpg"], "1.0", None),
        (["0.jpg", "1.jpg"], "1.5", None),
        (["0.jpg", "20.jpg"], "0e20", None),
        (["Blu\u0308te.jpg"], "Bl\u00fcte", 0),
        (["Bl\u00fcte.jpg"], "train/Blu\u0308te.jpg", 0),
        (["Bl\u00fcte.jpg", "Blu\u0308te.jpg"], "Blu\u0308te.jpg", 1),
    ],
)
def test_an_id_in_another_spelling_finds_its_image(
    files: list[str], identifier: str, found: int | None
) -> None:
    assert ImageIndex(files).find(identifier) == found
