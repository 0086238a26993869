"""Of two classes, probabilities are of the one that is meant, not of the second in the alphabet."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.competition.names import named_in
from engine.competition.tags import Hints
from engine.competition.targets import Targets, from_names
from engine.errors import UserError
from engine.submission.writer import write_submission
from tests.unit.competition.builders import flowers, workspace


def read(*names: str, asked: str = "label", positive: str | None = None) -> Targets:
    return from_names([*names, *names], (asked,), "train/", hints=Hints(positive=positive))


@pytest.mark.parametrize(
    ("absence", "presence"),
    [
        ("normal", "cancer"),
        ("NORMAL", "ABNORMAL"),
        ("healthy_leaf", "blight"),
        ("benign", "atypical"),
        ("negative", "covid"),
        ("no", "flood"),
        ("none", "fire"),
        ("False", "Error"),
        ("absent", "found"),
        ("control", "case"),
        ("not_hot_dog", "hot_dog"),
        ("non_flood", "flood"),
        ("no finding", "lesion"),
        ("nothotdog", "hotdog"),
    ],
)
def test_what_is_absent_is_not_the_positive_class(absence: str, presence: str) -> None:
    targets = read(absence, presence)
    assert targets.classes == (absence, presence)
    assert targets.values[:2, 0].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("classes", "second"),
    [
        (("cat", "dog"), "dog"),
        (("benign", "normal"), "normal"),
        (("beluga", "false_killer_whale"), "false_killer_whale"),
        (("notary", "lawyer"), "notary"),
    ],
)
def test_the_second_class_is_positive_where_names_tell_nothing(
    classes: tuple[str, str], second: str
) -> None:
    assert read(*classes).classes[1] == second


def test_the_samples_column_and_the_user_count_before_the_names() -> None:
    assert read("normal", "cancer", asked="normal").classes == ("cancer", "normal")
    assert read("normal", "cancer", positive="normal").classes == ("cancer", "normal")


@pytest.mark.parametrize(
    ("classes", "column", "named"),
    [
        (("hot_dog", "not_hot_dog"), "is_hot_dog", "hot_dog"),
        (("hot_dog", "not_hot_dog"), "isNotHotDog", "not_hot_dog"),
        (("hot_dog", "other"), "hotdog_probability", "hot_dog"),
        (("type1", "type2"), "type2_prob", "type2"),
        (("normal", "abnormal"), "abnormal_prob", "abnormal"),
        (("cat", "dog"), "cat_or_dog", None),
        (("cat", "dog"), "category", None),
    ],
)
def test_the_class_that_a_column_is_about(
    classes: tuple[str, str], column: str, named: str | None
) -> None:
    assert named_in(classes, column) == named


def test_zero_can_be_the_positive_class(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    found = load_competition(data, workspace(tmp_path, '[competition]\npositive = "0"\n'))
    assert (found.kind, found.classes) == (TargetKind.BINARY, ("1", "0"))
    assert found.targets[:, 0].tolist() == [0, 1] * 4
    assert found.submission is not None
    assert found.submission.answers == "probability"
    write_submission(found, found.test_ids, np.array([[0.9]] * 4), tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text().splitlines()[:2] == ["name,tulip", "1,0.90000000"]


def test_a_positive_class_that_is_neither_zero_nor_one_is_refused() -> None:
    with pytest.raises(UserError, match="`positive` is `2`") as caught:
        read("0", "1", positive="2")
    assert caught.value.expected == "one of 0 and 1."
    assert read("0", "1", positive="1").classes == ("0", "1")
