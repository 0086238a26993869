"""Copies, leaks and unreadable files: one pass over the pictures, remembered in the cache."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engine.competition.competition import Competition
from engine.competition.decoding import MISSING, UnreadableImageError, read_picture
from engine.competition.depth import white_of
from engine.competition.images import Progress, image_set_key, in_parallel
from engine.competition.likeness import DETAIL, clusters_of, have_same_details, near_pairs
from engine.competition.locks import exclusive
from engine.competition.white import White
from engine.files import explained
from engine.jobs.workspace import Workspace

# Part of the cache's key: raise it when the same files would give other findings.
_VERSION = 2
_THUMBNAIL = 16


@dataclass(frozen=True, eq=False)
class Hygiene:
    """What the pictures themselves tell; rows count the labelled images, then the test images.

    Args:
        labelled: how many of the rows are labelled images.
        pairs: integers, (pairs, 2): rows that show the same picture, smaller one first.
        exact: bool, (pairs,): whether the two files are the same to the byte.
        unreadable: row to the reason.
        sizes: (width, height, labelled images), the commonest first.
        sides: integers, the longer side of every readable labelled image, pixels.
        modes: (colour mode, labelled images), the commonest first.
        white: what is white in pictures of more than 8 bits.
    """

    labelled: int
    pairs: np.ndarray
    exact: np.ndarray
    unreadable: Mapping[int, str]
    sizes: tuple[tuple[int, int, int], ...]
    sides: np.ndarray
    modes: tuple[tuple[str, int], ...]
    white: White

    @property
    def clusters(self) -> np.ndarray:
        """Integers, (labelled images,): copies of one picture have the same number."""
        within = self.pairs[(self.pairs < self.labelled).all(axis=1)]
        return clusters_of(self.labelled, within)

    @property
    def unreadable_training(self) -> dict[int, str]:
        """Position among the labelled images to the reason."""
        return {row: reason for row, reason in self.unreadable.items() if row < self.labelled}

    @property
    def unreadable_test(self) -> dict[int, str]:
        """Position among the test images to the reason; missing files are among them."""
        return {
            row - self.labelled: reason
            for row, reason in self.unreadable.items()
            if row >= self.labelled
        }


def examine(competition: Competition, workspace: Workspace, progress: Progress) -> Hygiene:
    """Decode every picture small and compare them all; at once when that was done before.

    Args:
        competition: whose pictures.
        workspace: whose cache remembers the result.
        progress: told pictures done and in all.

    Returns:
        What was found.

    Raises:
        UserError: the cache can't be written.
    """
    paths = (*competition.paths, *competition.test_paths)
    folder = workspace.cache / "hygiene"
    white = white_of(competition, workspace, progress)
    key = image_set_key(paths, white).digest
    home = folder / f"{_VERSION}-{len(competition.paths)}-{key}.npz"
    if not home.exists():
        with exclusive(workspace.locks / "hygiene.lock"), explained(home):
            if not home.exists():
                folder.mkdir(parents=True, exist_ok=True)
                measured = _measure(paths, white, progress)
                for old in folder.iterdir():
                    old.unlink()
                _save(home, measured)
    return _loaded(home, len(competition.paths), white)


def _measure(
    paths: tuple[Path | None, ...], white: White, progress: Progress
) -> dict[str, np.ndarray]:
    thumbnails = np.zeros((len(paths), _THUMBNAIL, _THUMBNAIL, 3), np.uint8)
    sizes = np.zeros((len(paths), 2), np.int32)
    modes = [""] * len(paths)
    reasons: dict[int, str] = {}

    def look(row: int) -> None:
        path = paths[row]
        try:
            if path is None:
                raise UnreadableImageError(MISSING)
            picture = read_picture(path, _THUMBNAIL, white)
        except UnreadableImageError as error:
            reasons[row] = str(error)
            return
        thumbnails[row] = picture.pixels
        sizes[row] = picture.width, picture.height
        modes[row] = picture.mode

    in_parallel(look, len(paths), progress)
    readable = np.array([row not in reasons for row in range(len(paths))])
    pairs = _confirmed(near_pairs(thumbnails, readable), paths, sizes, white, progress)
    digests: dict[int, bytes] = {}
    exact = [_digest(paths, a, digests) == _digest(paths, b, digests) for a, b in pairs.tolist()]
    return {
        "pairs": pairs,
        "exact": np.array(exact, bool),
        "sizes": sizes,
        "modes": np.array(modes, dtype=np.str_),
        "reasons": np.array(json.dumps(dict(sorted(reasons.items())))),
    }


def _confirmed(
    pairs: np.ndarray,
    paths: tuple[Path | None, ...],
    sizes: np.ndarray,
    white: White,
    progress: Progress,
) -> np.ndarray:
    """The pairs whose details agree, too; of small pictures the thumbnails show all there is."""
    is_large = (sizes.max(axis=1)[pairs] >= DETAIL).all(axis=1)
    rows, places = np.unique(pairs[is_large], return_inverse=True)
    details = np.zeros((len(rows), DETAIL, DETAIL), np.uint8)

    def look(place: int) -> None:
        path = paths[rows[place]]
        assert path is not None
        pixels = read_picture(path, DETAIL, white).pixels
        details[place] = np.asarray(Image.fromarray(pixels).convert("L"))

    in_parallel(look, len(rows), progress)
    first, second = places.reshape(-1, 2).T
    is_same = np.ones(len(pairs), bool)
    is_same[is_large] = have_same_details(details[first], details[second])
    return pairs[is_same]


def _digest(paths: tuple[Path | None, ...], row: int, known: dict[int, bytes]) -> bytes:
    if row not in known:
        path = paths[row]
        assert path is not None
        with path.open("rb") as stream:
            known[row] = hashlib.file_digest(stream, "blake2b").digest()
    return known[row]


def _save(home: Path, measured: dict[str, np.ndarray]) -> None:
    with tempfile.NamedTemporaryFile(dir=home.parent, suffix=".tmp", delete=False) as stream:
        temporary = Path(stream.name)
        try:
            np.savez(stream, allow_pickle=False, **measured)
            temporary.replace(home)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _loaded(home: Path, labelled: int, white: White) -> Hygiene:
    with np.load(home, allow_pickle=False) as stored:
        sizes = stored["sizes"][:labelled]
        modes = Counter(mode for mode in stored["modes"][:labelled].tolist() if mode)
        seen = sizes[sizes[:, 0] > 0]
        common = Counter(map(tuple, seen.tolist())).most_common()
        return Hygiene(
            labelled=labelled,
            pairs=stored["pairs"].reshape(-1, 2),
            exact=stored["exact"],
            unreadable={int(r): why for r, why in json.loads(str(stored["reasons"])).items()},
            sizes=tuple((width, height, count) for (width, height), count in common),
            sides=seen.max(axis=1, initial=0),
            modes=tuple(modes.most_common()),
            white=white,
        )
