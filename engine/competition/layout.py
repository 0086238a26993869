"""Recognising what Kaggle gave: which images are labelled, by what, and which are to predict."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.competition.candidates import asks_for, label_tables
from engine.competition.image_folders import (
    apart,
    class_folders,
    classes_in_names,
    others_of,
    parent_of,
    repeated_classes,
    said_folders,
    train_and_test,
)
from engine.competition.label_table import Labels, find_labels, find_parts
from engine.competition.names import ImageIndex, composed, match_names
from engine.competition.refusals import unlabelled
from engine.competition.sample import sample_submission
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table, is_missing
from engine.competition.tree import Tree, is_below
from engine.errors import UserError


@dataclass(frozen=True)
class Layout:
    """What was recognised, before the labels are understood.

    Args:
        train: labelled images, relative to the tree's root.
        test: images to predict, relative; the same as `train` where both share one folder.
        train_folder: where the labelled ones lie.
        test_folder: where the others lie.
        labels: the label table that matches, if any.
        classes: each training image's class, by its folder or its file's name; empty text where
            that says none.
        sample: the sample submission.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    train_folder: str
    test_folder: str
    labels: Labels | None
    classes: tuple[str, ...] | None
    sample: Table | None

    @property
    def is_shared(self) -> bool:
        """Whether training and test images lie in one folder."""
        return self.test_folder == self.train_folder

    @property
    def are_classes_in_names(self) -> bool:
        """Whether the files are called after their classes, rather than the folders."""
        start = len(self.train_folder) + 1 if self.train_folder else 0
        return self.classes is not None and not any("/" in file[start:] for file in self.train)

    @property
    def test_names(self) -> tuple[str, ...]:
        """The images to predict, relative to their folder."""
        start = len(self.test_folder) + 1 if self.test_folder else 0
        return tuple(file[start:] for file in self.test)


def recognise(tree: Tree, settings: CompetitionSettings) -> Layout:
    """Tell training from test images and find the labels.

    Args:
        tree: what lies in the folder.
        settings: the user's overrides.

    Returns:
        The layout.

    Raises:
        UserError: no labels can be recognised, or an override names what isn't there.
    """
    train_folder, test_folder = train_and_test(tree, settings)
    sample = sample_submission(tree, settings, train_folder, test_folder)
    train = _without(tree.files(train_folder), test_folder, train_folder)
    copies = set(repeated_classes(train, train_folder))
    train = tuple(file for file in train if file not in copies)
    labels = find_labels(tree, settings, train, train_folder, sample)
    if not settings.train and (labels is None or not labels.is_complete):
        for folder, answers, files in _other_readings(tree, train_folder, test_folder, sample):
            found = find_labels(tree, settings, files, folder, sample)
            if found is not None and found.count > (0 if labels is None else labels.count):
                train_folder, train, labels = folder, files, found
                test_folder = test_folder or answers or None
    classes = None
    if not settings.labels:
        classes = _classes_of_folders(tree, settings, (train_folder, train), labels, sample)
    if classes is None and labels is None:
        labels = _less_likely(tree, settings, train, train_folder, sample)
    if classes is None and labels is None and not settings.labels:
        is_said = _are_elsewhere(tree, settings, sample, are_alike=True)
        classes = None if is_said else classes_in_names(train)
    if classes is None and labels is None:
        raise unlabelled(tree, settings, train, sample)
    test = tuple(tree.files(test_folder)) if test_folder is not None else ()
    if sample is not None and train_folder and not settings.test:
        test_folder, test = _all_asked(tree, settings, sample, train_folder, test_folder, test)
    if test_folder is None:
        test_folder, test = train_folder, train if classes is None else ()
    return Layout(train, test, train_folder, test_folder, labels, classes, sample)


def _less_likely(
    tree: Tree,
    settings: CompetitionSettings,
    train: tuple[str, ...],
    folder: str,
    sample: Table | None,
) -> Labels | None:
    """Labels that say nothing where anything else does.

    They are counted like the images, as a submission is; or their ids are parts of files' names.
    """
    alike = None
    if not settings.labels:
        alike = find_labels(tree, settings, train, folder, sample, are_alike=True)
    return alike or find_parts(tree, settings, train, folder, sample)


def _without(files: list[str], folder: str | None, train: str) -> tuple[str, ...]:
    """Training images, without those to predict where these lie in a folder below."""
    if folder is None or folder == train:
        return tuple(files)
    return tuple(file for file in files if not is_below(file.rpartition("/")[0], folder))


def _other_readings(
    tree: Tree, train: str, test: str | None, sample: Table | None
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Where else the labelled images may lie, where a table names some that are not found.

    Yields:
        The folder, the folder of those to predict (empty: as before), and the images.
    """
    if len(folders := said_folders(tree)) > 1:
        # In several parts: train_1, train_2.
        files = [file for folder in folders for file in tree.files(folder)]
        yield parent_of(folders), "", _without(sorted(set(files)), test, "")
    if (told := apart(tree, train, sample)) is not None:
        yield *told, _without(tree.files(told[0]), test, told[0])


def _all_asked(
    tree: Tree,
    settings: CompetitionSettings,
    sample: Table,
    train: str,
    folder: str | None,
    test: tuple[str, ...],
) -> tuple[str | None, tuple[str, ...]]:
    """The images to predict, with those that lie in further folders."""
    start = len(folder) + 1 if folder else 0
    index = ImageIndex([file[start:] for file in test])
    ids = sample.column(sample.columns[0])
    missing = [name for name in ids if index.find(name) is None]
    more = others_of(tree, train, test, missing) if missing else []
    if not more:
        return folder, test
    places = sorted({file.rpartition("/")[0] for file in (*test, *more)})
    return parent_of(places), tuple(sorted((*test, *more)))


def _folders_win(classes: tuple[str, ...], labels: Labels, sample: Table | None) -> bool:
    """Whether class folders say more than the table, which may only describe the images."""
    names = sorted(set(classes) - {""})
    is_asked = asks_for(sample, labels.table)
    if sample is not None and len(sample.columns) > 2 and match_names(names, sample.columns[1:]):
        return True
    for column in labels.table.columns:
        cells = labels.table.column(column)
        pairs = [(cells[i], classes[row]) for i, row in enumerate(labels.rows) if row is not None]
        if pairs and all(composed(cell) == composed(name) for cell, name in pairs):
            return not is_asked or (sample is not None and column in sample.columns)
    if 2 * labels.count < len(classes):
        return True
    if sample is None or is_asked:
        return False
    shown = {composed(cell) for row in sample.rows for cell in row[1:] if not is_missing(cell)}
    return bool(shown) and shown <= set(map(composed, names))


def _classes_of_folders(
    tree: Tree,
    settings: CompetitionSettings,
    images: tuple[str, tuple[str, ...]],
    labels: Labels | None,
    sample: Table | None,
) -> tuple[str, ...] | None:
    """The class of each image by its folder, where no table says it better."""
    folder, train = images
    classes = class_folders(train, folder)
    if classes is None:
        return None
    are_alike = len(set(classes) - {""}) == 1
    if labels is None and _are_elsewhere(tree, settings, sample, are_alike):
        return None
    if labels is not None:
        are_said = not settings.target_columns and _folders_win(classes, labels, sample)
        return classes if are_said else None
    if not settings.train:
        _refuse_labels_of_folders(tree, images, classes, sample)
    return classes


def _are_elsewhere(
    tree: Tree, settings: CompetitionSettings, sample: Table | None, are_alike: bool
) -> bool:
    """Whether a table has the labels, though none of its rows names an image as it is called.

    The user names its columns; or the sample asks for one, and where the images lie tells nothing.
    """
    tables = label_tables(tree, sample)
    if settings.target_columns:
        return any(set(settings.target_columns) <= set(table.columns) for table in tables)
    return are_alike and any(asks_for(sample, table) for table in tables)


def _refuse_labels_of_folders(
    tree: Tree,
    images: tuple[str, tuple[str, ...]],
    classes: tuple[str, ...],
    sample: Table | None,
) -> None:
    """Folders of patients are no classes where a table has one answer for several of them."""
    names = {composed(name).lower() for name in classes}
    for table in label_tables(tree, sample):
        asked = [c for c in table.columns if sample is not None and c in sample.columns[1:]]
        for column in (c for c in table.columns if asked and c not in asked):
            cells = [composed(cell).lower() for cell in table.column(column)]
            rows = [row for row, cell in enumerate(cells) if cell in names]
            answers = {table.column(asked[0])[row] for row in rows}
            if len(names) == len(set(cells) & names) > len(answers):
                raise _of_folders(table, column, asked[0], images)


def _of_folders(
    table: Table, column: str, answer: str, images: tuple[str, tuple[str, ...]]
) -> UserError:
    folder, (first, *_) = images[0] or ".", images[1]
    return UserError(
        f"{table.path.name} has `{answer}` for folders of images, by `{column}`, and no image "
        f"such as {first} is named there.",
        "a row for every image, or folders called after their classes.",
        f"write such a table, one image a row; or, where the folders in {folder}/ are the classes, "
        f'write `[competition]` and `train = "{folder}"` into `hydra.toml`.',
    )
