"""Tags are told from class names, and answers are spelled as the sample spells them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import TargetKind
from engine.competition.spelling import meant, spelled
from engine.competition.tags import Hints
from engine.competition.targets import Targets, from_names
from engine.errors import UserError
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

TAGGED = ("a", "b", "a{}b", "b{}c", "c", "a{}c")
KINDS = ("Sedan", "Coupe", "Van")
RANKS = ("ace", "two", "ten", "king")
CARDS = (
    "joker",
    *(f"{rank} of {suit}" for rank in RANKS for suit in ("clubs", "hearts", "spades")),
)
FEELINGS = ("happy", "sad", "very happy", "very sad")
CLOTHES = ("dress", "long dress", "shirt", "long shirt", "t shirt", "skirt", "long skirt")
ROADS = tuple(f"{a}{b}{c}" for a in ("", "old ") for b in ("", "red ", "blue ") for c in KINDS)
APPLES = (
    *("healthy", "scab", "complex", "rust", "frog_eye", "mildew", "scab frog_eye"),
    *("scab frog_eye complex", "frog_eye complex", "rust frog_eye", "rust complex"),
)
CELLS = ("16 0", "7 1 2 0", "5", "1", "18", "0", "25 2", "2 0", "3", "0 16")
NUMBERS = ("1", "5", "7", "0 1", "0 3", "1 5 7", "3 7", "5 9", "9 1 3", "9 3")
CARS = ("Truck", *(f"{kind}, {n} doors" for kind in KINDS for n in (2, 4)))


def labelled(folder: Path, labels: Sequence[str], sample: Sequence[str]) -> Path:
    """A quoted label each for images counted from 1, and the sample's lines."""
    pictures(folder / "train", [f"{i}.png" for i in range(1, len(labels) + 1)])
    pictures(folder / "test", ["1.png", "2.png"], first_seed=1000)
    rows = (f'{i},"{label}"' for i, label in enumerate(labels, start=1))
    table(folder / "train.csv", "id,label", *rows)
    table(folder / "sample_submission.csv", *sample)
    return folder


def read(names: Sequence[str], *asked: str, **hints: object) -> Targets:
    shown = frozenset(hints.pop("shown", ()))  # type: ignore[call-overload]  # texts
    known = Hints(shown, **hints)  # type: ignore[arg-type]  # the target, if any
    return from_names(list(names), asked, "labels.csv", ("label",), known)


def answered(found: Competition, values: Sequence[Sequence[float]], folder: Path) -> list[str]:
    write_submission(found, found.test_ids, np.array(values), folder / "mine.csv")
    return (folder / "mine.csv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("separator", ["|", ";", ",", " ", ", "])
def test_tags_with_any_separator_are_answered_with_it(tmp_path: Path, separator: str) -> None:
    labels = [text.format(separator) for text in TAGGED * 2]
    data = labelled(tmp_path / "data", labels, ("id,label", f'1,"a{separator}b"', "2,a"))
    found = load_competition(data, workspace(tmp_path))
    assert (found.kind, found.classes) == (TargetKind.MULTILABEL, ("a", "b", "c"))
    assert found.targets[2].tolist() == [1, 1, 0]
    lines = answered(found, [[0.9, 0, 0.9], [0, 1, 0]], tmp_path)
    quoted = f'"a{separator}c"' if "," in separator else f"a{separator}c"
    assert lines == [f"1,{quoted}", "2,b"]


def test_answers_take_the_samples_separator_before_the_labels(tmp_path: Path) -> None:
    labels = [text.format("|") for text in TAGGED * 2]
    data = labelled(tmp_path / "data", labels, ("id,label", "1,a b c", "2,a"))
    found = load_competition(data, workspace(tmp_path))
    assert answered(found, [[0.9, 0, 0.9], [0, 1, 0]], tmp_path) == ["1,a c", "2,b"]


def test_how_tags_are_scored_is_told_until_it_is_written(tmp_path: Path) -> None:
    labels = [text.format(" ") for text in TAGGED * 2]
    data = labelled(tmp_path / "data", labels, ("id,label", "1,a b c", "2,a"))
    found = load_competition(data, workspace(tmp_path))
    (note,) = found.findings
    assert (found.metric, note.severity) == ("macro_f1", "note")
    assert "macro F1 is assumed" in note.happened
    assert '`metric = "mean_f1"`' in note.fix
    place = workspace(tmp_path, '[competition]\nmetric = "mean_f2"')
    found = load_competition(data, place)
    assert (found.metric, found.findings) == ("mean_f2", ())


@pytest.mark.parametrize(
    "names",
    [
        CARS,
        ("tench, Tinca tinca", "goldfish, Carassius auratus", "shark"),
        ("animal", "animal|dog", "animal|dog|pug", "animal|cat"),
        ("0,5", "1", "1,5", "2", "0"),
        ("Sugar beet", "Maize", "Black-grass"),
        ("Dane", "Great Dane", "Golden Eagle", "White Eagle", "Golden Hind", "Great White Shark"),
    ],
)
def test_class_names_that_hold_a_separator_are_not_torn_apart(names: tuple[str, ...]) -> None:
    targets = read(names * 2)
    assert targets.kind is TargetKind.MULTICLASS
    assert set(targets.classes) == set(names)
    assert targets.findings == ()


def satellite() -> tuple[str, ...]:
    """Weather and land cover in alphabetical order, all of it optional: only `cloudy` is alone."""
    draw = np.random.default_rng(0)
    cover = {"agriculture": 0.3, "primary": 0.95, "road": 0.2, "water": 0.2, "habitation": 0.1}
    cells = {"cloudy"}
    for _ in range(300):
        tags = [tag for tag, share in cover.items() if draw.random() < share]
        tags.append(("clear", "haze", "partly_cloudy")[draw.integers(3)])
        cells.add(" ".join(sorted(tags)))
    return tuple(sorted(cells))


@pytest.mark.parametrize(
    "names", [CARDS, FEELINGS, CLOTHES, ROADS], ids=("cards", "feelings", "clothes", "roads")
)
@pytest.mark.parametrize("columns", [("label",), ()], ids=("column", "folders"))
def test_names_of_several_words_are_classes(
    names: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    targets = from_names(list(names) * 2, ("label",), "train", columns, Hints(frozenset(names[:2])))
    assert (targets.kind, targets.findings) == (TargetKind.MULTICLASS, ())
    assert set(targets.classes) == set(names)


@pytest.mark.parametrize(
    ("names", "tags"), [(APPLES, 6), (CELLS, 9), (NUMBERS, 6), (satellite(), 9)]
)
def test_words_that_come_and_go_are_tags_and_it_is_said(names: tuple[str, ...], tags: int) -> None:
    targets = read(names * 2, "label")
    assert (targets.kind, len(targets.classes)) == (TargetKind.MULTILABEL, tags)
    (finding,) = targets.findings
    assert finding.severity == "warning"
    assert '`target = "multiclass"`' in finding.fix


def test_a_folder_is_one_class_unless_the_user_or_the_samples_columns_say_otherwise() -> None:
    folders = [*APPLES, *APPLES]
    told = Hints(target="multilabel")
    assert from_names(folders, (), "train/").kind is TargetKind.MULTICLASS
    assert from_names(folders, (), "train/").findings == ()
    assert from_names(folders, (), "train/", hints=told).kind is TargetKind.MULTILABEL
    asked = ("rust", "scab", "mildew", "complex", "healthy", "frog_eye")
    assert from_names(folders, asked, "train/").classes == asked


def test_a_class_that_only_the_sample_shows_is_no_combination_of_tags() -> None:
    shown = Hints(frozenset({"very sad"}))
    targets = from_names(["happy", "sad", "very happy"] * 2, ("label",), "t", ("label",), shown)
    assert targets.kind is TargetKind.MULTICLASS


def test_the_samples_columns_decide_and_what_has_none_is_no_tag(tmp_path: Path) -> None:
    labels = ["Hole", "Odd", "No Finding", "Big|Odd", "Big|Hole", "No Finding"] * 2
    sample = ("id,Odd,Big,Hole", "1,0.5,0.5,0.5", "2,0.5,0.5,0.5")
    found = load_competition(labelled(tmp_path / "data", labels, sample), workspace(tmp_path))
    assert (found.kind, found.classes) == (TargetKind.MULTILABEL, ("Odd", "Big", "Hole"))
    assert found.targets[2:4].tolist() == [[0, 0, 0], [1, 1, 0]]
    assert len(found.ids) == 12
    assert found.findings == ()


def test_a_combination_that_only_the_sample_shows_decides() -> None:
    names = ("0", "0 7", "1 3", "3 0") * 2
    assert read(names).kind is TargetKind.MULTICLASS
    assert read(names, "label", shown=("7",)).kind is TargetKind.MULTILABEL
    assert read(names, "label", shown=("0 3",)).findings == ()
    # A class that no training image has is no proof.
    cars = ("red car", "blue bus", "old car") * 2
    assert read(cars, "label", shown=("red bus",)).kind is TargetKind.MULTICLASS


@pytest.mark.parametrize(
    ("names", "kind", "other"),
    [
        (("oak", "maple", "oak maple", "red", "red maple"), TargetKind.MULTILABEL, "multiclass"),
        (("0", "0 7", "1 3", "3 7", "2 3"), TargetKind.MULTICLASS, "multilabel"),
    ],
)
def test_a_guess_is_said_and_the_user_can_decide(
    names: tuple[str, ...], kind: TargetKind, other: str
) -> None:
    targets = read(names * 2)
    (finding,) = targets.findings
    assert targets.kind is kind
    assert f'target = "{other}"' in finding.fix
    decided = read(names * 2, target=other)
    assert (decided.kind, decided.findings) == (TargetKind(other), ())


@pytest.mark.parametrize(
    ("sample", "answer"), [("0", "8"), ("0.0", "8.0"), ("8", "8")], ids=("whole", "float", "other")
)
def test_classes_that_became_floats(tmp_path: Path, sample: str, answer: str) -> None:
    labels = ["3.0", "8.0", "0.0", "10.0"] * 2 + [""]
    data = labelled(tmp_path / "data", labels, ("id,label", f"1,{sample}", f"2,{sample}"))
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("0", "3", "8", "10")
    assert [finding.happened[:26] for finding in found.findings] == ["Images with an empty label"]
    assert answered(found, [[0, 0, 1, 0]] * 2, tmp_path) == [f"1,{answer}", f"2,{answer}"]


def test_decimals_that_are_names_stay() -> None:
    assert meant(["1.0", "1.5"]) == ["1.0", "1.5"]
    assert meant(["1.0", "", "2.0"]) == ["1", "", "2"]
    assert meant(["007.0", "0e20"]) == ["007.0", "0e20"]
    assert meant(["1.0", "2.0"], ("1.0", "2.0")) == ["1.0", "2.0"]
    assert spelled(("1.0", "1.5"), {"1.0"}) == ("1.0", "1.5")
    assert spelled(("0012", "a"), {"a"}) == ("0012", "a")


@pytest.mark.parametrize("form", [("Rose\u0301", "Ros\u00e9"), ("Ros\u00e9", "Rose\u0301")])
def test_class_folders_in_another_unicode_form(tmp_path: Path, form: tuple[str, str]) -> None:
    folder, shown = form
    data = tmp_path / "data"
    for seed, name in enumerate((folder, "Tulpe")):
        pictures(data / "train" / name, [f"{name}{i}.png" for i in range(3)], seed * 10)
    pictures(data / "test", ["1.png", "2.png"], first_seed=1000)
    table(data / "sample_submission.csv", "file,kind", f"1.png,{shown}", f"2.png,{shown}")
    found = load_competition(data, workspace(tmp_path))
    assert found.findings == ()
    assert answered(found, [[0], [1]], tmp_path) == [f"1.png,{shown}", "2.png,Tulpe"]


@pytest.mark.parametrize(
    ("sample", "kind"),
    [("0 1 2", TargetKind.MULTILABEL), ("", None), ("0.1 0.2", None)],
)
def test_several_numbers_are_tags_where_the_sample_answers_with_several(
    tmp_path: Path, sample: str, kind: TargetKind | None
) -> None:
    """Sorted numbers of two groups: what follows in one cell leads no other."""
    labels = [f"{i % 4} {i // 4 + 20}{' 40' * (i % 2)}" for i in range(16)]
    data = labelled(tmp_path / "data", labels, ("id,label", f"1,{sample}", f"2,{sample}"))
    if kind is not None:
        assert load_competition(data, workspace(tmp_path)).kind is kind
        return
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(tmp_path))
    assert 'is several tags, write there `target = "multilabel"`' in caught.value.fix


@pytest.mark.parametrize("shown", ["", "1 1", "1 2"])
@pytest.mark.parametrize("step", [100, 1])
def test_masks_are_not_called_tags(tmp_path: Path, shown: str, step: int) -> None:
    """Pixel and length, in turn; neighbours share pixels, and a sample has a mask of one."""
    labels = [
        " ".join(str(i * step + k * k + 1) for k in range(4 + 2 * (i % 2))) for i in range(12)
    ]
    data = labelled(tmp_path / "data", labels, ("id,label", f"1,{shown}", f"2,{shown}"))
    with pytest.raises(UserError, match="measurements can't be predicted") as caught:
        load_competition(data, workspace(tmp_path))
    assert "multilabel" not in caught.value.fix
