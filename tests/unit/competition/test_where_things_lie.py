"""Folders and tables that are called otherwise, that are several, or that only describe images."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
ROWS, ANSWERS = range(12), range(100, 104)


def labelled(path: Path, rows: Sequence[int] = ROWS, header: str = "id,label") -> None:
    table(path, header, *(f"{row},{KINDS[row % 3]}" for row in rows))


def sample(folder: Path, rows: Sequence[int] = ANSWERS, header: str = "id,label") -> None:
    table(folder / "sample_submission.csv", header, *(f"{row},cat" for row in rows))


def images(folder: Path, rows: Sequence[int], first_seed: int = 0) -> None:
    pictures(folder, [f"{row}.png" for row in rows], first_seed)


def truth(found: Competition) -> dict[str, str]:
    """Each labelled image's class, by its file."""
    return {
        path.stem: found.classes[row.argmax()]
        for path, row in zip(found.paths, found.targets, strict=True)
    }


def is_right(found: Competition, answers: int = len(ANSWERS)) -> bool:
    """Whether every image has its label, and every answer its image."""
    right = {str(row): KINDS[row % 3] for row in ROWS}
    there = [path for path in found.test_paths if path is not None]
    return truth(found) == right and len(there) == len(found.test_ids) == answers


def with_a_table_of_cameras(root: Path) -> None:
    images(root / "images", [*ROWS, *ANSWERS])
    labelled(root / "train.csv")
    sample(root)
    rows = (f"{row},site{row % 2},20{row}" for row in (*ROWS, *ANSWERS))
    table(root / "image_metadata.csv", "id,site,width", *rows)


def with_a_count_of_rows(root: Path) -> None:
    images(root / "train", ROWS)
    images(root / "test", ANSWERS, 50)
    rows = [*reversed(ROWS)]
    lines = (f"{place},{row}.png,{KINDS[row % 3]}" for place, row in enumerate(rows))
    table(root / "train.csv", "index,filename,label", *lines)
    sample(root, header="filename,label")


def with_a_patients_number(root: Path) -> None:
    images(root / "images", [*ROWS, *ANSWERS])
    lines = (f"{11 - row},{row},{KINDS[row % 3]}" for row in ROWS)
    table(root / "train.csv", "patient,image,label", *lines)
    sample(root, header="image,label")


def called(train: str, test: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        images(root / train, ROWS)
        # They are counted from 0, too.
        images(root / test, range(4), 50)
        labelled(root / "train.csv")
        sample(root, range(4))

    return write


def with_masks(root: Path) -> None:
    images(root / "train" / "images", ROWS)
    images(root / "train" / "masks", ROWS, 50)
    images(root / "test" / "images", ANSWERS, 100)
    labelled(root / "train.csv")
    sample(root)


def in_parts(root: Path) -> None:
    for part in range(3):
        images(root / f"train_{part}", ROWS[part::3], 20 * part)
    images(root / "test", ANSWERS, 90)
    labelled(root / "train.csv")
    sample(root)


def with_more_to_answer(root: Path) -> None:
    images(root / "train-png", ROWS)
    images(root / "test-png", ANSWERS[:2], 50)
    images(root / "test-png-additional", ANSWERS[2:], 60)
    labelled(root / "train.csv")
    sample(root)


def in_two_stages(root: Path) -> None:
    images(root / "train", ROWS)
    images(root / "test_stg1", ANSWERS[:1], 50)
    images(root / "test_stg2", ANSWERS[1:], 60)
    labelled(root / "train.csv")
    table(root / "sample_submission_stg1.csv", "id,label", "100,cat")
    table(root / "sample_submission_stg2.csv", "id,label", *(f"{row},cat" for row in ANSWERS))


def with_an_excerpt_of_the_labels(root: Path) -> None:
    called("train", "test")(root)
    labelled(root / "train_sample.csv", ROWS[:3])


def with_notes(root: Path) -> None:
    called("train", "test")(root)
    table(root / "train_notes.csv", "what,why", "these, and, others")


@pytest.mark.parametrize(
    "write",
    [
        with_a_table_of_cameras,
        with_a_count_of_rows,
        with_a_patients_number,
        *map(
            called,
            ("trainset", "traindata", "imagesTr", "images_tr", "dev", "train"),
            ("testset", "testdata", "imagesTs", "images_te", "eval", "unlabelled"),
        ),
        with_masks,
        in_parts,
        with_more_to_answer,
        in_two_stages,
        with_an_excerpt_of_the_labels,
        with_notes,
    ],
)
def test_labels_and_images_are_found(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "data")
    assert is_right(load_competition(tmp_path / "data", workspace(tmp_path)))


def test_the_users_test_folder_says_which_stage_is_answered(tmp_path: Path) -> None:
    in_two_stages(tmp_path / "data")
    settings = workspace(tmp_path, '[competition]\ntest = "test_stg1"\n')
    found = load_competition(tmp_path / "data", settings)
    assert is_right(found, answers=1)
    assert found.test_ids == ("100",)


def test_a_sample_that_asks_for_fewer_is_told_of(tmp_path: Path) -> None:
    called("train", "test")(tmp_path / "data")
    sample(tmp_path / "data", range(2))
    (note,) = load_competition(tmp_path / "data", workspace(tmp_path)).findings
    assert note.severity == "note"
    assert note.happened == "sample_submission.csv asks for 2 answers; there are 4 test images."


def in_folders(root: Path, header: str, line: Callable[[int], str]) -> None:
    """Three folders, and a table that names all their images."""
    for place, kind in enumerate(KINDS):
        images(root / "train" / kind, ROWS[place::3], 20 * place)
    images(root / "test", ANSWERS, 90)
    table(root / "train.csv", header, *map(line, ROWS))


def test_a_column_that_is_asked_for_says_more_than_folders(tmp_path: Path) -> None:
    root = tmp_path / "data"
    in_folders(root, "id,chain,hotel", lambda row: f"{row},{KINDS[row % 3]},h{row % 4}")
    sample(root, header="id,hotel")
    found = load_competition(root, workspace(tmp_path))
    assert found.classes == ("h0", "h1", "h2", "h3")
    (root / "sample_submission.csv").unlink()
    named = workspace(tmp_path, '[competition]\ntarget_columns = ["hotel"]\n')
    assert load_competition(root, named).classes == ("h0", "h1", "h2", "h3")
    (root / "train.csv").unlink()
    assert load_competition(root, named).classes == KINDS, "no table has columns"


def test_folders_that_the_sample_answers_with_say_more_than_a_table(tmp_path: Path) -> None:
    root = tmp_path / "data"
    in_folders(root, "id,photographer", lambda row: f"{row},p{row % 4}")
    sample(root)
    assert is_right(load_competition(root, workspace(tmp_path)))


@pytest.mark.parametrize("name", ["{kind}.{row}.png", "{kind}_{row}.png", "{kind} ({row}).png"])
def test_files_may_be_called_after_their_class(tmp_path: Path, name: str) -> None:
    root = tmp_path / "data"
    pictures(root / "train", [name.format(kind=KINDS[row % 3], row=row) for row in ROWS])
    images(root / "test", ANSWERS, 50)
    sample(root)
    found = load_competition(root, workspace(tmp_path))
    assert found.classes == KINDS
    assert all(path.name.startswith(kind) for path, kind in zip(
        found.paths, truth(found).values(), strict=True
    ))  # fmt: skip
    assert found.layout == "files called after their class in train/; test images in test/"


def test_a_cameras_names_are_no_classes(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train", [f"{name}{row}.png" for row in ROWS for name in
                                           ("IMG_", "DSC_")])  # fmt: skip
    with pytest.raises(Exception, match="No labels recognised"):
        load_competition(tmp_path / "data", workspace(tmp_path))
