"""Label tables with several rows an image: read as tags where the sample, or the user, says so."""

from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import TargetKind
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
TAGS = '[competition]\ntarget = "multilabel"\n'


def pets(
    tmp_path: Path, *sample: str, every: int = 2, settings: str = "", kinds: tuple[str, ...] = KINDS
) -> Competition:
    """Every so many images have a second row with another label."""
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(24)])
    pictures(data / "test", ["b1.png", "b2.png"], first_seed=100)
    rows = [(row, row) for row in range(24)] + [(row, row + 1) for row in range(0, 24, every)]
    lines = (f"a{row},{kinds[label % len(kinds)]}" for row, label in rows)
    table(data / "train.csv", "image,label", *lines)
    table(data / "sample_submission.csv", *sample)
    return load_competition(data, workspace(tmp_path, settings))


@pytest.mark.parametrize(
    "sample",
    [
        ("image,label", "b1,cat dog", "b2,owl"),
        ("image,label", "b1,cat|dog", "b2,owl"),
        ("image,owl,cat,dog", "b1,0,1,1", "b2,0,0,0"),
        ("image,owl,cat,dog", "b1,1,1,1", "b2,0,0,1"),
        ("image,owl,cat,dog", "b1,0.5,0.9,0.1", "b2,0.1,0.1,0.2"),
    ],
)
def test_the_sample_asks_for_tags(tmp_path: Path, sample: tuple[str, ...]) -> None:
    found = pets(tmp_path, *sample)
    assert found.kind is TargetKind.MULTILABEL
    assert len(found.ids) == 24
    truth = [{found.classes[i] for i in row.nonzero()[0]} for row in found.targets]
    assert truth[:3] == [{"cat", "dog"}, {"dog"}, {"owl", "cat"}]
    (finding,) = (one for one in found.findings if one.severity == "warning")
    assert finding.count == 12
    assert '`target = "multiclass"`' in finding.fix


def test_of_two_classes_both(tmp_path: Path) -> None:
    found = pets(tmp_path, "image,label", "b1,cat dog", "b2,dog", kinds=("cat", "dog"))
    assert found.kind is TargetKind.MULTILABEL
    assert found.targets[:2].tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("sample", "every", "settings"),
    [
        (("image,label", "b1,cat", "b2,owl"), 2, ""),
        (("image,cat,dog,owl", "b1,0.33,0.33,0.33", "b2,1,0,0"), 2, ""),
        # Where every answer is the same, it only fills the columns: several people may have
        # labelled each image.
        (("image,cat,dog,owl", "b1,0,0,0", "b2,0,0,0"), 2, ""),
        (("image,cat,dog,owl", "b1,0.5,0.5,0.5", "b2,0.5,0.5,0.5"), 2, ""),
        (("image,cat,dog,owl", "b1,1,1,1", "b2,1,1,1"), 2, ""),
        (("image,cat,dog,owl", "b1,0,0,0", "b2,1,0,0"), 2, ""),
        (("image,cat,dog,owl", "b1,0.5,0.5,0.5", "b2,0.2,0.2,0.2"), 2, ""),
        # Few such images are mistakes.
        (("image,label", "b1,cat dog", "b2,owl"), 12, ""),
        (("image,label", "b1,cat dog", "b2,owl"), 2, '[competition]\ntarget = "multiclass"\n'),
    ],
)
def test_else_they_contradict_each_other(
    tmp_path: Path, sample: tuple[str, ...], every: int, settings: str
) -> None:
    found = pets(tmp_path, *sample, every=every, settings=settings)
    assert found.kind is TargetKind.MULTICLASS
    assert len(found.ids) == 24 - 24 // every
    assert "(first: `a0`, lines 2 and 26)" in found.findings[0].happened
    assert '`target = "multilabel"`' in found.findings[0].fix


def test_the_user_says_so(tmp_path: Path) -> None:
    found = pets(tmp_path, "image,label", "b1,cat", "b2,owl", every=12, settings=TAGS)
    assert found.kind is TargetKind.MULTILABEL
    assert len(found.ids) == 24
    assert found.targets.sum() == 26


def test_where_nothing_is_left_the_message_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        pets(tmp_path, "image,label", "b1,cat", "b2,owl", every=1)
    assert "with different labels: 24 (first: `a0`, lines 2 and 26)" in caught.value.happened
    assert '`target = "multilabel"`' in caught.value.fix
