"""The tables of a competition that may hold its labels, the likeliest first."""

from engine.competition.names import words
from engine.competition.tables import Table, read_table
from engine.competition.tree import Tree
from engine.errors import UserError


def label_tables(tree: Tree, sample: Table | None) -> list[Table]:
    """Read what may be the label file.

    Args:
        tree: the competition's files.
        sample: the sample submission, if there is one; it is none of them.

    Returns:
        Tables of two columns or more: first those with a column that the sample asks for, then
        those whose names speak of labels, then those higher up.

    Raises:
        UserError: one that is called after labels, or the only one, can't be read.
    """
    paths = [
        path
        for path, place in tree.tables.items()
        if (sample is None or place != sample.path)
        and not {"test", "sample", "submission"} & set(words(path.rpartition("/")[2]))
    ]
    paths.sort(key=lambda path: (not _is_called_so(path), path.count("/"), path))
    tables = []
    for path in paths:
        try:
            tables.append(read_table(tree.tables[path]))
        except UserError:
            # Notes and tables of something else lie beside the labels, too.
            if _is_called_so(path) or len(paths) == 1:
                raise
    asked = set() if sample is None else set(sample.columns[1:])
    found = [table for table in tables if len(table.columns) > 1]
    return sorted(found, key=lambda table: not asked & set(table.columns))


def _is_called_so(path: str) -> bool:
    return bool({"train", "label"} & set(words(path.rpartition("/")[2])))
