"""Folds are frozen before training and stay as they are."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.competition.folds import fold_count, frozen_folds
from engine.errors import UserError


def competition(
    labels: Sequence[int],
    groups: Sequence[str] | None = None,
    kind: TargetKind = TargetKind.MULTICLASS,
) -> Competition:
    classes = tuple(str(label) for label in range(max(labels) + 1))
    return Competition(
        name="made up",
        folder=Path("nowhere"),
        kind=kind,
        classes=classes,
        ids=tuple(f"image {row}" for row in range(len(labels))),
        paths=tuple(Path(f"nowhere/{row}.png") for row in range(len(labels))),
        targets=np.eye(len(classes), dtype=np.float32)[list(labels)],
        groups=tuple(groups) if groups is not None else None,
        test_ids=(),
        test_paths=(),
        submission=None,
        metric="log_loss",
        layout="",
        label_file=None,
        findings=(),
    )


def part(whole: Competition, rows: Sequence[int]) -> Competition:
    return replace(
        whole,
        ids=tuple(whole.ids[row] for row in rows),
        paths=tuple(whole.paths[row] for row in rows),
        targets=whole.targets[list(rows)],
        groups=tuple(whole.groups[row] for row in rows) if whole.groups else None,
    )


LABELS = [0] * 30 + [1] * 15 + [2] * 5


def apart(rows: int) -> np.ndarray:
    return np.arange(rows)


def test_folds_are_stratified_written_and_read_again(tmp_path: Path) -> None:
    table = tmp_path / "folds.csv"
    whole = competition(LABELS)
    folds = frozen_folds(whole, table, 5, 0, apart(50))
    assert table.read_text().splitlines()[:2] == ["id,fold,group", f"image 0,{folds[0]},"]
    for fold in range(5):
        assert whole.targets[folds == fold].sum(axis=0).tolist() == [6, 3, 1]
    before = table.read_bytes()
    assert (frozen_folds(whole, table, 3, 99, apart(50)) == folds).all()
    assert table.read_bytes() == before
    assert fold_count(table) == 5


def test_ids_may_begin_with_a_blank(tmp_path: Path) -> None:
    """As those of images in a folder ` rose` do; edited folds may have blanks as well."""
    plain = competition([0, 1] * 10)
    whole = replace(plain, ids=tuple(f" rose/{row}.png" for row in range(20)))
    table = tmp_path / "folds.csv"
    first = frozen_folds(whole, table, 5, 0, np.arange(20))
    np.testing.assert_array_equal(frozen_folds(whole, table, 5, 0, np.arange(20)), first)
    assert len(table.read_text().splitlines()) == 21
    table.write_text(table.read_text().replace(".png,", ".png, "))
    np.testing.assert_array_equal(frozen_folds(whole, table, 5, 0, np.arange(20)), first)


def test_the_seed_decides(tmp_path: Path) -> None:
    drawn = [
        frozen_folds(competition(LABELS), tmp_path / str(i) / "folds.csv", 5, seed, apart(50))
        for i, seed in enumerate((0, 0, 1))
    ]
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] != drawn[2]).any()


def test_groups_and_copies_stay_together_also_in_a_chain(tmp_path: Path) -> None:
    groups = [f"g{row // 2}" for row in range(50)]
    clusters = apart(50)
    clusters[3] = 2
    clusters[4] = 1  # row 4 is a copy of row 1: so g0 and g2 belong together
    folds = frozen_folds(competition(LABELS, groups), tmp_path / "folds.csv", 5, 0, clusters)
    for row in range(0, 50, 2):
        assert folds[row] == folds[row + 1]
    assert len({folds[0], folds[1], folds[4], folds[5]}) == 1
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]


def test_copies_are_named_after_their_first_image(tmp_path: Path) -> None:
    clusters = apart(50)
    clusters[9] = 7
    folds = frozen_folds(competition(LABELS), tmp_path / "folds.csv", 5, 0, clusters)
    lines = (tmp_path / "folds.csv").read_text().splitlines()
    assert lines[8] == f"image 7,{folds[7]},image 7"
    assert lines[10] == f"image 9,{folds[7]},image 7"
    assert lines[9].endswith(",")


@pytest.mark.parametrize("labels", [[0] * 20 + [1] * 20 + [2, 3, 3], [0, 0, 1, 1, 2, 2, 3, 3]])
def test_classes_rarer_than_the_folds_are_many(tmp_path: Path, labels: list[int]) -> None:
    folds = frozen_folds(competition(labels), tmp_path / "folds.csv", 5, 0, apart(len(labels)))
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]
    rows = np.flatnonzero(np.array(labels) == 3)
    assert folds[rows[0]] != folds[rows[1]]


def test_combinations_of_labels_are_stratified(tmp_path: Path) -> None:
    whole = competition([0] * 60, kind=TargetKind.MULTILABEL)
    targets = np.zeros((60, 2), np.float32)
    targets[:20, 0] = targets[10:30, 1] = 1
    targets[59] = 1
    whole = replace(whole, classes=("a", "b"), targets=targets)
    folds = frozen_folds(whole, tmp_path / "folds.csv", 5, 0, apart(60))
    for fold in range(5):
        assert abs(targets[folds == fold].sum(axis=0) - [4.2, 4.2]).max() < 1


def test_rows_that_join_get_a_fold_and_nobody_else_moves(tmp_path: Path) -> None:
    table = tmp_path / "folds.csv"
    whole = competition(LABELS)
    some = [row for row in range(50) if row % 5]
    before = frozen_folds(part(whole, some), table, 5, 0, apart(40))
    after = frozen_folds(whole, table, 5, 0, apart(50))
    assert (after[some] == before).all()
    for fold in range(5):
        assert abs(whole.targets[after == fold].sum(axis=0) - [6, 3, 1]).max() <= 1


def test_rows_that_leave_find_their_fold_when_they_return(tmp_path: Path) -> None:
    table = tmp_path / "folds.csv"
    whole = competition(LABELS)
    before = frozen_folds(whole, table, 5, 0, apart(50))
    assert (frozen_folds(part(whole, range(20)), table, 5, 0, apart(20)) == before[:20]).all()
    assert (frozen_folds(whole, table, 5, 0, apart(50)) == before).all()


def test_a_copy_or_group_member_that_joins_goes_where_the_others_are(tmp_path: Path) -> None:
    for kind in ("copy", "group"):
        table = tmp_path / kind / "folds.csv"
        whole = competition(LABELS, [f"g{r % 10}" for r in range(50)] if kind == "group" else None)
        before = frozen_folds(part(whole, range(49)), table, 5, 0, apart(49))
        clusters = apart(50)
        if kind == "copy":
            clusters[49] = 12
        after = frozen_folds(whole, table, 5, 0, clusters)
        assert after[49] == before[12 if kind == "copy" else 39]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,fold\na,0\nb,x\n", "line 3: fold `x`"),
        ("id,fold\na,0\na,1\n", "line 3: `a` comes a second time"),
        ("id,part\na,0\n", "no column `fold`"),
        ("id,fold\na,0\nb,2\n", "without a gap"),
        ("id,fold\na,0\nb,0\n", "at least two folds"),
        ("", "is empty"),
        ("id,fold\n", "at least two folds"),
    ],
)
def test_a_malformed_table_is_refused_and_left_alone(tmp_path: Path, text: str, says: str) -> None:
    table = tmp_path / "folds.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=says):
        frozen_folds(competition(LABELS), table, 5, 0, apart(50))
    assert table.read_text() == text


def test_more_folds_than_images_or_groups(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="5 folds can't be made of 4 labelled images"):
        frozen_folds(competition([0, 0, 1, 1]), tmp_path / "folds.csv", 5, 0, apart(4))
    groups = [f"g{row % 3}" for row in range(50)]
    with pytest.raises(UserError, match="5 folds can't be made of 3 groups") as caught:
        frozen_folds(competition(LABELS, groups), tmp_path / "folds.csv", 5, 0, apart(50))
    assert "count = 3" in caught.value.fix
    assert not (tmp_path / "folds.csv").exists()


@pytest.mark.slow
def test_processes_that_start_together_get_the_same_folds(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
from engine.competition.folds import frozen_folds
from tests.unit.competition.test_folds import LABELS, competition
print(frozen_folds(competition(LABELS), Path(sys.argv[1]), 5, int(sys.argv[2]), np.arange(50)))
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "folds.csv"), str(seed)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            text=True,
        )
        for seed in (1, 2)
    ]
    said = {process.communicate()[0] for process in running}
    assert len(said) == 1
    assert said != {""}


def test_rows_that_left_stay_in_the_file_when_others_join(tmp_path: Path) -> None:
    table = tmp_path / "folds.csv"
    whole = competition(LABELS)
    before = frozen_folds(part(whole, range(45)), table, 5, 0, apart(45))
    frozen_folds(part(whole, range(20, 50)), table, 5, 0, apart(30))
    assert (frozen_folds(whole, table, 5, 0, apart(50))[:45] == before).all()


def test_a_group_keeps_its_fold_when_all_its_rows_are_exchanged(tmp_path: Path) -> None:
    groups = [f"g{row % 10}" for row in range(50)]
    whole = competition(LABELS, groups)
    for group in range(10):
        table = tmp_path / str(group) / "folds.csv"
        before = frozen_folds(part(whole, range(40)), table, 5, group, apart(40))
        later = [row for row in range(50) if row >= 40 or row % 10 != group]
        after = frozen_folds(part(whole, later), table, 5, group, apart(len(later)))
        assert after[later.index(40 + group)] == before[group]
