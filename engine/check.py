"""What a check of the installation found."""

from engine.experiment.frozen import Frozen


class Check(Frozen):
    """One line of the doctor's report.

    Args:
        name: what was looked at.
        is_well: whether it is as it should be.
        found: what was found.
        fix: what to do about it; empty when it is well.
    """

    name: str
    is_well: bool
    found: str
    fix: str = ""
