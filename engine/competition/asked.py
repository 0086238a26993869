"""Which image each id of the sample submission means: by its name, or as a test table says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.competition.affixes import between
from engine.competition.counting import is_number
from engine.competition.findings import Finding, concerning
from engine.competition.label_table import Labels
from engine.competition.layout import Layout
from engine.competition.listed import tables_of_tests
from engine.competition.names import ImageIndex, is_image
from engine.competition.tables import Table
from engine.competition.tree import Tree
from engine.errors import UserError

# As many files as a message has room for.
_TOLD = 3
Rows = tuple[int | None, ...]


@dataclass(frozen=True)
class Asked:
    """The images that a sample submission asks for, or that a table of test images lists.

    Args:
        ids: as it spells them, in its order.
        rows: each one's position in `Layout.test`; None where there is no such image.
        findings: how they were found, where that is worth saying.
        table: the table that says which image each is; empty where the ids are names of files.
    """

    ids: tuple[str, ...]
    rows: Rows
    findings: tuple[Finding, ...] = ()
    table: str = ""


def find_asked(tree: Tree, layout: Layout, listed: Table | None) -> Asked | None:
    """Find the images that the sample asks for, or that a table of the test images lists.

    A sample's ids need not be names of files: where the labels have another column for these, a
    table of the test images says which file an id is. Numbers are never looked up among the files
    instead, for id 2 may well be `1.png`.

    Args:
        tree: the competition's files.
        layout: what was recognised.
        listed: the table of the test images, where there is no sample.

    Returns:
        An image for every id, as far as there is one; None without a sample or such a table.

    Raises:
        UserError: the labels tell ids from names of files, and no table says which is which.
    """
    sample = layout.sample or listed
    if sample is None:
        return None
    ids = tuple(sample.column(sample.columns[0]))
    index = ImageIndex(layout.test_names)
    if layout.sample is None:
        return Asked(ids, tuple(map(index.find, ids)))
    direct = tuple(map(index.find, ids))
    if _are_files(layout, sample, direct):
        return Asked(ids, direct)
    for table, column in _test_tables(tree, layout, sample):
        asked = _through(table, sample.columns[0], column, ids, index, layout.test)
        if any(row is not None for row in asked.rows):
            return asked
    labels = _labels(layout)
    identifier = None if labels is None else _same(labels.table, sample.columns[0])
    if labels is None or identifier in (None, labels.id_column):
        return _by_parts(layout, sample, ids, direct)
    asked = _through(labels.table, sample.columns[0], labels.id_column, ids, index, layout.test)
    if None not in asked.rows and _is_apart(layout, labels, asked.rows):
        return asked
    if _agree(layout, labels, sample.columns[0]) or _are_unmistakable(ids, direct):
        return Asked(ids, direct)
    if set(range(len(layout.test))) <= (set(labels.rows) if layout.is_shared else set()):
        # There is no test image that could be mistaken for another.
        return Asked(ids, (None,) * len(ids))
    raise _unsaid(layout, labels, sample)


def _by_parts(layout: Layout, sample: Table, ids: tuple[str, ...], direct: Rows) -> Asked:
    """The images that ids name, else those that they are a part of the name of."""
    if any(row is not None for row in direct):
        return Asked(ids, direct)
    known = None if layout.labels is None else layout.labels.affixes
    if (found := between(ids, layout.test_names, known)) is None:
        return Asked(ids, direct)
    affixes, rows = found
    is_told = affixes == known
    note = affixes.note(sample.path.name, ids[0], layout.test[rows[0]])
    return Asked(ids, rows, () if is_told else (note,))


def _labels(layout: Layout) -> Labels | None:
    """The label table, where its columns have names."""
    return None if layout.labels is None or layout.labels.is_headless else layout.labels


def _are_files(layout: Layout, sample: Table, direct: Rows) -> bool:
    """Whether the sample's ids are known to be names of files."""
    if all(row is None for row in direct):
        return False
    labels = _labels(layout)
    ids = sample.column(sample.columns[0])
    is_same = labels is not None and labels.id_column.lower() == sample.columns[0].lower()
    return is_same or 2 * sum(map(is_image, ids)) > len(ids)


def _test_tables(tree: Tree, layout: Layout, sample: Table) -> Iterator[tuple[Table, str]]:
    """The tables of the test images, each with its column of names of files."""
    labels = _labels(layout)
    for table in tables_of_tests(tree):
        if (identifier := _same(table, sample.columns[0])) is None:
            continue
        column = None if labels is None else _same(table, labels.id_column)
        others = [c for c in table.columns if c != identifier]
        named = [c for c in others if table.rows and all(map(is_image, table.column(c)))]
        if column is None or column == identifier:
            column = next(iter(named), None)
        if column is not None:
            yield table, column


def _same(table: Table, name: str) -> str | None:
    """A table's column of a name, in whatever case."""
    return next((c for c in table.columns if c.lower() == name.lower()), None)


def _through(
    table: Table,
    key: str,
    column: str,
    ids: tuple[str, ...],
    index: ImageIndex,
    files: Sequence[str],
) -> Asked:
    """The images of ids, as a table has them in a row with their file's name."""
    identifier = _same(table, key)
    assert identifier is not None
    wanted = set(ids)
    found: dict[str, list[int]] = {}
    for name, file in zip(table.column(identifier), table.column(column), strict=True):
        if name in wanted and (row := index.find(file)) is not None:
            found.setdefault(name, []).append(row)
    rows = tuple(found[name][0] if name in found else None for name in ids)
    return Asked(ids, rows, _several(table, found, files), table.path.name)


def _several(
    table: Table, found: Mapping[str, Sequence[int]], files: Sequence[str]
) -> tuple[Finding, ...]:
    """Say that ids have several images each, as a patient has, of which one is answered."""
    several = {name: unique for name, rows in found.items() if len(unique := set(rows)) > 1}
    if not several:
        return ()
    first = next(iter(several))
    used, *others = dict.fromkeys(files[row] for row in found[first])
    return (
        concerning(
            list(several),
            f"Ids that {table.path.name} has several images of: {len(several)} (first: `{first}`; "
            f"{used} is used, {', '.join(others[:_TOLD])} is not).",
            "one image an answer.",
            "nothing can be done here: each is answered by its first image alone.",
        ),
    )


def _is_apart(layout: Layout, labels: Labels, rows: Rows) -> bool:
    """Whether images that the label table names are to be predicted, rather than labelled."""
    return layout.is_shared and set(rows) < set(labels.rows)


def _agree(layout: Layout, labels: Labels, key: str) -> bool:
    """Whether the labels' ids, looked up among the files, mean the files that they stand beside."""
    start = len(layout.train_folder) + 1 if layout.train_folder else 0
    index = ImageIndex([file[start:] for file in layout.train])
    column = _same(labels.table, key)
    assert column is not None
    pairs = zip(labels.table.column(column), labels.rows, strict=True)
    return all(index.find(name) == row for name, row in pairs if row is not None)


def _are_unmistakable(ids: tuple[str, ...], direct: Rows) -> bool:
    """Whether all ids are found as names that are no mere numbers."""
    return None not in direct and not any(map(is_number, ids))


def _unsaid(layout: Layout, labels: Labels, sample: Table) -> UserError:
    key, column = sample.columns[0], labels.id_column
    return UserError(
        f"{sample.path.name} asks for answers by `{key}`, but {labels.table.path.name} names the "
        f"images by `{column}`: no table says which test image each `{key}` is.",
        f"a table of the test images, such as test.csv, with the columns `{key}` and `{column}`.",
        f"download it too; or, where `{key}` names the files in {layout.train_folder or '.'}/, "
        f'write `[competition]` and `id_column = "{key}"` into `hydra.toml`.',
    )
