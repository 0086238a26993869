"""Classes are recognised in the sample however it spells them, and are answered in its spelling."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.answers import read_format
from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.competition.settings import CompetitionSettings
from engine.competition.spelling import spelled
from engine.competition.tables import parse_table
from engine.competition.targets import Targets
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

PETS = Targets(TargetKind.MULTICLASS, ("big cat", "dog", "owl"), np.zeros((0, 3), np.float32))


def test_class_folders_are_answered_as_the_sample_spells_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("Black grass", "Common wheat", "Fat hen")):
        pictures(data / "train" / name, [f"{i}.png" for i in range(3)], seed * 10)
    pictures(data / "test", ["1.png", "2.png"], first_seed=1000)
    table(data / "sample_submission.csv", "file,species", "1.png,Fat_hen", "2.png,Fat_hen")
    found = load_competition(data, workspace(tmp_path))
    (finding,) = found.findings
    assert (finding.severity, finding.files) == ("warning", ("Black_grass", "Common_wheat"))
    assert "`Fat hen` as `Fat_hen`" in finding.happened
    write_submission(found, found.test_ids, np.eye(3)[:2], tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines()[1:] == [
        "1.png,Black_grass",
        "2.png,Common_wheat",
    ]


@pytest.mark.parametrize(
    ("classes", "cells", "texts"),
    [
        (("cat", "dog", "fat hen"), {"Cat", "Dog"}, ("Cat", "Dog", "Fat hen")),
        # What the sample is filled with may be the only one that is written so.
        (("healthy", "leaf_blight"), {"Healthy"}, ("Healthy", "leaf_blight")),
        (("big_cat", "dog"), {"BIG CAT"}, ("BIG CAT", "DOG")),
        (("01", "02", "10"), {"1"}, ("1", "2", "10")),
        (("1", "2", "10"), {"01"}, ("01", "02", "10")),
        # One manner does not explain both: only what is shown changes.
        (("big cat", "wild dog", "owl"), {"bigCat", "Wild Dog"}, ("bigCat", "Wild Dog", "owl")),
        # Two classes, or two cells, of one loose spelling are not told apart.
        (("big cat", "big_cat", "dog"), {"bigcat"}, ("big cat", "big_cat", "dog")),
        (("cat", "dog"), {"Cat", "CAT"}, ("cat", "dog")),
        (("class 1", "class 2"), {"Class_1"}, ("Class_1", "Class_2")),
        # What stands before a number, or between two, is part of it.
        (("1", "12", "0.5"), {"-1", "1-2", "-0.5"}, ("1", "12", "0.5")),
        # The sample's manner must not make one class of two.
        (("A", "b", "B"), {"a"}, ("a", "b", "B")),
    ],
)
def test_loosely_but_uniquely(
    classes: tuple[str, ...], cells: set[str], texts: tuple[str, ...]
) -> None:
    assert spelled(classes, cells) == texts


@pytest.mark.parametrize(("shown", "said"), [("fox", "count rows"), ("fox\n2,Dog", "never be")])
def test_what_is_none_of_the_classes_is_said(shown: str, said: str) -> None:
    sample = parse_table(Path("sample.csv"), f"id,label\n1,{shown}")
    _, findings = read_format(sample, PETS, CompetitionSettings())
    assert "answers `fox`" in findings[0].happened
    assert said in findings[0].fix
