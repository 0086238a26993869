"""No search for garbage while modules are imported, of which nothing becomes any."""

import gc


def keep_garbage() -> None:
    """Leave garbage where it is, until it is collected again."""
    gc.disable()


def collect_garbage() -> None:
    """Collect garbage again, if it was kept; what there is by now is never looked through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
