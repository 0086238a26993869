"""Where no sample submission came with the data, a table of the test images says what to answer."""

from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from tests.unit.competition.builders import pictures, table, workspace


def _hackathon(tmp_path: Path, labels: str, test: str = "test") -> Path:
    """Twelve labelled images, by a table beside them, and four to predict."""
    data = tmp_path / "data"
    pictures(data / "train", [f"a{i}.png" for i in range(12)])
    pictures(data / test, [f"b{i}.png" for i in range(4)], first_seed=100)
    names = labels.split()
    rows = [f"a{i}.png,{names[i % len(names)]}" for i in range(12)]
    table(data / "train.csv", "Image,target", *rows)
    return data


def _load(tmp_path: Path, data: Path, settings: str = "") -> Competition:
    return load_competition(data, workspace(tmp_path, settings))


def test_class_names_are_answered_in_the_column_of_the_labels(tmp_path: Path) -> None:
    data = _hackathon(tmp_path, "cha rumba tango")
    table(data / "test.csv", "Image", *(f"b{i}.png" for i in (3, 1, 2, 0)))
    loaded = _load(tmp_path, data)
    form = loaded.submission
    assert form is not None
    assert (form.columns, form.answers, form.file) == (("Image", "target"), "class", "")
    assert loaded.test_ids == ("b3.png", "b1.png", "b2.png", "b0.png")
    assert loaded.metric == "accuracy"
    said = next(f for f in loaded.findings if "No sample submission" in f.happened)
    assert said.severity == "warning"
    assert "test.csv are answered, as `Image, target`, with the class" in said.happened
    assert all(key in said.fix for key in ("sample_submission", "answers", "metric"))


def test_ids_are_those_of_the_test_table_as_it_spells_them(tmp_path: Path) -> None:
    data = _hackathon(tmp_path, "0 1", test="test_data_v2")
    table(data / "test.csv", ",id", *(f"{i},test_data_v2/b{i}.png" for i in range(4)))
    loaded = _load(tmp_path, data)
    assert loaded.submission is not None
    assert loaded.submission.columns == ("id", "target")
    assert loaded.submission.answers == "class"
    assert loaded.test_ids == tuple(f"test_data_v2/b{i}.png" for i in range(4))
    assert None not in loaded.test_paths


def test_classes_that_are_numbers_name_no_images(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for kind in range(3):
        pictures(data / "train" / str(kind), [f"k{kind}{i}.png" for i in range(4)], 10 * kind)
    pictures(data / "test", [f"{i}.png" for i in range(9)], 100)
    table(data / "test.csv", "target,file", *(f"{i % 3},{8 - i}.png" for i in range(9)))
    assert _load(tmp_path, data).test_ids == tuple(f"{8 - i}.png" for i in range(9))


@pytest.mark.parametrize(
    ("settings", "severity"), [('metric = "auc"', "warning"), ('answers = "probability"', "note")]
)
def test_probabilities_are_answered_where_the_user_says_so(
    tmp_path: Path, settings: str, severity: str
) -> None:
    """How to answer is still to be looked at where it follows from the metric alone."""
    data = _hackathon(tmp_path, "0 1")
    table(data / "test.csv", "Image", *(f"b{i}.png" for i in range(4)))
    loaded = _load(tmp_path, data, f"[competition]\n{settings}\n")
    assert loaded.submission is not None
    assert loaded.submission.answers == "probability"
    assert loaded.submission.columns == ("Image", "target")
    assert [finding.severity for finding in loaded.findings] == [severity]


def test_a_test_table_with_a_column_of_answers_gives_class_folders_their_column(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    for place, name in enumerate(("00", "01", "02")):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(4)], 10 * place)
    pictures(data / "test", [f"b{i}.png" for i in range(4)], 100)
    rows = [f"{name}{i}.png,{name}" for name in ("00", "01", "02") for i in range(4)]
    table(data / "train.csv", "filename,category", *rows)
    table(data / "test.csv", "filename,category", *(f"b{i}.png,43" for i in range(4)))
    loaded = _load(tmp_path, data)
    assert loaded.submission is not None
    assert loaded.submission.columns == ("filename", "category")
    assert loaded.test_ids == tuple(f"b{i}.png" for i in range(4))


def test_a_test_table_tells_the_images_to_predict_in_a_shared_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "images", [f"{i}.png" for i in range(16)])
    names = ("cha", "rumba", "tango")
    table(data / "train.csv", "id,dance", *(f"{i},{names[i % 3]}" for i in range(12)))
    table(data / "test.csv", "id", *(str(i) for i in range(12, 16)), "99")
    loaded = _load(tmp_path, data)
    assert loaded.test_ids == ("12", "13", "14", "15", "99")
    assert len(loaded.paths) == 12
    missing = next(f for f in loaded.findings if f.files == ("99",))
    assert "named in test.csv that are missing: 1 of 5" in missing.happened


def test_one_column_a_class_is_answered_by_probabilities(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{i}.png" for i in range(12)])
    pictures(data / "test", [f"b{i}.png" for i in range(4)], 100)
    rows = [f"a{i}.png," + ",".join(str(int(i % 3 == k)) for k in range(3)) for i in range(12)]
    table(data / "train.csv", "id,ash,oak,yew", *rows)
    table(data / "test.csv", "id", *(f"b{i}.png" for i in range(4)))
    loaded = _load(tmp_path, data)
    assert loaded.submission is not None
    assert loaded.submission.columns == ("id", "ash", "oak", "yew")
    assert loaded.submission.answers == "probability"
