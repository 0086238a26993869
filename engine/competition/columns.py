"""Which columns of a label table are to be predicted."""

from collections.abc import Collection, Sequence

from engine.competition.findings import Finding
from engine.competition.grouping import group_rank
from engine.competition.names import composed, match_names, words
from engine.competition.spelling import meant
from engine.competition.tables import Table, is_missing
from engine.competition.tags import SEPARATORS, asked_tags
from engine.errors import UserError

ZERO_ONE = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
_FLAGS = ZERO_ONE | {"false": 0.0, "true": 1.0}
_LABEL_WORDS = {"label", "class", "target", "category", "species", "breed", "diagnosis", "y"}
_BOOKKEEPING = {"fold", "folds", "kfold", "split"}
_PARTS = {"train", "training", "val", "valid", "validation", "test"}
# They say nothing of what an answer is about.
_EMPTY_WORDS = {"is", "has", "id", "the", "of", "image", "answer", "score", "predicted"} | {
    *("prediction", "predictions", "prob", "proba", "probability", "probabilities", "expected")
}


def flag(cell: str) -> float | None:
    """What a cell of a column for one class says, also as pandas writes it: `True`; else None."""
    return _FLAGS.get(cell.casefold())


def target_columns(
    table: Table, others: list[str], answer_columns: tuple[str, ...], shown: Collection[str]
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Choose the columns to predict: what the sample asks for or shows, else by their names.

    Args:
        table: the label CSV.
        others: its columns that may be the label.
        answer_columns: the sample submission's columns after its id; empty without a sample.
        shown: the answers in the sample's only answer column.

    Returns:
        The columns: one, or one a class. And what is said where their names decided.

    Raises:
        UserError: no column, or more than one, could be the label.
    """
    if not others:
        raise UserError(
            f"{table.path.name} has no column besides the image's name.",
            "a column with the label, or one column a class.",
            "download the label file again, or name another one as `labels` in `hydra.toml`.",
        )
    asked = _asked(table, others, answer_columns)
    if asked:
        return asked, ()
    others = [column for column in others if not _is_bookkeeping(table, column)] or others
    if len(others) == 1:
        return (others[0],), ()
    evident = _showing(table, others, shown) or _akin(others, answer_columns)
    if evident:
        return (evident,), ()
    are_flags = all(_holds_flags(table.column(column)) for column in others)
    likely = [column for column in others if _LABEL_WORDS & set(words(column))]
    if are_flags:
        plain = [c for c in likely if set(words(c)) <= _LABEL_WORDS]
        if len(answer_columns) > 1 or len(plain) != 1 or _is_one_hot(table, others):
            return tuple(others), ()
        likely = plain
    likely = _alike(table, likely, shown) or likely
    if len(likely) == 1:
        return (likely[0],), (_by_name(table, likely[0], others),)
    ungrouped = [column for column in others if group_rank(column) is None]
    raise UserError(
        f"{table.path.name} has several columns that could be the label: {', '.join(others[:8])}.",
        "one of them named as what is to be predicted.",
        f'write `[competition]` and `target_columns = ["{(likely or ungrouped or others)[0]}"]` '
        "into `hydra.toml`.",
    )


def _is_bookkeeping(table: Table, column: str) -> bool:
    """Whether a column says which part of the data a row is of."""
    said = set(words(column))
    parts = {cell.lower() for cell in table.column(column) if not is_missing(cell)}
    return (bool(said) and said <= _BOOKKEEPING) or (bool(parts) and parts <= _PARTS)


def _asked(
    table: Table, others: Sequence[str], answer_columns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """What the sample's columns name: columns of the table, or the classes in one of them."""
    if answer_columns:
        named = match_names(answer_columns, others)
        if named is not None:
            return tuple(named[column] for column in answer_columns)
    if len(answer_columns) > 1:
        for column in others:
            cells = meant(table.column(column), answer_columns)
            names = sorted({composed(name) for name in cells if not is_missing(name)})
            if match_names(names, answer_columns) or any(
                asked_tags(names, separator, answer_columns) for separator in SEPARATORS
            ):
                return (column,)
    return None


def _showing(table: Table, others: Sequence[str], shown: Collection[str]) -> str | None:
    """The column that holds most of the sample's answers, or of what they hold between blanks."""
    cells = [composed(cell) for cell in shown]
    if not any(_tells(part) for cell in cells for part in cell.split()):
        return None
    scores = {}
    for column in others:
        values = {composed(cell) for cell in table.column(column)}
        known = {part for value in values for part in value.split()}
        parts = [part for cell in cells for part in cell.split()]
        scores[column] = (sum(c in values for c in cells), sum(part in known for part in parts))
    best = max(scores.values())
    found = [column for column, score in scores.items() if score == best and any(score)]
    return found[0] if len(found) == 1 else None


def _alike(table: Table, likely: Sequence[str], shown: Collection[str]) -> list[str]:
    """Of columns that say the same, `breed` and `breed_id`: the one that reads as the answers do.

    Without a sample it is the one with names.
    """
    cells = [table.column(column) for column in likely]
    meanings = set(zip(*cells, strict=True))
    if not all(len(set(column)) == len(meanings) for column in cells):
        return []
    numbered = [c for c in likely if all(map(_is_number, table.column(c)))]
    named = [column for column in likely if column not in numbered]
    return numbered[:1] if shown and all(map(_is_number, shown)) else (named or numbered)[:1]


def _is_number(cell: str) -> bool:
    return is_missing(cell) or cell.isdecimal()


def _tells(part: str) -> bool:
    """Whether an answer can't be what any sample is filled with, such as 0 or 0.5."""
    try:
        float(part)
    except ValueError:
        return True
    return part.isdecimal() and len(part) > 2


def _akin(others: Sequence[str], answer_columns: tuple[str, ...]) -> str | None:
    """The only column that shares a word with the sample's: `has_cactus` with `cactus`."""
    if len(answer_columns) != 1:
        return None
    asked = set(words(answer_columns[0])) - _EMPTY_WORDS
    found = [column for column in others if asked & set(words(column))]
    return found[0] if len(found) == 1 else None


def _holds_flags(cells: Sequence[str]) -> bool:
    said = {cell for cell in cells if not is_missing(cell)}
    return bool(said) and all(flag(cell) is not None for cell in said)


def _is_one_hot(table: Table, columns: Sequence[str]) -> bool:
    # Two columns that complement each other say as much as one of them.
    if len(columns) < 3:
        return False
    cells = zip(*(table.column(column) for column in columns), strict=True)
    return all(sum(flag(cell) or 0 for cell in row) == 1 for row in cells)


def _by_name(table: Table, column: str, others: Sequence[str]) -> Finding:
    left = [other for other in others if other != column]
    return Finding(
        severity="note",
        happened=f"{table.path.name}: `{column}` is taken for what is to be predicted, by its "
        f"name; not {', '.join(left[:5])}{', ...' if len(left) > 5 else ''}.",
        expected="one column besides the image's name, or one that the sample submission names.",
        fix="nothing if that is right; otherwise write `[competition]` and "
        f'`target_columns = ["{left[0]}"]` into `hydra.toml`.',
    )
