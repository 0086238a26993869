"""The tables of a competition that may hold its labels."""

from pathlib import Path

from engine.competition.counting import is_number
from engine.competition.names import is_row_number, words
from engine.competition.tables import Table, read_table
from engine.competition.tree import Tree
from engine.errors import UserError


def label_tables(tree: Tree, sample: Table | None, are_alike: bool = False) -> list[Table]:
    """Read what may be the label file.

    Args:
        tree: the competition's files.
        sample: the sample submission, if there is one; it is none of them, and neither is a
            submission in its format.
        are_alike: whether to read what looks like a submission instead, but holds no
            probabilities: labels may have the sample's header and ids, too.

    Returns:
        Tables of two columns or more: first those with a column that the sample asks for, then
        those whose names speak of labels, then those higher up.

    Raises:
        UserError: one that is called after labels, or the only one, can't be read, and no other
            has what the sample asks for.
    """
    paths = [
        path
        for path, place in tree.tables.items()
        if (sample is None or place != sample.path)
        and not {"test", "sample", "submission"} & set(words(path.rpartition("/")[2]))
    ]
    paths.sort(key=lambda path: (not is_called_so(path), path.count("/"), path))
    tables, faults = [], []
    for path in paths:
        try:
            tables.append(read_table(tree.tables[path]))
        except UserError as error:
            # Notes and tables of something else lie beside the labels, too.
            if is_called_so(path) or len(paths) == 1:
                faults.append(error)
    wide = [table for table in tables if len(table.columns) > 1]
    if are_alike:
        return [table for table in wide if _is_answer(table, sample) and not _has_shares(table)]
    found = [table for table in wide if not _is_answer(table, sample)]
    if faults and not any(asks_for(sample, table) for table in found):
        raise faults[0]
    return sorted(found, key=lambda table: not asks_for(sample, table))


def _is_answer(table: Table, sample: Table | None) -> bool:
    """Whether a table answers the sample, as a submission does that was written beside the data.

    Labels may have its header, and ids that are counted like its ids; their name says what they
    are.
    """
    if sample is None or is_called_so(table.path.name):
        return False
    identifier = sample.columns[0]
    columns = {c for c in table.columns if c in sample.columns or not is_row_number(c)}
    is_alike = columns == set(sample.columns)
    return is_alike and set(table.column(identifier)) == set(sample.column(identifier))


def _has_shares(table: Table) -> bool:
    return any(is_number(cell) and 0 < float(cell) < 1 for row in table.rows for cell in row)


def asks_for(sample: Table | None, table: Table) -> bool:
    """Whether a table has a column that the sample submission asks for."""
    return sample is not None and bool(set(sample.columns[1:]) & set(table.columns))


def is_called_so(path: str) -> bool:
    """Whether a table is called after labels, or after training."""
    return bool({"train", "label"} & set(words(path.rpartition("/")[2])))


def named_table(tree: Tree, path: str, key: str) -> Path:
    """Where a table lies that hydra.toml names.

    Args:
        tree: the competition's files.
        path: as it is named there.
        key: by which setting.

    Raises:
        UserError: there is no such file.
    """
    for place in (tree.tables.get(path), tree.root / path):
        if place is not None and place.is_file():
            return place
    raise UserError(
        f"hydra.toml: `{key}` is `{path}`, which is not in {tree.root}.",
        f"a file there, such as {', '.join(sorted(tree.tables)[:5]) or 'a CSV'}.",
        f"correct `{key}`, with a path that starts at the data folder.",
    )
