"""Answers that name several classes, the likeliest first, as mean average precision scores them."""

from pathlib import Path

import numpy as np
import pytest

from app.presentation.tables import data_facts
from engine.competition.competition import Competition, load_competition
from engine.competition.findings import TargetKind
from engine.competition.summary import summarise
from engine.errors import UserError
from engine.submission.checking import check_submission
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

WHALES = ("w_1", "w_2", "new_whale", "w_3")


def whales(tmp_path: Path, *answers: str, names: tuple[str, ...] = WHALES) -> Competition:
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(12)])
    pictures(data / "test", [f"{row}.png" for row in range(len(answers))], first_seed=1000)
    rows = (f"{row}.png,{names[row % len(names)]}" for row in range(12))
    table(data / "train.csv", "Image,Id", *rows)
    asked = (f'{row}.png,"{answer}"' for row, answer in enumerate(answers))
    table(data / "sample_submission.csv", "Image,Id", *asked)
    return load_competition(data, workspace(tmp_path))


@pytest.mark.parametrize(
    ("answer", "names", "wanted"),
    [
        ("new_whale w_1 w_3", WHALES, "w_2 w_3 new_whale"),
        ("w_3, w_2", WHALES, '"w_2, w_3"'),
        ("1 2 3", ("1", "2", "3", "10"), "2 10 3"),
        ("The_Mona_Lisa ear", ("The Mona Lisa", "ear", "bread", "book"), "ear book"),
    ],
)
def test_the_likeliest_come_first(
    tmp_path: Path, answer: str, names: tuple[str, ...], wanted: str
) -> None:
    found = whales(tmp_path, answer, names=names)
    # None is known to be scored at two.
    metric = "map_at_3" if answer.count(" ") == 2 else "accuracy"
    assert (found.kind, found.metric, found.findings) == (TargetKind.MULTICLASS, metric, ())
    share = dict(zip(names, (0.05, 0.6, 0.15, 0.2), strict=True))
    probabilities = np.array([[share[name] for name in found.classes]])
    write_submission(found, ("0.png",), probabilities, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == f"Image,Id\n0.png,{wanted}\n"


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        # A name that has a space is one class, also where its words are classes.
        (("w 1", "w 1"), ("w 1", "w 2", "w", "1")),
        (("w_1", "w_2"), WHALES),
        # As many in each row, none of them twice, all of them known.
        (("w_1 w_2", "w_1"), WHALES),
        (("w_1 w_1", "w_2 w_2"), WHALES),
        (("w_1 shark", "w_1 shark"), WHALES),
        (("w_1 w_3 shark", "w_1 w_3 shark"), WHALES),
        # Who reads an answer with `a w` in it could not tell what is ranked.
        (("w_1 w_2", "w_1 w_2"), ("w_1", "w_2", "a w", "w_3")),
    ],
)
def test_other_answers_are_one_class(
    tmp_path: Path, answers: tuple[str, ...], names: tuple[str, ...]
) -> None:
    found = whales(tmp_path, *answers, names=names)
    assert found.submission is not None
    assert found.submission.ranks == 1
    assert found.classes == tuple(sorted(names))


def test_some_that_are_named_may_have_no_image(tmp_path: Path) -> None:
    found = whales(tmp_path, "w_1 shark w_3 new_whale w_2")
    assert found.submission is not None
    assert found.submission.ranks == 5
    (told,) = found.findings
    assert "answers `shark`, which is none of the classes" in told.happened


def test_the_data_screen_says_how_many(tmp_path: Path) -> None:
    whales(tmp_path, "w_1 w_2 w_3")
    summary = summarise(tmp_path / "data", workspace(tmp_path), lambda *_: None)
    assert ("submission", "1 rows of Image, Id (the 3 likeliest classes)") in data_facts(summary)


@pytest.mark.parametrize("answer", ["w_1", "w_1 w_1", "w_1 w_2 w_3", "w_1 shark"])
def test_an_answer_of_another_length_is_none(tmp_path: Path, answer: str) -> None:
    found = whales(tmp_path, "w_1 w_2")
    with pytest.raises(UserError, match=f"line 2 answers `{answer}`"):
        check_submission(found, f"Image,Id\n0.png,{answer}\n", "x.csv")


@pytest.mark.parametrize(
    ("names", "answers", "ranks"),
    [
        (("a9c1", "b301"), ("f00d c0de beef 1234 5678",) * 2, 5),
        (("17", "4"), ("36363 53586 18807",) * 2, 3),
        # Two words, words of other lengths, a confidence: no ranking is written so.
        (("a9c1", "b301"), ("f00d c0de",) * 2, 1),
        (("a9c1", "b301"), ("none of these",) * 2, 1),
        (("17", "4"), ("36363 0.5 18807",) * 2, 1),
    ],
)
def test_all_that_are_named_may_have_no_image(
    tmp_path: Path, names: tuple[str, ...], answers: tuple[str, ...], ranks: int
) -> None:
    many = (*names, *(f"{int(name, 16) + 1:x}" for name in names)) if ranks == 5 else names
    found = whales(tmp_path, *answers, names=(*many, "9999", "8888"))
    assert found.submission is not None
    assert found.submission.ranks == ranks
    assert any("none of the classes" in finding.happened for finding in found.findings)


def test_a_class_and_its_confidence_are_answered_by_the_class(tmp_path: Path) -> None:
    found = whales(tmp_path, "1123 0.1", "1123 0.1", names=("1", "7", "9"))
    assert found.submission is not None
    assert (found.submission.answers, found.submission.ranks) == ("class", 1)
    (told,) = (f for f in found.findings if "confidence" in f.happened)
    assert "such as `1123 0.1`; answers will be the class alone" in told.happened
    assert "`sample_submission`" in told.fix
