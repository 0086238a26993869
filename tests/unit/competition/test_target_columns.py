"""What is to be predicted is what the sample submission asks for or shows, then what names say."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.competition.tables import parse_table
from engine.competition.tags import Hints
from engine.competition.targets import Targets, read_targets
from engine.errors import UserError
from tests.unit.competition.builders import flowers, picture, table, workspace


def read(header: str, *rows: str, asked: tuple[str, ...] = (), shown: str = "") -> Targets:
    """The targets of a table whose rows stand there twice; `shown` is a cell of the sample."""
    lines = [f"{i},{row}" for i, row in enumerate([*rows, *rows])]
    text = "\n".join([f"id,{header}", *lines])
    hints = Hints(frozenset({shown} - {""}))
    return read_targets(parse_table(Path("train.csv"), text), "id", None, asked, hints=hints)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("predictions", "37c7aba965a5 114207cab555 unseen"),
        ("predictions", "114207cab555"),
        ("individual", "0"),
    ],
)
def test_the_column_that_the_sample_shows_counts_before_label_words(asked: str, shown: str) -> None:
    targets = read(
        "species,individual_id",
        *("beluga,37c7aba965a5", "orca,114207cab555", "orca,19fbb960f07d"),
        asked=(asked,),
        shown=shown,
    )
    assert targets.columns == ("individual_id",)
    assert targets.findings == ()


def test_numbers_that_are_names_are_shown_too() -> None:
    rows = ("3,36363", "13,53586", "3,18807")
    shown = "36363 53586 18807"
    assert read("chain,hotel", *rows, asked=("pred",), shown=shown).columns == ("hotel",)
    # Any column may hold what a sample is filled with.
    with pytest.raises(UserError, match="chain, hotel"):
        read("chain,hotel", *rows, asked=("pred",), shown="3")


def test_a_word_of_the_samples_column_counts_before_label_words() -> None:
    rows = ("0,bus", "1,car", "1,van")
    targets = read("has_cactus,vehicle_class", *rows, asked=("cactus",), shown="0.5")
    assert (targets.kind, targets.columns) == (TargetKind.BINARY, ("has_cactus",))


@pytest.mark.parametrize(
    ("shown", "taken"), [("", "breed"), ("0", "breed_id"), ("0.5", "breed")], ids=str
)
def test_of_two_columns_that_say_the_same_one_is_taken(shown: str, taken: str) -> None:
    rows = ("7,pug", "3,beagle", "5,boxer")
    asked = ("answer",) if shown else ()
    targets = read("breed_id,breed", *rows, asked=asked, shown=shown)
    assert targets.columns == (taken,)
    (finding,) = targets.findings
    assert f"`{taken}` is taken" in finding.happened


def test_of_two_columns_that_differ_none_is_guessed() -> None:
    with pytest.raises(UserError, match="several columns"):
        read("breed_id,breed", "7,pug", "7,beagle", "5,boxer")


@pytest.mark.parametrize("asked", [(), ("prediction",)])
@pytest.mark.parametrize("flag", ["is_external", "is_duplicate", "fold"])
@pytest.mark.parametrize("label", ["label", "target"])
def test_a_flag_beside_the_label_is_no_label(asked: tuple[str], flag: str, label: str) -> None:
    rows = ("0,0", "1,1", "1,0")
    targets = read(f"{label},{flag}", *rows, asked=asked, shown="0.5" if asked else "")
    assert (targets.kind, targets.columns) == (TargetKind.BINARY, (label,))
    said = [finding.happened for finding in targets.findings]
    assert [flag in text for text in said] == ([] if flag == "fold" else [True])


def test_a_fold_beside_a_column_of_any_name_is_no_label() -> None:
    assert read("has_cactus,fold", "0,0", "1,1", "1,0").columns == ("has_cactus",)


@pytest.mark.parametrize(
    ("header", "rows", "kind"),
    [
        ("rain,snow,fog", ("1,1,0", "0,0,0"), TargetKind.MULTILABEL),
        ("class_rain,class_snow", ("1,1", "0,0"), TargetKind.MULTILABEL),
        ("oak,pine,species", ("1,0,0", "0,1,0", "0,0,1"), TargetKind.MULTICLASS),
    ],
)
def test_columns_of_flags_that_are_the_target(
    header: str, rows: tuple[str, ...], kind: TargetKind
) -> None:
    targets = read(header, *rows)
    assert (targets.kind, targets.columns) == (kind, tuple(header.split(",")))
    assert targets.findings == ()


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (("True,False,False", "False,true,FALSE", "false,False,TRUE"), TargetKind.MULTICLASS),
        (("1,,", ",1,", ",,1"), TargetKind.MULTICLASS),
        (("1,1,", ",1,", "0,0,0"), TargetKind.MULTILABEL),
    ],
)
@pytest.mark.parametrize("asked", [(), ("a", "b", "c")])
def test_one_column_a_class_as_pandas_writes_it(
    rows: tuple[str, ...], kind: TargetKind, asked: tuple[str, ...]
) -> None:
    targets = read("a,b,c", *rows, asked=asked)
    assert (targets.kind, targets.classes) == (kind, ("a", "b", "c"))
    one = {"1", "true"}
    expected = [[float(cell.lower() in one) for cell in row.split(",")] for row in rows]
    assert targets.values[:3].tolist() == expected


def test_a_row_with_blanks_and_no_one_has_no_label() -> None:
    values = read("a,b,c", "1,,0", "0,,0", ",,", "0,1,0").values
    assert np.isnan(values).all(axis=1).tolist() == [False, True, True, False] * 2


def test_an_empty_column_is_no_class() -> None:
    with pytest.raises(UserError, match="several columns"):
        read("has_cactus,comment", "1,", "0,")


@pytest.mark.parametrize(
    ("column", "groups", "is_kept"),
    [
        ("patient_id", 6, True),
        ("Patient ID", 6, True),
        ("patient", 6, True),
        ("subject", 6, True),
        ("person", 6, True),
        ("lesionId", 6, True),
        ("StudyInstanceUID", 6, False),
        ("case_id", 6, False),
        ("slideNo", 6, False),
        ("site", 6, False),
        ("photographer", 6, False),
        ("suitcase", 6, None),
        ("image_center_x", 6, None),
        ("patient_age", 6, None),
        ("patient_id", 12, None),
        ("patient_id", 3, None),
    ],
)
def test_rows_that_seem_to_belong_together_are_told_of(
    tmp_path: Path, column: str, groups: int, is_kept: bool | None
) -> None:
    data = flowers(tmp_path / "data", rows=12)
    rows = (f"{i},{i % 2},p{i % groups}" for i in range(1, 13))
    table(data / "train_labels.csv", f"name,tulip,{column}", *rows)
    found = load_competition(data, workspace(tmp_path))
    assert len(found.findings) == (is_kept is not None)
    assert (found.groups is not None) == bool(is_kept)
    other = "" if is_kept else column
    assert all(f'`group_column = "{other}"`' in finding.fix for finding in found.findings)
    told = load_competition(data, workspace(tmp_path, f'[folds]\ngroup_column = "{other}"\n'))
    assert told.findings == ()
    assert (told.groups is None) == bool(is_kept)


@pytest.mark.parametrize(("cells", "is_kept"), [("{}", False), ("p{}", True), ("{} years", False)])
def test_how_many_there_are_tells_nobody_apart(tmp_path: Path, cells: str, is_kept: bool) -> None:
    data = flowers(tmp_path / "data", rows=12)
    rows = (f"{i},{i % 2},{cells.format(i % 6)}" for i in range(1, 13))
    table(data / "train_labels.csv", "name,tulip,person", *rows)
    assert (load_competition(data, workspace(tmp_path)).groups is not None) == is_kept


@pytest.mark.parametrize(
    ("column", "cells", "is_kept"),
    [
        ("patient", "1 1 2 2 3 3 4 4 5 5 6 6", True),
        ("person_id", "1 1 2 2 3 3 4 4 5 5 6 6", True),
        # How many there are.
        ("person_number", "1 1 2 2 3 3 4 4 5 5 6 6", False),
        # Nobody, in most rows; where the cell is empty each row stands alone.
        ("patient", "unknown unknown unknown unknown unknown unknown 1 1 2 3 4 5", False),
        ("patient", "nan nan nan nan nan nan 1 1 2 3 4 5", True),
        ("patient", ". . . . . . 1 1 2 3 4 5", True),
        # The tulips are one patient's, and then two patients'.
        ("patient", "1 2 1 2 3 4 3 4 5 7 6 7", False),
        ("patient", "1 2 1 2 3 4 3 4 5 7 7 6", True),
    ],
)
def test_groups_are_kept_where_folds_stay_even_and_have_every_class(
    tmp_path: Path, column: str, cells: str, is_kept: bool
) -> None:
    data = flowers(tmp_path / "data", rows=12)
    groups = [cell.strip(".") for cell in cells.split()]
    rows = (f"{i},{int(i in (10, 12))},{group}" for i, group in enumerate(groups, start=1))
    table(data / "train_labels.csv", f"name,tulip,{column}", *rows)
    found = load_competition(data, workspace(tmp_path))
    (told,) = found.findings
    assert ("folds keep its rows together" in told.happened) == is_kept
    assert (found.groups is not None) == is_kept
    other = "" if is_kept else column
    assert f'`group_column = "{other}"`' in told.fix


def test_the_only_row_of_a_class_parts_no_groups(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=12)
    rows = (f"{i},{'abc'[2 if i > 11 else i % 2]},p{i % 6}" for i in range(1, 13))
    table(data / "train_labels.csv", "name,kind,patient", *rows)
    table(data / "sample_submission.csv", "name,kind", "1,a", "2,a")
    assert load_competition(data, workspace(tmp_path)).groups is not None


@pytest.mark.parametrize("cell", ["", "nan", "NULL"])
def test_where_no_group_is_said_a_row_stands_alone(tmp_path: Path, cell: str) -> None:
    """Also where the row is called as a group is."""
    data = flowers(tmp_path / "data", rows=12)
    rows = (f"{i},{i % 2},{cell if i > 6 else i % 3 + 7}" for i in range(1, 13))
    table(data / "train_labels.csv", "name,tulip,site", *rows)
    asked = workspace(tmp_path, '[folds]\ngroup_column = "site"\n')
    groups = load_competition(data, asked).groups
    assert groups is not None
    assert len(set(groups)) == 3 + 6


def test_of_several_groups_the_nearest_is_proposed(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data", rows=12)
    rows = (f"{i},{i % 2},s{i % 5},p{i % 6}" for i in range(1, 13))
    table(data / "train_labels.csv", "name,tulip,site,patient", *rows)
    found = load_competition(data, workspace(tmp_path))
    assert (found.group_column, len(found.findings)) == ("patient", 1)


@pytest.mark.parametrize("listed", [24, 8])
def test_a_table_of_subjects_beside_class_folders(tmp_path: Path, listed: int) -> None:
    """State Farm: frames of one driver in training and validation flatter the score."""
    data = tmp_path / "data"
    lines = []
    for row in range(24):
        picture(data / "train" / f"c{row % 3}" / f"img_{row}.png", row)
        lines.append(f"c{row % 3},p{row % 6},c{row % 3},img_{row}.png")
    picture(data / "test" / "1.png", 100)
    table(data / "driver_imgs_list.csv", "user,subject,classname,img", *lines[:listed])
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("c0", "c1", "c2")
    # What the column `user` says here is the class; and few rows are no reason to group.
    assert found.group_column == ("subject" if listed == 24 else None)
    assert ["`subject` has 6 values" in one.happened for one in found.findings] == [True] * (
        listed == 24
    )
