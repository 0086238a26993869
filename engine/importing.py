"""Importing much at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage while modules are imported, of which nothing becomes any.

    TensorFlow makes so many objects that going through them again and again takes a seventh of
    the time of its import. What is there at the end is never looked through: a process that is
    forked from this one shares it, and would have it copied.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
