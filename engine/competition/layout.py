"""Recognising what Kaggle gave: which images are labelled, by what, and which are to predict."""

from dataclasses import dataclass
from pathlib import Path

from engine.competition.candidates import label_tables
from engine.competition.names import (
    ImageIndex,
    composed,
    is_image,
    is_row_number,
    match_names,
    words,
)
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import HEADLESS_ID, Table, headless, read_table
from engine.competition.tree import Tree, is_below
from engine.errors import UserError

KNOWN_LAYOUTS = (
    "a CSV with one row an image (its id, its label) beside an image folder such as `train/`, "
    "or one folder a class (`train/<class>/*.jpg`), or the zip that holds either"
)
_IMAGE_WORDS = {"image", "images", "img", "imgs", "jpg", "jpeg", "png", "photos", "data", "dataset"}


@dataclass(frozen=True)
class Labels:
    """The table that names the labelled images.

    Args:
        table: the label CSV.
        id_column: its column that names the image.
        rows: for each of its rows the position in `Layout.train`; None without an image.
        is_headless: whether the file starts with a row, and the columns' names are made up.
    """

    table: Table
    id_column: str
    rows: tuple[int | None, ...]
    is_headless: bool = False


@dataclass(frozen=True)
class Layout:
    """What was recognised, before the labels are understood.

    Args:
        train: labelled images, relative to the tree's root.
        test: images to predict, relative; the same as `train` where both share one folder.
        train_folder: where the labelled ones lie.
        test_folder: where the others lie.
        labels: the label table that matches, if any.
        classes: for class folders, each training image's class; empty text directly at the top.
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
    sample = _sample(tree, settings)
    train_folder, test_folder = _folders(tree, settings)
    test = tuple(tree.files(test_folder)) if test_folder is not None else ()
    apart = test_folder is not None and test_folder != train_folder
    train = tuple(
        file
        for file in tree.files(train_folder)
        if not (apart and is_below(file.rpartition("/")[0], test_folder or ""))
    )
    labels = _labels(tree, settings, train, train_folder, sample)
    classes = None if settings.labels else _class_folders(train, train_folder)
    if classes is not None and labels is not None and not _folders_win(classes, labels, sample):
        classes = None
    if classes is None and labels is None:
        raise _unlabelled(tree, settings, train)
    if test_folder is None:
        test_folder, test = train_folder, train if classes is None else ()
    return Layout(train, test, train_folder, test_folder, labels, classes, sample)


def _sample(tree: Tree, settings: CompetitionSettings) -> Table | None:
    if settings.sample_submission:
        return read_table(_named(tree, settings.sample_submission, "sample_submission"))
    found = [
        path
        for path in tree.tables
        if {"sample", "submission", "samplesubmission"} & set(words(path.rpartition("/")[2]))
    ]
    found.sort(key=lambda path: ("sample" not in path.lower(), path.count("/"), path))
    return read_table(tree.tables[found[0]]) if found else None


def _named(tree: Tree, path: str, key: str) -> Path:
    for place in (tree.tables.get(path), tree.root / path):
        if place is not None and place.is_file():
            return place
    raise UserError(
        f"hydra.toml: `{key}` is `{path}`, which is not in {tree.root}.",
        f"a file there, such as {', '.join(sorted(tree.tables)[:5]) or 'a CSV'}.",
        f"correct `{key}`, with a path that starts at the data folder.",
    )


def _folders(tree: Tree, settings: CompetitionSettings) -> tuple[str, str | None]:
    for key, folder in (("train", settings.train), ("test", settings.test)):
        if folder and not any(is_below(place, _clean(folder)) for place in tree.images):
            known = ", ".join(f or "." for f in sorted(tree.images)[:5])
            raise UserError(
                f"hydra.toml: `{key}` is `{folder}`, where no images are.",
                f"a folder of images in {tree.root}: {known or 'there are none'}.",
                f"correct `{key}`, with a path that starts at the data folder.",
            )
    train = _clean(settings.train) if settings.train else _topmost(tree, "train", "test")
    test = _clean(settings.test) if settings.test else _topmost(tree, "test", "train")
    if train is None:
        train = _common([f for f in tree.images if test is None or not is_below(f, test)])
    return train, test


def _clean(folder: str) -> str:
    return folder.replace("\\", "/").strip("/").removeprefix("./").removeprefix(".")


def _topmost(tree: Tree, word: str, other: str) -> str | None:
    """The folder whose own name says train or test, with the most images below it."""
    counts: dict[str, int] = {}
    for folder, names in tree.images.items():
        parts = folder.split("/")
        for end, part in enumerate(parts, start=1):
            said = set(words(part))
            if word in said and other not in said and not {"mask", "masks"} & said:
                path = "/".join(parts[:end])
                counts[path] = counts.get(path, 0) + len(names)
                break
            if other in said and word not in said:
                break
    return max(counts, key=lambda path: (counts[path], -len(path)), default=None)


def _common(folders: list[str]) -> str:
    if not folders:
        return ""
    parts = [folder.split("/") for folder in folders]
    length = 0
    while all(len(p) > length and p[length] == parts[0][length] for p in parts):
        length += 1
    shared = parts[0][:length]
    if len(folders) == 1 and shared[-1:] and not set(words(shared[-1])) & _IMAGE_WORDS:
        # A single class folder: its parent is the training folder.
        shared = shared[:-1]
    return "/".join(shared)


def _labels(
    tree: Tree,
    settings: CompetitionSettings,
    train: tuple[str, ...],
    folder: str,
    sample: Table | None,
) -> Labels | None:
    if settings.labels:
        tables = [read_table(_named(tree, settings.labels, "labels"))]
    else:
        tables = label_tables(tree, sample)
    _require_id_column(tables, settings, sample)
    prefix = len(folder) + 1 if folder else 0
    index = ImageIndex([file[prefix:] for file in train])
    best: Labels | None = None
    most = 0
    for table in tables:
        named = settings.id_column in table.columns
        columns = (str(settings.id_column),) if named else table.columns
        for column in columns:
            if is_row_number(column) and len(columns) > 1:
                continue
            cells = table.column(column)
            rows = _matched(index, cells)
            count = len({row for row in rows if row is not None})
            # A column of classes 0 and 1 also names the images `0.jpg` and `1.jpg`.
            names_images = 2 * len(set(cells)) >= len(cells) or 2 * count > len(train)
            if count > most and names_images:
                best, most = Labels(table, column, rows), count
    if best is not None and best.id_column != settings.id_column:
        return _with_first_line(best, index)
    return best


def _with_first_line(labels: Labels, index: ImageIndex) -> Labels:
    """Take the first line for a row, where it names an image: then the file has no header."""
    name = labels.id_column
    first = index.find(name)
    # `image` is a header beside `image.jpg`, and columns called 0, 1, .. do not name the images 0
    # and 1, which have rows.
    is_id = is_image(name) or (any(map(str.isdigit, name)) and first not in labels.rows)
    if first is None or not is_id:
        return labels
    table = headless(labels.table, labels.table.columns.index(labels.id_column))
    return Labels(table, HEADLESS_ID, (first, *labels.rows), is_headless=True)


def _require_id_column(
    tables: list[Table], settings: CompetitionSettings, sample: Table | None
) -> None:
    known = [table for table in (*tables, sample) if table is not None]
    if settings.id_column is None or any(settings.id_column in t.columns for t in known):
        return
    columns = "; ".join(f"{table.path.name}: {', '.join(table.columns[:5])}" for table in known)
    raise UserError(
        f"hydra.toml: `id_column` is `{settings.id_column}`, which no table has.",
        f"the column that names the images ({columns or 'there is no CSV'}).",
        "correct `id_column` in `[competition]`.",
    )


def _matched(index: ImageIndex, ids: list[str]) -> tuple[int | None, ...]:
    # A column of labels is no column of ids: give up on it after a look at some of its cells.
    if len(ids) > 1000 and all(index.find(name) is None for name in ids[:: len(ids) // 500]):
        return ()
    return tuple(index.find(name) for name in ids)


def _class_folders(train: tuple[str, ...], folder: str) -> tuple[str, ...] | None:
    prefix = len(folder) + 1 if folder else 0
    parts = [file[prefix:].split("/")[:-1] for file in train]
    while parts and all(parts) and len({part[0] for part in parts}) == 1:
        if not set(words(parts[0][0])) & ({"train"} | _IMAGE_WORDS):
            break
        parts = [part[1:] for part in parts]
    return tuple(part[0] if part else "" for part in parts) if any(parts) else None


def _folders_win(classes: tuple[str, ...], labels: Labels, sample: Table | None) -> bool:
    """Whether class folders say more than the table, which may only describe the images."""
    names = sorted(set(classes) - {""})
    if sample is not None and len(sample.columns) > 2 and match_names(names, sample.columns[1:]):
        return True
    for column in labels.table.columns:
        cells = labels.table.column(column)
        pairs = [(cells[i], classes[row]) for i, row in enumerate(labels.rows) if row is not None]
        if pairs and all(composed(cell) == composed(name) for cell, name in pairs):
            return True
    covered = len({row for row in labels.rows if row is not None})
    return 2 * covered < len(classes)


def _unlabelled(tree: Tree, settings: CompetitionSettings, train: tuple[str, ...]) -> UserError:
    if not tree.images:
        return UserError(
            f"No images in {tree.root}: seen {tree.seen()}.",
            f"{KNOWN_LAYOUTS}.",
            "put the competition's images there too (its zip will do).",
        )
    for table in label_tables(tree, None) if not settings.labels else []:
        return UserError(
            f"None of the {len(table.rows)} rows of {table.path.name} names one of the "
            f"{len(train)} training images (the first row says `{' | '.join(table.rows[0])}`, "
            f"the first image is `{train[0] if train else 'missing'}`).",
            "a column with the images' names, with or without their extension.",
            "check that labels and images belong together; `hydra.toml` can name `labels`, "
            "`id_column` and `train` in `[competition]`.",
        )
    if settings.labels:
        return UserError(
            f"hydra.toml names `{settings.labels}`, "
            f"but no row there names one of the {len(train)} training images.",
            "a column with the images' names, with or without their extension.",
            "correct `labels`, `id_column` or `train` in `[competition]`.",
        )
    return UserError(
        f"No labels recognised in {tree.root}: seen {tree.seen()}.",
        f"{KNOWN_LAYOUTS}.",
        'add the label CSV, or name it in `hydra.toml`: `[competition]` `labels = "FILE"`.',
    )
