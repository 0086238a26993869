"""The sample submission: which table it is, and which of its columns names the test images."""

from collections.abc import Collection
from dataclasses import replace

from engine.competition.candidates import named_table
from engine.competition.counting import is_number
from engine.competition.names import composed, is_image, is_row_number, is_whole_float, words
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table, is_count, read_table
from engine.competition.tree import Tree, is_below
from engine.errors import UserError

_LEADERBOARDS = {"public", "private", "ignored"}
_SAMPLE_WORDS = {"sample", "submission", "samplesubmission"}


def sample_submission(
    tree: Tree, settings: CompetitionSettings, train: str, test: str | None
) -> Table | None:
    """Read the sample submission.

    Args:
        tree: the competition's files.
        settings: the user's overrides.
        train: the folder of the labelled images; empty where they have none of their own.
        test: the folder of those to predict, as far as that is known.

    Returns:
        The sample, with the column that names the images as its first; of several, as of a
        competition in two stages, the one that names the most images that are there to be
        answered. None without one.

    Raises:
        UserError: an override names what isn't there, or the only one can't be read.
    """
    images = _answerable(tree, settings, train, test)
    if settings.sample_submission:
        place = named_table(tree, settings.sample_submission, "sample_submission")
        return _id_first(read_table(place), settings, images)
    found = [path for path in tree.tables if _is_sample(path)]
    found.sort(key=lambda path: ("sample" not in path.lower(), path.count("/"), path))
    tables = []
    for path in found:
        try:
            tables.append(_id_first(read_table(tree.tables[path]), settings, images))
        except UserError:
            # One of several will do.
            if len(found) == 1:
                raise

    def answerable(table: Table) -> int:
        return _known(table.column(table.columns[0]), images)

    return max(tables, key=answerable, default=None)


def _is_sample(path: str) -> bool:
    said = set(words(path.rpartition("/")[2]))
    return bool(_SAMPLE_WORDS & said) and "train" not in said


def _answerable(
    tree: Tree, settings: CompetitionSettings, train: str, test: str | None
) -> frozenset[str]:
    if settings.test and test:
        others = [folder for folder in tree.images if is_below(folder, test)]
    else:
        others = [folder for folder in tree.images if not train or not is_below(folder, train)]
    return frozenset(_stem(name) for folder in others for name in tree.images[folder])


def _stem(name: str) -> str:
    """What an image's name and the ids that may mean it have in common."""
    name = composed(name.rpartition("/")[2]).lower()
    stem = name[: name.rfind(".")] if is_image(name) or is_whole_float(name) else name
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem


def _known(cells: list[str], images: Collection[str]) -> int:
    return sum(_stem(cell) in images for cell in cells)


def _id_first(sample: Table, settings: CompetitionSettings, images: Collection[str]) -> Table:
    """A sample without a count of its rows, its column of image names moved to the front."""
    chosen = _identifier(sample, settings, images)
    others = [column for column in sample.columns if column != chosen]
    # What is the only column to answer in is no count, whatever it is called.
    answers = [c for c in others if not _is_count(sample, c) and not _is_usage(sample, c)] or others
    counter = _counter(sample, chosen, answers, images)
    answers = [column for column in answers if column != counter]
    order = (chosen, *answers)
    places = [sample.columns.index(column) for column in order]
    rows = tuple(tuple(row[place] for place in places) for row in sample.rows)
    before = sample.columns[: places[0]]
    id_place = sum(column in before for column in answers)
    read = replace(sample, columns=order, rows=rows, id_place=id_place)
    if counter:
        read = replace(read, counter=counter, counts_from=int(sample.column(counter)[0]))
    return read


def _counter(sample: Table, chosen: str, answers: list[str], images: Collection[str]) -> str:
    """A first column that counts the rows, whatever it is called, before one of images' names."""
    first, cells = sample.columns[0], sample.column(sample.columns[0])
    is_first = first in answers and len(answers) > 1
    is_counting = is_first and len(cells) > 2 and is_count(cells)
    return first if is_counting and _names_images(sample.column(chosen), images) else ""


def _identifier(sample: Table, settings: CompetitionSettings, images: Collection[str]) -> str:
    """The column of image names: the user's, else the first that names them, else the first."""
    if settings.id_column in sample.columns:
        return str(settings.id_column)
    columns = sample.columns
    named = [column for column in columns if _names_images(sample.column(column), images)]
    # A count of the rows may be what the images are called by, too.
    spoken = [c for c in named if not is_row_number(c) and c.lower() != "index"]
    if found := spoken or named:
        return found[0]
    first, *others = columns
    if is_row_number(first) and len(others) > 1 and is_count(sample.column(first)):
        return next((c for c in others if _may_be_names(sample.column(c))), first)
    return first


def _may_be_names(cells: list[str]) -> bool:
    """Whether cells differ, and none is a fraction, as answers may be that differ."""
    return len(set(cells)) == len(cells) and not any(
        is_number(cell) and not cell.isdecimal() for cell in cells
    )


def _is_count(sample: Table, column: str) -> bool:
    """Whether a column besides the images' names only counts the rows."""
    if is_row_number(column):
        return True
    # A class may be called `index`, and have 0 and 1 in two rows.
    return column.lower() == "index" and len(sample.rows) > 2 and is_count(sample.column(column))


def _is_usage(sample: Table, column: str) -> bool:
    """Whether a column says which leaderboard a row counts for, as in Kaggle's own solutions."""
    return column.lower() == "usage" and _LEADERBOARDS.issuperset(
        cell.lower() for cell in sample.column(column)
    )


def _names_images(cells: list[str], images: Collection[str]) -> bool:
    return len(set(cells)) == len(cells) < 2 * _known(cells, images)
