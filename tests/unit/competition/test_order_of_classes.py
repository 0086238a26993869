"""Grades that are words come in the order that the user gives, or with a warning."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.summary import summarise
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.submission.writer import write_submission
from tests.unit.competition.builders import picture, pictures, silent, table, workspace

GRADES = ("none", "mild", "moderate", "severe")
ORDER = 'classes = ["none", "mild", "moderate", "severe"]'


def graded(
    tmp_path: Path,
    *settings: str,
    names: tuple[str, ...] = GRADES,
    sample: tuple[str, ...] = ("id,grade", "a,mild"),
    rows: int = 12,
) -> Competition:
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(rows)])
    pictures(data / "test", ["a.png"], first_seed=1000)
    table(data / "labels.csv", "id,grade", *(f"{n},{names[n % len(names)]}" for n in range(rows)))
    table(data / "sample_submission.csv", *sample)
    return load_competition(data, workspace(tmp_path, "\n".join(["[competition]", *settings])))


def test_the_users_order_is_that_of_the_outputs(tmp_path: Path) -> None:
    found = graded(tmp_path, 'metric = "quadratic_kappa"', ORDER)
    assert found.classes == GRADES
    assert found.targets.argmax(axis=1).tolist() == [0, 1, 2, 3] * 3
    assert found.findings == ()
    # Between none and moderate lies mild.
    write_submission(found, ("a",), np.array([[0.5, 0.0, 0.5, 0.0]]), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "id,grade\na,mild\n"


def test_class_folders_have_an_order_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(GRADES):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(3)], seed * 10)
    found = load_competition(data, workspace(tmp_path, f"[competition]\n{ORDER}"))
    assert found.classes == GRADES
    assert [GRADES[one] for one in found.targets.argmax(axis=1)] == [
        path.parent.name for path in found.paths
    ]


def test_columns_of_the_sample_stay_in_its_order(tmp_path: Path) -> None:
    sample = ("id,mild,moderate,none,severe", "a,0.25,0.25,0.25,0.25")
    found = graded(tmp_path, ORDER, sample=sample)
    write_submission(found, ("a",), np.array([[0.4, 0.3, 0.2, 0.1]]), tmp_path / "x.csv")
    said = (tmp_path / "x.csv").read_text().splitlines()
    assert said == [sample[0], "a,0.30000000,0.20000000,0.40000000,0.10000000"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('["none", "mild", "severe"]', "does not name `moderate`."),
        ('["none", "mild", "moderate", "dire"]', "names `dire`, which no image has and does not"),
        ('["none", "mild", "moderate", "severe", "mild"]', "names a class twice"),
    ],
)
def test_exactly_the_labels_are_named(tmp_path: Path, given: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        graded(tmp_path, f"classes = {given}")
    assert says in refused.value.happened
    assert "mild, moderate, none, severe" in refused.value.expected


def test_two_classes_have_no_order(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="binary") as refused:
        graded(tmp_path, 'classes = ["no", "yes", "maybe"]', names=("no", "yes"))
    assert "`positive`" in refused.value.fix


def test_words_without_an_order_are_warned_of_where_it_counts(tmp_path: Path) -> None:
    (finding,) = graded(tmp_path, 'metric = "quadratic_kappa"').findings
    assert finding.severity == "warning"
    assert "alphabetical order: mild, moderate, none, severe" in finding.happened
    assert 'classes = ["mild", "moderate", "none", "severe"]' in finding.fix
    assert graded(tmp_path, 'metric = "accuracy"').findings == ()


@pytest.mark.parametrize(
    "names", [("0", "1", "2", "10"), ("0.25", "0.5", "2.5"), ("1.5", "2.5", "10.5")]
)
def test_numbers_have_their_own_order(tmp_path: Path, names: tuple[str, ...]) -> None:
    sample = ("id,grade", f"a,{names[0]}")
    found = graded(tmp_path, 'metric = "quadratic_kappa"', names=names, sample=sample)
    assert found.classes == names
    assert found.findings == ()


def hints(tmp_path: Path, names: tuple[str, ...], *settings: str, side: int = 40) -> list[str]:
    """What is said of the classes' numbers."""
    graded(tmp_path, *settings, names=names, sample=("id,grade", f"a,{names[0]}"), rows=30)
    for seed, path in enumerate(sorted((tmp_path / "data").rglob("*.png"))):
        picture(path, seed, side)
    found = summarise(tmp_path / "data", Workspace(tmp_path / "workspace"), silent).findings
    told = [one for one in found if "`quadratic_kappa`" in one.expected]
    assert all(one.severity == "note" for one in told)
    return [one.happened for one in told]


@pytest.mark.parametrize("names", [tuple("01234"), tuple("1234")])
def test_numbers_that_may_be_grades_are_told_of(tmp_path: Path, names: tuple[str, ...]) -> None:
    (told,) = hints(tmp_path, names)
    assert told.startswith(f"The classes are called {names[0]} to {names[-1]}; right answers are")


@pytest.mark.parametrize(
    ("names", "settings"),
    [
        (tuple("0123456789"), ()),
        (tuple("012"), ()),
        (tuple("0124"), ()),
        (GRADES, ()),
        (tuple("01234"), ('metric = "accuracy"',)),
        (tuple("01234"), ('metric = "quadratic_kappa"',)),
    ],
)
def test_digits_kinds_and_what_was_said_are_no_grades(
    tmp_path: Path, names: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    assert hints(tmp_path, names, *settings) == []


def test_as_small_as_written_digits_they_are_no_grades(tmp_path: Path) -> None:
    assert hints(tmp_path, tuple("01234"), side=28) == []


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("map_at_5", ("id,sick", "{}.png,{}")),
        ("quadratic_kappa", ("id,one,other", "{}.png,1,{}")),
        ("balanced_accuracy", ("id,one,other", "{}.png,1,{}")),
        ("mean_f1", ("id,sick", "{}.png,{}")),
    ],
)
def test_a_metric_without_a_value_is_refused(
    tmp_path: Path, metric: str, labels: tuple[str, str]
) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(12)])
    heading, row = labels
    table(data / "labels.csv", heading, *(row.format(n, n % 2) for n in range(12)))
    place = workspace(tmp_path, f'[competition]\nmetric = "{metric}"')
    with pytest.raises(UserError, match=f'`metric = "{metric}"` in `hydra.toml` has no value'):
        load_competition(data, place)
