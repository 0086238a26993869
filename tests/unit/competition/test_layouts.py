"""Every layout that Kaggle uses is recognised, and what is odd in it is said."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.errors import UserError
from tests.unit.competition.builders import (
    flowers,
    picture,
    pictures,
    table,
    workspace,
    zipped,
    zipped_folder,
)

BREEDS = ("beagle", "pug", "chow")


def dog_breeds(folder: Path) -> Path:
    """Hashed ids, class names as labels, one column a class in the sample."""
    ids = [f"{i * 7919:08x}f" for i in range(9)]
    pictures(folder / "train", [f"{name}.jpg" for name in ids])
    pictures(folder / "test", ["aa01.jpg", "bb02.jpg"], first_seed=100)
    table(folder / "labels.csv", "id,breed", *(f"{n},{BREEDS[i % 3]}" for i, n in enumerate(ids)))
    table(folder / "sample_submission.csv", "id,chow,beagle,pug", "bb02,.3,.3,.4", "aa01,.3,.3,.4")
    return folder


def seedlings(folder: Path, train: str = "train", test: str = "test") -> Path:
    """One folder a class, names with a space, class names as answers."""
    for seed, species in enumerate(("Sugar beet", "Maize", "Black-grass")):
        pictures(folder / train / species, [f"{species[:2]}{i}.png" for i in range(3)], 10 * seed)
    pictures(folder / test, ["x1.png", "x2.png"], first_seed=100)
    table(folder / "sample_submission.csv", "file,species", "x2.png,Maize", "x1.png,Maize")
    return folder


def test_integer_ids_and_one_zero_one_column(tmp_path: Path) -> None:
    found = load_competition(flowers(tmp_path / "data"), workspace(tmp_path))
    assert found.kind is TargetKind.BINARY
    assert found.classes == ("0", "1")
    assert found.ids == tuple("12345678")
    assert found.paths[0] == tmp_path / "data" / "train" / "1.png"
    assert found.targets.tolist() == [[1], [0]] * 4
    assert found.targets.dtype == np.float32
    assert found.test_paths[3] == tmp_path / "data" / "test" / "4.png"
    assert found.metric == "log_loss"
    assert found.findings == ()


def test_hashed_ids_follow_the_samples_column_and_row_order(tmp_path: Path) -> None:
    found = load_competition(dog_breeds(tmp_path / "data"), workspace(tmp_path))
    assert found.kind is TargetKind.MULTICLASS
    assert found.classes == ("chow", "beagle", "pug")
    assert found.targets[0].tolist() == [0, 1, 0]
    assert found.test_ids == ("bb02", "aa01")
    assert found.test_paths[0] == tmp_path / "data" / "test" / "bb02.jpg"


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "test"), ("imgs/train", "imgs/test"), ("train/train", "test/test/unknown")],
)
def test_class_folders(tmp_path: Path, train: str, test: str) -> None:
    found = load_competition(seedlings(tmp_path / "data", train, test), workspace(tmp_path))
    assert found.kind is TargetKind.MULTICLASS
    assert found.classes == ("Black-grass", "Maize", "Sugar beet")
    assert len(found.ids) == 9
    assert found.targets.sum(axis=0).tolist() == [3, 3, 3]
    assert found.submission is not None
    assert found.submission.answers == "class"
    assert found.metric == "accuracy"
    assert found.test_ids == ("x2.png", "x1.png")
    assert None not in found.test_paths
    assert found.label_file is None


def test_class_folders_without_a_sample_or_a_train_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("rose", "tulip")):
        pictures(data / name, ["1.png", "2.png"], seed * 10)
    pictures(data / "test", ["9.png"], 100)
    found = load_competition(data, workspace(tmp_path))
    assert found.kind is TargetKind.BINARY
    assert found.classes == ("rose", "tulip")
    assert found.ids == ("rose/1.png", "rose/2.png", "tulip/1.png", "tulip/2.png")
    assert found.submission is not None
    assert found.submission.answer_columns == ("tulip",)
    assert found.submission.file == ""
    assert found.test_ids == ("9.png",)


def test_class_folders_beside_a_table_that_describes_the_images(tmp_path: Path) -> None:
    """State Farm: a driver list names every image, but its classes are the folders."""
    data = tmp_path / "data"
    lines = []
    for c in range(3):
        names = [f"img_{c}{i}.jpg" for i in range(4)]
        pictures(data / "imgs" / "train" / f"c{c}", names, c * 10)
        lines += [f"p{i % 2},c{c},{name}" for i, name in enumerate(names)]
    pictures(data / "imgs" / "test", ["img_1.jpg"], 100)
    table(data / "driver_imgs_list.csv", "subject,classname,img", *lines)
    table(data / "sample_submission.csv", "img,c0,c1,c2", "img_1.jpg,0.3,0.3,0.4")
    grouped = workspace(tmp_path, '[folds]\ngroup_column = "subject"\n')
    found = load_competition(data, grouped)
    assert found.classes == ("c0", "c1", "c2")
    assert found.groups is not None
    assert set(found.groups) == {"p0", "p1"}


@pytest.mark.parametrize("folder", ["images", "images/images", "data/img"])
def test_one_folder_shared_by_training_and_test_images(tmp_path: Path, folder: str) -> None:
    data = tmp_path / "data"
    pictures(data / folder, [f"Train_{i}.jpg" for i in range(6)])
    pictures(data / folder, [f"Test_{i}.jpg" for i in range(2)], 100)
    rows = ("1,0,0", "0,1,0", "0,0,1") * 2
    table(
        data / "train.csv",
        "image_id,healthy,rust,scab",
        *(f"Train_{i},{row}" for i, row in enumerate(rows)),
    )
    table(data / "test.csv", "image_id", "Test_0", "Test_1")
    table(
        data / "sample_submission.csv",
        "image_id,healthy,rust,scab",
        "Test_0,0.3,0.3,0.4",
        "Test_1,0.3,0.3,0.4",
    )
    found = load_competition(data, workspace(tmp_path))
    assert found.kind is TargetKind.MULTICLASS
    assert found.classes == ("healthy", "rust", "scab")
    assert [path.name for path in found.test_paths if path] == ["Test_0.jpg", "Test_1.jpg"]
    assert found.findings == ()


def test_without_a_test_folder_equal_numbers_are_not_taken_for_training_images(
    tmp_path: Path,
) -> None:
    data = flowers(tmp_path / "data")
    for path in (data / "test").iterdir():
        path.unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.test_paths == (None,) * 4
    assert "4 of 4" in found.findings[0].happened


@pytest.mark.parametrize("train", ["train_images", "images/train", "train/0/1", "TrainImages"])
def test_other_names_of_the_training_folder(tmp_path: Path, train: str) -> None:
    data = tmp_path / "data"
    pictures(data / train, [f"{i:04d}.JPG" for i in range(1, 5)])
    table(data / "anything.csv", "width,picture,kind", *(f"24,{i},{i % 2}" for i in range(1, 5)))
    settings = workspace(tmp_path, '[competition]\ntarget_columns = ["kind"]\n')
    found = load_competition(data, settings)
    assert len(found.ids) == 4
    assert found.label_file == "anything.csv"
    assert found.test_ids == ()
    assert found.submission is None


def test_the_index_that_pandas_writes_is_no_id_and_no_label(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    rows = [f"{8 - i},{i},{i % 2}" for i in range(1, 9)]
    table(data / "train_labels.csv", ",name,tulip", *rows)
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.ids == tuple("12345678")
    assert found.targets[:, 0].tolist() == [1, 0] * 4


def test_ids_with_another_extension_than_the_files(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", *(f"{i}.jpg,{i % 2}" for i in range(1, 9)))
    found = load_competition(data, workspace(tmp_path))
    assert found.paths[0].name == "1.png"
    assert found.findings == ()


def test_a_folder_with_only_the_zip_and_a_zip_itself(tmp_path: Path) -> None:
    source = flowers(tmp_path / "source")
    download = tmp_path / "download"
    download.mkdir()
    archive = zipped_folder(download / "flowers.zip", source)
    for data in (download, archive):
        found = load_competition(data, workspace(tmp_path))
        assert len(found.ids) == 8
        assert workspace(tmp_path).cache in found.paths[0].parents
    assert sorted(path.name for path in download.iterdir()) == ["flowers.zip"]


def test_zips_inside_the_zip(tmp_path: Path) -> None:
    source = seedlings(tmp_path / "source")
    parts = tmp_path / "parts"
    parts.mkdir()
    zipped_folder(parts / "train.zip", source / "train")
    zipped_folder(parts / "test.zip", source / "test", prefix="test/")
    sample = source / "sample_submission.csv"
    zipped(parts / "sample_submission.csv.zip", {sample.name: sample.read_bytes()})
    zipped(parts / "junk.zip", {"__MACOSX/._a.jpg": b"", ".DS_Store": b""})
    found = load_competition(zipped_folder(tmp_path / "plants.zip", parts), workspace(tmp_path))
    assert found.name == "plants"
    assert found.classes == ("Black-grass", "Maize", "Sugar beet")
    assert len(found.ids) == 9
    assert found.test_ids == ("x2.png", "x1.png")
    assert None not in found.test_paths


def test_what_is_extracted_already_is_preferred_to_its_zip(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    zipped_folder(data / "flowers.zip", data)
    zipped(data / "train.zip", {"1.png": b"old"})
    place = workspace(tmp_path)
    found = load_competition(data, place)
    assert found.paths[0] == data / "train" / "1.png"
    assert not place.cache.exists()


def test_zips_beside_an_extracted_label_file(tmp_path: Path) -> None:
    source = flowers(tmp_path / "source")
    data = tmp_path / "data"
    data.mkdir()
    for part in ("train", "test"):
        zipped_folder(data / f"{part}.zip", source / part)
    for name in ("train_labels.csv", "sample_submission.csv"):
        (source / name).rename(data / name)
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 8
    assert None not in found.test_paths


def test_what_systems_and_this_program_add_is_ignored(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    (data / "train" / "Thumbs.db").write_bytes(b"x")
    picture(data / "__MACOSX" / "train" / "._1.png", 1)
    picture(data / ".hydra" / "cache" / "1.png", 1)
    picture(data / "runs" / "7" / "maps" / "1.png", 1)
    table(data / "experiments.json", "{}")
    table(data / "folds.csv", "id,fold,group", *(f"{i},0," for i in range(1, 9)))
    table(data / "submissions" / "mine.csv", "name,tulip", "1,0.5")
    found = load_competition(data, workspace(tmp_path))
    assert found.label_file == "train_labels.csv"
    assert found.findings == ()


@pytest.mark.parametrize("name", ["rose-or-tulip", "invasive-species-labels"])
def test_real_label_files(tmp_path: Path, name: str) -> None:
    real = Path(__file__).parents[4] / "shared" / "data" / name
    if not real.is_dir():
        pytest.skip("the shared data is not here")
    data = tmp_path / "data"
    rows = (real / "train_labels.csv").read_text().splitlines()[1:]
    asked = (real / "sample_submission.csv").read_text().splitlines()[1:]
    for part, lines in (("train", rows), ("test", asked)):
        (data / part).mkdir(parents=True)
        for line in lines:
            (data / part / f"{line.partition(',')[0]}.jpg").touch()
    for file in ("train_labels.csv", "sample_submission.csv"):
        (data / file).write_bytes((real / file).read_bytes())
    found = load_competition(data, workspace(tmp_path))
    assert found.kind is TargetKind.BINARY
    assert len(found.ids) == len(rows)
    assert len(found.test_ids) == len(asked)
    assert found.findings == ()


def test_ids_that_became_floats_keep_the_samples_spelling(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "name,tulip", *(f"{i}.0,{i % 2}" for i in range(1, 9)))
    table(data / "sample_submission.csv", "name,tulip", *(f"{i}.0,0.5" for i in range(1, 5)))
    found = load_competition(data, workspace(tmp_path))
    assert [path.name for path in found.paths] == [f"{i}.png" for i in range(1, 9)]
    assert found.test_ids == ("1.0", "2.0", "3.0", "4.0")
    assert found.test_paths[3] == data / "test" / "4.png"
    assert found.findings == ()


def test_of_several_tables_the_one_with_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train.csv", "name,age", *(f"{i},{i}0" for i in range(1, 9)))
    (data / "notes.csv").write_text("a,b\n1,2,3,4\n5\n")
    found = load_competition(data, workspace(tmp_path))
    assert found.label_file == "train_labels.csv"
    assert found.findings == ()
    (data / "train_labels.csv").write_text("name,tulip\n1,2,3,4\n5\n")
    with pytest.raises(UserError, match="train_labels"):
        load_competition(data, workspace(tmp_path))


def test_a_label_file_without_a_header(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", *(f"{i}.png,{'ab'[i % 2]}" for i in range(1, 9)))
    found = load_competition(data, workspace(tmp_path))
    assert found.ids[:2] == ("1.png", "2.png")
    assert len(found.ids) == 8
    assert found.submission is not None
    assert found.submission.answer_columns == ("tulip",)
    finding, unsaid = found.findings
    assert "probabilities of `b`: `tulip` in sample_submission.csv" in unsaid.happened
    assert "train_labels.csv has no header: its first line names the image `1.png`" in (
        finding.happened
    )
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.submission is not None
    assert found.submission.id_column == "id"
    asked = workspace(tmp_path, '[competition]\nanswers = "class"\n')
    found = load_competition(data, asked)
    assert found.submission is not None
    assert found.submission.answer_columns == ("label",)


def test_a_label_file_without_a_header_and_with_more_columns(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    table(data / "train_labels.csv", "1,x,,a", *(f"{i},x,7,{'ab'[i % 2]}" for i in range(2, 9)))
    asked = workspace(tmp_path, '[competition]\ntarget_columns = ["value 4"]\n')
    found = load_competition(data, asked)
    assert len(found.ids) == 8
    assert found.classes == ("a", "b")


@pytest.mark.parametrize(
    "lines",
    [
        ("0,1", *(f"{i},{i % 3}" for i in range(8))),
        ("0,1", *(f"{i}.png,{i % 3}" for i in range(8))),
        ("name,0,1", *(f"{i},{i % 2},{1 - i % 2}" for i in range(8))),
    ],
)
def test_columns_that_are_called_by_numbers_are_a_header(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    data = flowers(tmp_path / "data")
    pictures(data / "train", ["0.png"], 99)
    (data / "train" / "8.png").unlink()
    table(data / "train_labels.csv", *lines)
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 8
    assert found.findings == ()


def test_a_header_that_is_also_an_images_name(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    picture(data / "train" / "name.png", 99)
    found = load_competition(data, workspace(tmp_path))
    assert [finding.files for finding in found.findings] == [("train/name.png",)]


def test_one_table_for_training_and_test_images(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    for path in sorted((data / "test").iterdir()):
        path.rename(path.with_name(f"t{path.name}"))
    rows = [f"{i},{i % 2}" for i in range(1, 9)]
    table(data / "data.csv", "name,tulip", *rows, *(f"t{i}," for i in range(1, 5)))
    (data / "train_labels.csv").unlink()
    table(data / "sample_submission.csv", "name,tulip", *(f"t{i},0.5" for i in range(1, 5)))
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 8
    assert found.findings == ()
    # The same, with all of them in one folder.
    for path in sorted((data / "test").iterdir()):
        path.rename(data / "train" / path.name)
    (data / "train").rename(data / "images")
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 8
    assert None not in found.test_paths
    assert found.findings == ()


def test_an_id_that_names_two_files(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    picture(data / "train" / "3.jpg", 98)
    picture(data / "test" / "2.jpg", 99)
    first, second = load_competition(data, workspace(tmp_path)).findings
    assert "`3`; train/3.jpg is used, train/3.png is not" in first.happened
    assert (first.files, first.count) == (("3",), 1)
    assert "`2`; test/2.jpg is used, test/2.png is not" in second.happened
    rows = [f"{i}.png,{i % 2}" for i in range(1, 9)]
    table(data / "train_labels.csv", "name,tulip", *rows, "3.jpg,1")
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 9
    assert found.findings == (second,)


def test_test_images_of_one_name_keep_their_extension_without_a_sample(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    picture(data / "test" / "2.jpg", 99)
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.test_ids == ("1.png", "2.jpg", "2.png", "3.png", "4.png")
