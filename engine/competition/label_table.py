"""Which table names the labelled images, and by which of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.competition.affixes import Affixes, affixes_of
from engine.competition.candidates import asks_for, is_called_so, label_tables, named_table
from engine.competition.names import ImageIndex, is_image, is_row_number, words
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import HEADLESS_ID, Table, headless, is_count, is_missing, read_table
from engine.competition.tree import Tree
from engine.errors import UserError

_FILE_WORDS = {"image", "images", "img", "file", "filename", "fname", "path", "photo", "picture"}
_NAME_WORDS = {"id", "name", "ids"}


@dataclass(frozen=True)
class Labels:
    """The table that names the labelled images.

    Args:
        table: the label CSV.
        id_column: its column that names the image.
        rows: for each of its rows the position in `Layout.train`; None without an image.
        is_headless: whether the file starts with a row, and the columns' names are made up.
        affixes: what the files' names have around the ids; None where the ids name the files.
    """

    table: Table
    id_column: str
    rows: tuple[int | None, ...]
    is_headless: bool = False
    affixes: Affixes | None = None

    @property
    def count(self) -> int:
        """How many images it names."""
        return len({row for row in self.rows if row is not None})

    @property
    def is_complete(self) -> bool:
        """Whether there is an image for every row."""
        return None not in self.rows


def find_labels(
    tree: Tree,
    settings: CompetitionSettings,
    files: tuple[str, ...],
    folder: str,
    sample: Table | None,
    are_alike: bool = False,
) -> Labels | None:
    """Find the table whose rows name images.

    What describes the images, such as where they were taken, may name more of them than the labels
    do: what the sample asks for, and what is called after labels, comes first.

    Args:
        tree: the competition's files.
        settings: the user's overrides.
        files: the images that may be labelled, relative to the tree's root.
        folder: the folder that they lie in.
        sample: the sample submission.
        are_alike: whether to look among the tables that may as well be submissions.

    Returns:
        The labels; None where no table names an image.

    Raises:
        UserError: an override names what isn't there, or a label file can't be read.
    """
    tables = _tables(tree, settings, sample, are_alike)
    _require_id_column(tables, settings, sample)
    index = ImageIndex(_names(files, folder))
    best = _best(tables, settings, index, sample)
    if best is not None and best.id_column != settings.id_column:
        return _with_first_line(best, index)
    return best


def find_parts(
    tree: Tree,
    settings: CompetitionSettings,
    files: tuple[str, ...],
    folder: str,
    sample: Table | None,
) -> Labels | None:
    """Find the table whose ids are parts of the images' names, where none names them as they are.

    Args:
        tree: the competition's files.
        settings: the user's overrides.
        files: the images that may be labelled, relative to the tree's root.
        folder: the folder that they lie in.
        sample: the sample submission.

    Returns:
        The labels, each row with an image of its own; None where there is no such table.

    Raises:
        UserError: a label file can't be read.
    """
    tables = _tables(tree, settings, sample)
    names = _names(files, folder)
    for affixes in affixes_of(names) if tables else ():
        if (shorter := affixes.cut(names)) is None:
            continue
        best = _best(tables, settings, ImageIndex(shorter), sample)
        if best is not None and best.is_complete and best.count == len(best.rows):
            return replace(best, affixes=affixes)
    return None


def _tables(
    tree: Tree, settings: CompetitionSettings, sample: Table | None, are_alike: bool = False
) -> list[Table]:
    if settings.labels:
        return [read_table(named_table(tree, settings.labels, "labels"))]
    return label_tables(tree, sample, are_alike)


def _names(files: Sequence[str], folder: str) -> list[str]:
    prefix = len(folder) + 1 if folder else 0
    return [file[prefix:] for file in files]


def _best(
    tables: list[Table], settings: CompetitionSettings, index: ImageIndex, sample: Table | None
) -> Labels | None:
    """The table that names the images, as far as one does."""
    matches = [one for table in tables if (one := _by_column(table, settings, index, sample))]
    most = max((one.count for one in matches), default=0)

    def is_able(one: Labels) -> bool:
        is_asked = asks_for(sample, one.table) and 2 * one.count >= len(one.rows)
        return is_asked or 2 * one.count >= most

    return max(
        filter(is_able, matches),
        key=lambda one: (
            asks_for(sample, one.table),
            is_called_so(one.table.path.name),
            one.count,
        ),
        default=None,
    )


def _by_column(
    table: Table, settings: CompetitionSettings, index: ImageIndex, sample: Table | None
) -> Labels | None:
    """The table with the column that names its images.

    A count of the rows, or a patient's number, may be an image's number, too: names of files come
    first, then what is called as the sample's ids are, or after images.
    """
    named = settings.id_column in table.columns
    columns = (str(settings.id_column),) if named else table.columns
    found: list[Labels] = []
    for column in sorted(columns, key=is_row_number):
        cells = table.column(column)
        # pandas writes an index without being asked: what counts the rows names no images.
        if is_row_number(column) and len(columns) > 1 and (found or is_count(cells)):
            continue
        labels = Labels(table, column, _matched(index, cells))
        # A column of classes 0 and 1 also names the images `0.jpg` and `1.jpg`.
        names_images = 2 * len(set(cells)) >= len(cells) or 2 * labels.count > len(index.files)
        if labels.count and names_images:
            found.append(labels)
    most = max((one.count for one in found), default=0)
    able = [one for one in found if 2 * one.count >= most]
    return max(able, key=lambda one: (*_evidence(one, sample), one.count), default=None)


def _evidence(labels: Labels, sample: Table | None) -> tuple[bool, bool, int, bool]:
    """How much speaks for a column that names images, the strongest first."""
    cells = [cell for cell in labels.table.column(labels.id_column) if not is_missing(cell)]
    said = set(words(labels.id_column))
    is_asked = sample is not None and labels.id_column.lower() == sample.columns[0].lower()
    numbers = [int(cell) for cell in cells if cell.isdecimal()]
    steps = {after - before for before, after in pairwise(numbers)}
    return (
        2 * sum(map(is_image, cells)) > len(cells),
        is_asked,
        2 if said & _FILE_WORDS else 1 if said & _NAME_WORDS else 0,
        steps != {1},
    )


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
