"""Which of two classes probabilities are of."""

from collections.abc import Sequence

from engine.competition.names import named_in, words
from engine.competition.tags import Hints
from engine.errors import UserError

_NOTHING = {"normal", "healthy", "benign", "negative"}
_ALONE = {"none", "false", "absent", "control"}
_DENIALS = ("not", "non", "no")


def positive_class(
    classes: Sequence[str], answer_columns: tuple[str, ...], hints: Hints, where: str
) -> str:
    """Which of two classes probabilities are of.

    Args:
        classes: their names, in order.
        answer_columns: the sample submission's columns after its id; empty without a sample.
        hints: what the user says.
        where: what holds the classes, in words.

    Returns:
        The user's, or the one that the sample's column is about; else what is found, not its
        absence, such as `cancer` beside `normal`; else the second.

    Raises:
        UserError: the user names another class.
    """
    if hints.positive is not None:
        if hints.positive not in classes:
            raise UserError(
                f"hydra.toml: `positive` is `{hints.positive}`, which {where} does not have.",
                f"one of {' and '.join(classes)}.",
                "correct `positive` in `[competition]`.",
            )
        return hints.positive
    told = named_in(classes, answer_columns[0]) if len(answer_columns) == 1 else None
    if told:
        return told
    first, second = classes
    return first if _is_absence(second, first) and not _is_absence(first, second) else second


def _is_absence(name: str, other: str) -> bool:
    """Whether a class is the lack of the other one."""
    spoken = words(name)
    is_denial = spoken[:1] in [(denial,) for denial in _DENIALS]
    is_joined = name.casefold() in [denial + other.casefold() for denial in _DENIALS]
    is_lack = bool(_NOTHING & set(spoken)) or "".join(spoken) in _ALONE
    return is_lack or is_denial or is_joined
