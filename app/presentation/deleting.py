"""What is said when experiments are deleted."""

from collections.abc import Sequence

from engine.experiment.record import ExperimentRecord

# So many have room in a dialog on a small terminal.
_MOST_NAMED = 8


def deletion(chosen: Sequence[ExperimentRecord], are_marked: bool) -> tuple[str, str]:
    """The question before experiments are deleted, and what yes means.

    Args:
        chosen: which.
        are_marked: whether they are the marked ones, not the one under the cursor.
    """
    if len(chosen) == 1:
        (one,) = chosen
        which = "The marked experiment leaves" if are_marked else "It leaves"
        return f"Delete {one.id} {one.name}?", (
            f"{which} the notebook; its run stays on disk, and what was made of it goes on.\n"
            "U puts it back.\n\ny deletes, n leaves it as it is."
        )
    return f"Delete the {len(chosen)} marked experiments?", (
        listed(chosen)
        + "\n\nThey leave the notebook; their runs stay on disk, and what was made of them goes on."
        "\nU puts all of them back, with their marks.\n\ny deletes, n leaves them as they are."
    )


def listed(chosen: Sequence[ExperimentRecord]) -> str:
    """Experiments with their names, one a line, as many as a dialog has room for.

    Args:
        chosen: which.
    """
    names = [f"{one.id} {one.name}" for one in chosen[:_MOST_NAMED]]
    names += [f"and {len(chosen) - _MOST_NAMED} more"] if len(chosen) > _MOST_NAMED else []
    return "\n".join(names)


def named(records: Sequence[ExperimentRecord]) -> str:
    """Experiments by their ids, where they are few.

    Args:
        records: which.
    """
    ids = ", ".join(one.id for one in records[:6])
    more = f" and {len(records) - 6} more" if len(records) > 6 else ""
    return f"experiment {ids}" if len(records) == 1 else f"{len(records)} experiments: {ids}{more}"
