"""Arrays on disk: whole, or not there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.files import explained


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], compressed: bool = False) -> None:
    """Write an `.npz` beside its place, then move it there.

    Args:
        path: the file; replaced as a whole.
        arrays: what it shall hold.
        compressed: whether it is to be small rather than quick.

    Raises:
        UserError: the disk is full or the folder read-only; a file that was there is as it was.
    """
    temporary = path.with_name(f".{path.name}.partial")
    save = np.savez_compressed if compressed else np.savez
    with explained(path):
        try:
            with temporary.open("wb") as stream:
                save(stream, allow_pickle=False, **arrays)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
