"""Data nothing can be made of is refused in three parts; what can be left out is named."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.competition.findings import Finding
from engine.errors import UserError
from tests.unit.competition.builders import flowers, picture, pictures, table, workspace


def refused(data: Path, tmp_path: Path, settings: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(tmp_path, settings))
    error = caught.value
    assert all((error.happened, error.expected, error.fix))
    return error


def only_finding(data: Path, tmp_path: Path) -> Finding:
    (finding,) = load_competition(data, workspace(tmp_path)).findings
    return finding


def test_missing_folder(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nowhere", tmp_path).happened


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert "is empty" in refused(tmp_path / "data", tmp_path).happened


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    assert "is a file" in refused(table(tmp_path / "train.csv", "id,label"), tmp_path).happened


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    (data / "train").chmod(0)
    assert "can't be read" in refused(data, tmp_path).happened
    (data / "train").chmod(0o755)


def test_images_without_labels(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train", ["1.png", "2.png"])
    error = refused(tmp_path / "data", tmp_path)
    assert "2 images in train/ (2)" in error.happened
    assert "train/<class>" in error.expected


def test_labels_without_images(tmp_path: Path) -> None:
    table(tmp_path / "data" / "train_labels.csv", "id,label", "1,a", "2,b")
    error = refused(tmp_path / "data", tmp_path)
    assert "No images" in error.happened
    assert "train_labels.csv" in error.happened


def test_labels_of_other_images(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", *(f"a{i},{i % 2}" for i in range(77, 87)))
    error = refused(data, tmp_path)
    assert "None of the 10 rows of train_labels.csv" in error.happened
    assert "a77 | 1" in error.happened
    assert "train/1.png" in error.happened


@pytest.mark.parametrize("label", ["1", "rose"])
def test_one_class_only(tmp_path: Path, label: str) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", *(f"{i},{label}" for i in range(1, 9)))
    assert f"All 8 labelled images are of one class, `{label}`" in refused(data, tmp_path).happened


def test_one_class_folder_only(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train" / "rose", ["1.png", "2.png"])
    assert "one class, `rose`" in refused(tmp_path / "data", tmp_path).happened


def test_two_rows(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", "1,0", "2,1")
    assert "Too few labelled images: 2 (0: 1, 1: 1)" in refused(data, tmp_path).happened


def test_only_empty_labels(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", *(f"{i}," for i in range(1, 9)))
    assert "No image has a usable label" in refused(data, tmp_path).happened


def test_a_table_with_ids_only(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name", *(f"{i}" for i in range(1, 9)))
    refused(data, tmp_path)


def test_a_sample_without_an_answer_column(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "sample_submission.csv", "name", "1")
    assert "sample_submission.csv" in refused(data, tmp_path).happened


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("labels", "nothing.csv"),
        ("sample_submission", "nothing.csv"),
        ("train", "nowhere"),
        ("test", "nowhere"),
    ],
)
def test_an_override_that_names_what_is_not_there(tmp_path: Path, setting: str, value: str) -> None:
    data = flowers(tmp_path / "data")
    error = refused(data, tmp_path, f'[competition]\n{setting} = "{value}"\n')
    assert setting in error.happened
    assert value in error.happened


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("competition", 'target_columns = ["nothing"]'),
        ("competition", 'id_column = "nothing"'),
        ("folds", 'group_column = "nothing"'),
    ],
)
def test_an_override_that_names_no_column(tmp_path: Path, section: str, line: str) -> None:
    error = refused(flowers(tmp_path / "data"), tmp_path, f"[{section}]\n{line}\n")
    assert "nothing" in error.happened


def test_overrides_are_followed(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(
        data / "other.csv",
        "who,age,kind,name",
        *(f"p{i % 2},{i},k{i % 3},{i}" for i in range(1, 9)),
    )
    (data / "sample_submission.csv").unlink()
    lines = (
        '[competition]\nlabels = "other.csv"\nid_column = "name"\ntarget_columns = ["kind"]\n'
        'train = "train"\ntest = "test"\nmetric = "accuracy"\nanswers = "class"\n'
        '[folds]\ngroup_column = "who"\n'
    )
    found = load_competition(data, workspace(tmp_path, lines))
    assert found.label_file == "other.csv"
    assert found.classes == ("k0", "k1", "k2")
    assert found.groups == ("p1", "p0") * 4
    assert found.metric == "accuracy"
    assert found.submission is not None
    assert found.submission.answers == "class"
    assert found.test_ids == ("1", "2", "3", "4")


def _without_image(data: Path) -> None:
    (data / "train" / "3.png").unlink()


def _without_label(data: Path) -> None:
    picture(data / "train" / "99.png", 99)


def _empty_label(data: Path) -> None:
    labels = data / "train_labels.csv"
    labels.write_text(labels.read_text().replace("3,1", "3,"))


def _repeated(data: Path) -> None:
    labels = data / "train_labels.csv"
    labels.write_text(labels.read_text() + "3,1\n")


def _contradicted(data: Path) -> None:
    labels = data / "train_labels.csv"
    labels.write_text(labels.read_text() + "3.png,0\n")


def _without_test_image(data: Path) -> None:
    (data / "test" / "3.png").unlink()


def _unused(data: Path) -> None:
    picture(data / "extra" / "3.png", 99)


@pytest.mark.parametrize(
    ("spoil", "says", "file", "rows"),
    [
        (_without_image, "line 4 of train_labels.csv", "3", 7),
        (_without_label, "without a row", "train/99.png", 8),
        (_empty_label, "line 4 of train_labels.csv", "3", 7),
        (_repeated, "same label", "3", 8),
        (_contradicted, "different labels", "3", 7),
        (_without_test_image, "1 of 4", "3", 8),
        (_unused, "not used", "extra/", 8),
    ],
)
def test_what_is_left_out_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], says: str, file: str, rows: int
) -> None:
    data = flowers(tmp_path / "data")
    spoil(data)
    finding = only_finding(data, tmp_path)
    assert says in finding.happened
    assert finding.files == (file,)
    assert finding.count == 1
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == len(found.paths) == len(found.targets) == rows


def test_images_beside_the_class_folders(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("rose", "tulip")):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(3)], seed * 10)
    picture(data / "train" / "loose.png", 99)
    picture(data / "test" / "1.png", 100)
    assert only_finding(data, tmp_path).files == ("train/loose.png",)


def test_at_most_twenty_files_are_listed_of_many(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=30)
    for number in range(1, 26):
        (data / "train" / f"{number}.png").unlink()
    finding = only_finding(data, tmp_path)
    assert len(finding.files) == 20
    assert finding.count == 25


def test_without_test_images_nothing_can_be_exported(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    (data / "sample_submission.csv").unlink()
    assert "test images in test/" in load_competition(data, workspace(tmp_path)).layout
    for path in (data / "test").iterdir():
        path.unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.layout == "train_labels.csv names the images in train/"
    assert [finding.happened for finding in found.findings] == [
        "No test images were found: nothing can be exported."
    ]


def test_class_folders_without_test_images(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("rose", "tulip")):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(3)], seed * 10)
    assert "No test images" in only_finding(data, tmp_path).happened


@pytest.mark.parametrize("answer", ["0", "1", "0.0", ""])
def test_a_sample_of_whole_numbers_leaves_probabilities_assumed(
    tmp_path: Path, answer: str
) -> None:
    data = flowers(tmp_path / "data")
    table(data / "sample_submission.csv", "name,tulip", *(f"{i},{answer}" for i in range(1, 5)))
    finding = only_finding(data, tmp_path)
    assert "probabilities are assumed, scored by log-loss" in finding.happened
    assert 'answers = "class"' in finding.fix
    decided = workspace(tmp_path, '[competition]\nanswers = "class"\n')
    assert load_competition(data, decided).findings == ()
    scored = load_competition(data, workspace(tmp_path, '[competition]\nmetric = "accuracy"\n'))
    assert scored.submission is not None
    assert scored.submission.answers == "class"
    (told,) = scored.findings
    assert "0 or 1 is written, for accuracy counts right answers" in told.happened


def kinds(data: Path, column: str) -> Path:
    """Normal and abnormal pictures, and a sample with some answer column."""
    flowers(data)
    lines = (f"{i},{('normal', 'abnormal')[i % 2]}" for i in range(1, 9))
    table(data / "train_labels.csv", "name,kind", *lines)
    return table(data / "sample_submission.csv", f"name,{column}", *(f"{i},0" for i in range(1, 5)))


@pytest.mark.parametrize("column", ["abnormal", "abnormal_prob", "probAbnormal"])
def test_the_sample_says_of_which_class_probabilities_are(tmp_path: Path, column: str) -> None:
    kinds(tmp_path / "data", column)
    found = load_competition(tmp_path / "data", workspace(tmp_path))
    assert found.classes == ("normal", "abnormal")
    assert found.findings == ()


def test_a_sample_that_does_not_say_so_is_told_of(tmp_path: Path) -> None:
    """Else half of such submissions are upside down, and look perfect here."""
    data = tmp_path / "data"
    kinds(data, "target")
    finding = only_finding(data, tmp_path)
    assert finding.severity == "warning"
    assert "Answers will be probabilities of `abnormal`: `target` in" in finding.happened
    assert '`positive = "normal"`' in finding.fix
    found = load_competition(data, workspace(tmp_path, '[competition]\npositive = "normal"\n'))
    assert found.classes == ("abnormal", "normal")
    assert found.findings == ()
    assert found.targets[:, 0].tolist() == [0, 1] * 4
    wrong = workspace(tmp_path, '[competition]\npositive = "odd"\n')
    with pytest.raises(UserError, match="`positive` is `odd`") as error:
        load_competition(data, wrong)
    assert "abnormal and normal" in error.value.expected
    decided = workspace(tmp_path, '[competition]\nanswers = "class"\n')
    told = [one.happened for one in load_competition(data, decided).findings]
    assert not any("probabilities of" in one for one in told)


def test_zeros_for_a_named_class_ask_for_its_probability(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    lines = (f"{i},{('rose', 'tulip')[i % 2]}" for i in range(1, 9))
    table(data / "train_labels.csv", "name,kind", *lines)
    table(data / "sample_submission.csv", "name,tulip", *(f"{i},0" for i in range(1, 5)))
    found = load_competition(data, workspace(tmp_path))
    assert found.submission is not None
    assert found.submission.answers == "probability"
    assert found.findings == ()
