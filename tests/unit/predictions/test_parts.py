"""Parts of one fold's rows: what is fitted on some has seen nothing of the others."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine.competition.folds import frozen_folds
from engine.predictions.parts import kinship, parts_of
from engine.predictions.stored import side_by_side
from tests.unit.predictions.folded import Folded, folded


def drawn(place: Folded) -> tuple[np.ndarray, np.ndarray]:
    """The rows of fold 0, and their parts."""
    competition = place.competition
    found = side_by_side(place.workspace, [("1", (0,))], competition)
    return found.rows, parts_of(found, competition, place.workspace.folds)


def test_what_belongs_together_is_in_one_part(tmp_path: Path) -> None:
    """Patients of four images each, and beside them images that nobody shares."""
    patients = [f"p{row // 4}" if row < 64 else "" for row in range(84)]
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(84)], groups=patients)
    place.predict("1", (0,))
    rows, parts = drawn(place)
    assert set(parts) == set(range(5))
    shared = {(patients[row], int(part)) for row, part in zip(rows, parts, strict=True)}
    torn = Counter(patient for patient, _ in shared if patient)
    assert set(torn.values()) == {1}
    alone = [part for row, part in zip(rows, parts, strict=True) if not patients[row]]
    assert len(set(alone)) > 1
    assert np.bincount(parts).min() >= len(rows) // 5 - 4


def test_few_patients_make_few_parts_and_one_alone_is_parted_by_rows(tmp_path: Path) -> None:
    labels = ["ab"[row % 2] for row in range(24)]
    two = folded(tmp_path / "two", labels, groups=[f"p{row // 6}" for row in range(24)])
    two.predict("1", (0,))
    assert set(drawn(two)[1]) == {0, 1}
    one = folded(tmp_path / "one", labels, groups=[f"p{row // 12}" for row in range(24)])
    one.predict("1", (0,))
    assert set(drawn(one)[1]) == set(range(5))


def test_patients_of_the_label_file_count_without_a_table_of_folds(tmp_path: Path) -> None:
    place = folded(tmp_path, ["ab"[row % 2] for row in range(24)])
    place.predict("1", (0,))
    place.workspace.folds.unlink()
    lines = (tmp_path / "train.csv").read_text("utf-8").splitlines()
    patient = [f"p{(row - 1) // 4}" if row else "patient" for row in range(25)]
    lines = [",".join(pair) for pair in zip(lines, patient, strict=True)]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "hydra.toml").write_text('[folds]\ngroup_column = "patient"\n', "utf-8")
    rows, parts = drawn(place)
    assert len({(row // 4, int(part)) for row, part in zip(rows, parts, strict=True)}) == 6


def test_patients_are_kept_together_where_answers_are_decided(tmp_path: Path) -> None:
    patients = [f"p{row // 4}" for row in range(84)]
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(84)], groups=patients)
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "macro_f1"\n', "utf-8")
    known = kinship(place.competition, place.workspace.folds)
    assert set(known.parts) == set(range(5))
    assert len({*zip(patients, map(int, known.parts), strict=True)}) == 21
    assert len({*zip(patients, map(int, known.groups), strict=True)}) == 21
    # Nothing is fitted to a log-loss.
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "log_loss"\n', "utf-8")
    assert not kinship(place.competition, place.workspace.folds).parts.any()


@pytest.mark.parametrize("seed", [0, 1])
def test_every_frozen_fold_has_several_parts(tmp_path: Path, seed: int) -> None:
    """Dealt as the folds are, each would be one part, and no threshold could be fitted in it."""
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(100)])
    place.workspace.folds.unlink()
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "macro_f1"\n', "utf-8")
    folds = frozen_folds(place.competition, place.workspace.folds, 5, seed)
    parts = kinship(place.competition, place.workspace.folds).parts
    for fold in range(5):
        assert len(set(parts[folds == fold])) == 5, fold


def test_before_there_are_folds_all_rows_are_of_one_part(tmp_path: Path) -> None:
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(20)])
    place.workspace.folds.unlink()
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "macro_f1"\n', "utf-8")
    assert not kinship(place.competition, place.workspace.folds).parts.any()
