"""Test images that can't be read are answered only where that is asked for."""

from engine.errors import UserError

OPTION = "--guess"


def is_offered(error: UserError) -> bool:
    """Whether an export was refused for images that the class shares could answer.

    Args:
        error: the refusal.
    """
    return OPTION in error.fix
