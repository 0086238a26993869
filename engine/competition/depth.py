"""Looks for the largest value of a competition's pictures of more than 8 bits, once."""

from functools import partial
from pathlib import Path

from engine.competition.competition import Competition
from engine.competition.decoding import DEEP_SUFFIXES, is_deep, largest_value
from engine.competition.images import Progress, image_set_key, in_parallel
from engine.competition.locks import exclusive
from engine.competition.white import White, as_text, memory, remembered
from engine.files import explained, write_atomically
from engine.jobs.workspace import Workspace


def white_of(competition: Competition, workspace: Workspace, progress: Progress) -> White:
    """What is white in all its images, training and test alike; at once when that is known.

    Formats that have 8 bits are not opened. Of the others the header is read, and only those
    that have more are decoded.

    Args:
        competition: whose images.
        workspace: whose cache remembers the result.
        progress: told images done and in all, while those of more bits are decoded.

    Returns:
        What is white.

    Raises:
        UserError: the cache can't be written.
    """
    paths = [
        path
        for path in (*competition.paths, *competition.test_paths)
        if path is not None and path.suffix.lower() in DEEP_SUFFIXES
    ]
    if not paths:
        return White()
    folder = memory(workspace.cache)
    home = folder / f"{image_set_key(paths).digest}.json"
    if not home.exists():
        waiting = partial(progress, 0, len(paths))
        with exclusive(workspace.locks / "white.lock", waiting), explained(home):
            if not home.exists():
                folder.mkdir(parents=True, exist_ok=True)
                white = _found(paths, progress)
                for old in folder.glob("*.json"):
                    old.unlink()
                write_atomically(home, as_text(white))
    return remembered(home)


def _found(paths: list[Path], progress: Progress) -> White:
    is_one = [False] * len(paths)

    def look(row: int) -> None:
        is_one[row] = is_deep(paths[row])

    in_parallel(look, len(paths), lambda _done, _total: None)
    deep = [path for path, is_it in zip(paths, is_one, strict=True) if is_it]
    values: list[tuple[bool, float] | None] = [None] * len(deep)

    def measure(row: int) -> None:
        values[row] = largest_value(deep[row])

    in_parallel(measure, len(deep), progress)
    whole, real = (
        [value[1] for value in values if value is not None and value[0] == is_real]
        for is_real in (False, True)
    )
    return White(
        whole=White.above(max(whole), 255) if whole else None,
        real=White.above(max(real), 1) if real else None,
    )
