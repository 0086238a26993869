"""A sample that answers with numbers is answered with numbers, also where classes have names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.competition.answers import read_format
from engine.competition.competition import load_competition
from engine.competition.findings import Finding, TargetKind
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import parse_table
from engine.competition.targets import Targets, from_names
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

OWLS = Targets(TargetKind.MULTICLASS, ("cat", "dog", "owl"), np.zeros((0, 3), np.float32))
DOGS = Targets(TargetKind.BINARY, ("cat", "dog"), np.zeros((0, 1), np.float32))
YEARS = Targets(TargetKind.MULTICLASS, ("10", "20", "old"), np.zeros((0, 3), np.float32))
CLASSES = Targets(
    TargetKind.MULTICLASS, tuple(f"class{i}" for i in range(1, 11)), np.zeros((0, 10), np.float32)
)
BIRDS = Targets(TargetKind.MULTICLASS, ("03.owl", "12.auk", "40.emu"), np.zeros((0, 3), np.float32))


PLANES = Targets(
    TargetKind.MULTICLASS, ("A300", "DC-3", "DC-6", "DC-10"), np.zeros((0, 4), np.float32)
)


def read(
    targets: Targets, *shown: str, **settings: Any
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """How the classes are written, and what is said of it."""
    lines = [f"{row},{cell}" for row, cell in enumerate(shown)]
    sample = parse_table(Path("sample.csv"), "\n".join(["id,label", *lines]))
    form, findings = read_format(sample, targets, CompetitionSettings.model_validate(settings))
    return form.class_names, findings


def said_of(targets: Targets, *shown: str, **settings: Any) -> tuple[tuple[str, ...], list[str]]:
    """How the classes are written, and how much what is said of it matters."""
    written, findings = read(targets, *shown, **settings)
    return written, [finding.severity for finding in findings]


def names(targets: Targets, *shown: str, **settings: Any) -> tuple[tuple[str, ...], list[str]]:
    """How the classes are written, and how what is said begins."""
    written, findings = read(targets, *shown, **settings)
    return written, [finding.happened for finding in findings]


def test_class_folders_are_answered_by_their_numbers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("owl", "cat", "dog")):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(3)], seed * 10)
    pictures(data / "test", ["1.png", "2.png"], first_seed=1000)
    table(data / "sample_submission.csv", "id,label", "1.png,0", "2.png,2")
    found = load_competition(data, workspace(tmp_path))
    (finding,) = found.findings
    assert finding.severity == "warning"
    assert "0 is cat, 1 is dog, 2 is owl" in finding.happened
    write_submission(found, found.test_ids, np.array([[0, 1, 0], [0, 0, 1]]), tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines()[1:] == ["1.png,1", "2.png,2"]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (("0", "1"), ("0", "1", "2")),
        (("1", "1"), ("0", "1", "2")),
        (("1", "3"), ("1", "2", "3")),
        (("0.0", "2.0"), ("0.0", "1.0", "2.0")),
    ],
)
def test_numbers_count_from_zero_or_one(shown: tuple[str, ...], written: tuple[str, ...]) -> None:
    numbers, said = names(OWLS, *shown)
    assert numbers == written
    assert len(said) == 1


@pytest.mark.parametrize("shown", [("0", "3"), ("4",), ("0.5",), ("-1",), ("cat", "1")])
def test_what_counts_no_classes_is_answered_by_names(shown: tuple[str, ...]) -> None:
    numbers, said = names(OWLS, *shown)
    assert numbers == ()
    assert "none of the classes" in said[0]


def test_classes_that_are_numbers_are_not_counted() -> None:
    numbers, said = names(YEARS, "0", "1")
    assert numbers == ()
    assert "none of the classes" in said[0]


@pytest.mark.parametrize("settings", [{"answers": "class"}, {"metric": "accuracy"}])
def test_of_two_named_classes_one_is_the_positive(settings: dict[str, str]) -> None:
    assert names(DOGS, "0", "1", **settings)[0] == ("0", "1")
    assert "0 is cat, 1 is dog" in names(DOGS, "0", "1", **settings)[1][0]
    assert names(DOGS, "0", "1") == ((), [])
    # No probability is 2.
    assert names(DOGS, "1", "2")[0] == ("1", "2")


@pytest.mark.parametrize(
    ("targets", "shown", "first", "last"),
    [
        (CLASSES, "1", "1", "10"),
        (CLASSES, "10", "1", "10"),
        # They are counted from 0 all the same, and in the order of their numbers.
        (CLASSES, "0", "0", "9"),
        (BIRDS, "12", "3", "40"),
        (BIRDS, "1", "0", "2"),
    ],
)
def test_names_that_hold_a_number_go_by_it(
    targets: Targets, shown: str, first: str, last: str
) -> None:
    numbers, _ = names(targets, shown)
    assert (numbers[0], numbers[-1]) == (first, last)


def test_class2_comes_before_class10() -> None:
    targets = from_names(["class10", "class2", "class1", "class2"] * 4, (), "train/")
    assert targets.classes == ("class1", "class2", "class10")


def test_the_users_order_is_the_remedy_and_ends_the_warning() -> None:
    sample = parse_table(Path("sample.csv"), "id,label\n1,0")
    _, (finding,) = read_format(sample, OWLS, CompetitionSettings())
    assert '`classes = ["cat", "dog", "owl"]`' in finding.fix
    assert said_of(OWLS, "0", classes=("cat", "dog", "owl")) == (("0", "1", "2"), ["note"])
    _, (finding,) = read_format(sample, DOGS, CompetitionSettings(answers="class"))
    assert '`positive = "cat"`' in finding.fix
    told = said_of(DOGS, "0", answers="class", positive="dog")
    assert told == (("0", "1"), ["note"])


def test_what_the_user_said_counts_more_than_numbers_in_names() -> None:
    first = Targets(TargetKind.BINARY, ("type2", "type1"), np.zeros((0, 1), np.float32))
    told = said_of(first, "1", answers="class", positive="type1")
    assert told == (("0", "1"), ["note"])
    classes = tuple(f"class{number}" for number in range(1, 11))
    assert said_of(CLASSES, "3", classes=classes)[0][0] == "0"


def test_own_numbers_are_certain_only_where_the_sample_means_no_others() -> None:
    assert said_of(CLASSES, "1") == (tuple(map(str, range(1, 11))), ["warning"])
    assert said_of(CLASSES, "10")[1] == ["note"]
    assert said_of(BIRDS, "12")[1] == ["note"]


def test_two_classes_are_0_and_1_unless_the_sample_shows_a_2() -> None:
    types = Targets(TargetKind.BINARY, ("type1", "type2"), np.zeros((0, 1), np.float32))
    assert names(types, "1", answers="class")[0] == ("0", "1")
    assert names(types, "2", answers="class")[0] == ("1", "2")


def test_other_names_are_counted_by_the_alphabet() -> None:
    """As by `sorted`, label encoders, and what reads folders of images."""
    numbers, (finding,) = names(PLANES, "0", "3")
    assert numbers == ("0", "2", "3", "1")
    assert "0 is A300, 1 is DC-10, 2 is DC-3, 3 is DC-6" in finding
