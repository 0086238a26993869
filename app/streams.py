"""Standard output and error, whatever they lead to: a closed file, a full disk, an old terminal."""

import errno
import io
import os
import sys
from contextlib import suppress

_REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def prepare_streams() -> None:
    """Make both streams able to take whatever is printed.

    A character that the terminal's encoding has not is shown as a question mark. What was closed
    by who started us leads nowhere: else a file that is opened later would get its number, and
    what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115 (it stays open)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def leave_output() -> None:
    """Lead standard output nowhere, so that what could not be written is not tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_of_output(error: OSError) -> bool:
    """Whether it was a stream that could not be written: of a file, an error has the name."""
    return error.errno in _REFUSALS and error.filename is None


def tell_of_output(error: OSError) -> None:
    """Say on standard error, if that is any better, that the answer could not be written."""
    with suppress(OSError):
        sys.stderr.write(
            f"The answer can't be written: {error.strerror}.\n"
            "Expected: a standard output that takes it.\n"
            "To fix it: free some space there, or send it elsewhere.\n"
        )
        sys.stderr.flush()
