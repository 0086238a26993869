"""Where no image has a label, the message says the cause that the files show, and a way on."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace


def _refused(data: Path, settings: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(data.parent, settings))
    return caught.value


@pytest.mark.parametrize(
    ("suffix", "tool"),
    [(".dcm", "pydicom"), (".parquet", "pandas"), (".tfrec", "TFRecordDataset"), (".npy", "numpy")],
)
def test_formats_that_are_not_read_are_named(tmp_path: Path, suffix: str, tool: str) -> None:
    data = tmp_path / "data"
    table(data / "train.csv", "id,label", "a,1", "b,0")
    for name in ("a", "b"):
        (data / f"{name}{suffix}").write_bytes(b"\0")
    error = _refused(data)
    assert f"2 {suffix}: not read" in error.happened
    assert tool in error.fix
    assert "PNG" in error.fix


def test_formats_that_are_not_read_are_named_without_a_table(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "volume.nii.gz").write_bytes(b"\0")
    error = _refused(data)
    assert "formats that are not read: 1 .nii" in error.happened
    assert "nibabel" in error.fix


def test_an_archive_in_parts_is_to_be_joined(tmp_path: Path) -> None:
    data = tmp_path / "data"
    table(data / "train.csv", "id,label", "a,1", "b,0")
    for part in ("001", "002", "003"):
        (data / f"the train.zip.{part}").write_bytes(b"\0")
    error = _refused(data)
    assert error.fix.endswith("`cat 'the train.zip'.* > 'the train.zip'`.")
    assert "002" not in error.happened


def test_a_zip_of_several_volumes_is_to_be_made_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    table(data / "train.csv", "id,label", "a,1", "b,0")
    for name in ("train.z01", "train.z02", "train.zip"):
        (data / name).write_bytes(b"\0")
    assert "`zip -s 0 train.zip --out train-whole.zip`" in _refused(data).fix


def test_several_files_an_id_are_channels(tmp_path: Path) -> None:
    data = tmp_path / "data"
    channels = ("blue", "green", "red")
    pictures(data / "train", [f"ab-{i}_{channel}.png" for i in range(4) for channel in channels])
    table(data / "train.csv", "Id,Target", *(f"ab-{i},{i % 2}" for i in range(4)))
    error = _refused(data)
    assert "Each `Id` in train.csv has several files" in error.happened
    assert "train/ab-0_blue.png, train/ab-0_green.png" in error.happened
    assert 'Image.merge("RGB"' in error.fix


def test_several_rows_an_image_are_labels(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"ID_{i}.png" for i in range(4)])
    rows = [f"ID_{i}_{label},{i % 2}" for i in range(4) for label in ("any", "epidural")]
    table(data / "train.csv", "ID,Label", *rows)
    error = _refused(data)
    assert "several rows an image: `ID`" in error.happened
    assert "(any, epidural, ...)" in error.happened
    assert 'values="Label", index="image"' in error.fix


def test_names_that_several_columns_make_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pairs = [(suite, code) for suite in range(1, 4) for code in range(1, 5)]
    pictures(data / "data", [f"input_{suite}_{code}.png" for suite, code in pairs])
    table(data / "a.csv", "suite,sign,code", *(f"{s},sign {c},{c}" for s, c in pairs))
    error = _refused(data)
    assert "`suite`, `code` joined, such as input_1_1" in error.happened
    assert '"input_" + t[["suite", "code"]].astype(str).agg("_".join, axis=1)' in error.fix


@pytest.mark.parametrize("settings", ["", '[competition]\ntarget_columns = ["sirna"]\n'])
def test_a_folder_is_no_class_where_the_labels_are_in_a_table(
    tmp_path: Path, settings: str
) -> None:
    data = tmp_path / "data"
    pictures(data / "train" / "HEPG2", [f"B0{i}_s{s}_w1.png" for i in range(4) for s in range(3)])
    table(data / "train.csv", "id_code,plate,sirna", *(f"HEPG2_B0{i},1,{i}" for i in range(4)))
    table(data / "sample_submission.csv", "id_code,sirna", "HEPG2_C01,0", "HEPG2_C02,0")
    error = _refused(data, settings)
    assert "None of the 4 rows of train.csv names one" in error.happened
    assert "`HEPG2_B00 | 1 | 0`" in error.happened


def test_columns_that_the_user_names_are_not_passed_over_for_folders(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for place in ("north", "south"):
        pictures(data / "train" / place, [f"{place}{i}.png" for i in range(4)])
    table(data / "train.csv", "key,kind", *(f"k{i},{i % 2}" for i in range(8)))
    assert load_competition(data, workspace(tmp_path)).classes == ("north", "south")
    error = _refused(data, '[competition]\ntarget_columns = ["kind"]\n')
    assert "None of the 8 rows" in error.happened


def test_a_message_shows_the_beginning_of_a_long_row(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data, ["a.png", "b.png"])
    table(data / "train.csv", "x,y", f"{'long ' * 1000},1", "short,2")
    assert len(_refused(data).happened) < 400
