"""The one error a user can cause, and the kind of it that is the place's."""


class UserError(Exception):
    """Something the user asked for can't be done; says how to get it done.

    Args:
        happened: what happened, in one sentence.
        expected: what was expected instead.
        fix: what the user can do about it.
    """

    def __init__(self, happened: str, expected: str, fix: str) -> None:
        super().__init__(f"{happened} {expected} {fix}")
        self.happened = happened
        self.expected = expected
        self.fix = fix


class UnwritableError(UserError):
    """A place can't be written to; the same work is done once that is mended."""
