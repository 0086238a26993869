"""Pictures to show a person: samples of a class, copies side by side, thumbnails of files."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.competition.competition import Competition
from engine.competition.decoding import UnreadableImageError, read_picture
from engine.competition.findings import Exhibit, Thumbnail
from engine.competition.hygiene import examine
from engine.competition.white import White
from engine.jobs.workspace import Workspace

# What an image of which no label is true is called.
_NO_LABEL = "none"


def samples_of(
    competition: Competition, classes: Sequence[str], first: int, count: int
) -> tuple[Exhibit, ...]:
    """Labelled images in a shuffled order that is the same every time.

    Args:
        competition: whose images.
        classes: only images that have one of these classes, or labels; none takes all.
        first: how many to pass over.
        count: how many, at most.
    """
    order = np.random.default_rng(0).permutation(len(competition.ids))
    fitting = order[_labelled(competition, classes)[order]] if classes else order
    return tuple(exhibit(competition, int(row)) for row in fitting[first : first + count])


def _labelled(competition: Competition, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Which labelled images have one of some classes, or labels, as `labels_of` names them."""
    targets = competition.targets
    places = [place for place, name in enumerate(competition.classes) if name in classes]
    if targets.shape[1] == 1:
        return np.isin(targets[:, 0], places)
    has = targets[:, places].any(axis=1)
    return np.asarray(has | ~targets.any(axis=1) if _NO_LABEL in classes else has, bool)


def copies_of(competition: Competition, workspace: Workspace, count: int) -> tuple[Exhibit, ...]:
    """Pictures that are the same, each beside its copy; those whose labels differ come first.

    Args:
        competition: whose pictures.
        workspace: whose cache remembers which are copies.
        count: how many pictures, at most.

    Returns:
        Pairs one behind the other: an even number of exhibits.
    """
    hygiene = examine(competition, workspace, lambda _done, _total: None)
    told = []
    for (one, other), is_exact in zip(hygiene.pairs.tolist(), hygiene.exact.tolist(), strict=True):
        pair = [_any(competition, row) for row in (one, other)]
        if any(shown is None for shown in pair):
            continue
        names = {shown.labels for shown in pair if shown is not None and shown.labels}
        is_leak = other >= hygiene.labelled > one
        what = "same file" if is_exact else "nearly the same"
        odd = "labels differ" if len(names) > 1 else "also in the test set" if is_leak else ""
        rank = 0 if len(names) > 1 else 1 if is_leak else 2
        note = ", ".join(part for part in (odd, what) if part)
        told.append((rank, [s.model_copy(update={"note": note}) for s in pair if s is not None]))
    told.sort(key=lambda ranked: ranked[0])
    return tuple(shown for _, pair in told[: count // 2] for shown in pair)


def labels_of(competition: Competition, row: int) -> tuple[str, ...]:
    """The class, or the labels, of a labelled image.

    Args:
        competition: whose image.
        row: its position among the labelled images.
    """
    return given_labels(competition, row) or (_NO_LABEL,)


def given_labels(competition: Competition, row: int) -> tuple[str, ...]:
    """The class, or the labels, of a labelled image, which may have none.

    Args:
        competition: whose image.
        row: its position among the labelled images.
    """
    target = competition.targets[row]
    if target.shape == (1,):
        return (competition.classes[int(target[0])],)
    return tuple(competition.classes[place] for place in np.flatnonzero(target))


def exhibit(competition: Competition, row: int, note: str = "") -> Exhibit:
    """A labelled image as it is shown.

    Args:
        competition: whose image.
        row: its position among the labelled images.
        note: what else is to be said of it.
    """
    return Exhibit(
        id=competition.ids[row],
        path=str(competition.paths[row]),
        labels=labels_of(competition, row),
        note=note,
    )


def _any(competition: Competition, row: int) -> Exhibit | None:
    """A labelled image, or a test image behind them; None where its file is missing."""
    if row < len(competition.ids):
        return exhibit(competition, row)
    place = row - len(competition.ids)
    path = competition.test_paths[place]
    return None if path is None else Exhibit(id=competition.test_ids[place], path=str(path))


def thumbnail(path: str, side: int, white: White) -> Thumbnail:
    """A picture small enough for a terminal, in its own proportions.

    Args:
        path: the file.
        side: of the square it must fit into, pixels.
        white: the competition's.

    Returns:
        The picture; one that can't be decoded is none and says why.
    """
    try:
        picture = read_picture(path, side, white)
    except UnreadableImageError as error:
        return Thumbnail(path=path, problem=str(error))
    scale = side / max(picture.width, picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return drawn(path, np.asarray(Image.fromarray(picture.pixels).resize(size)))


def drawn(path: str, pixels: np.ndarray) -> Thumbnail:
    """Pixels as a thumbnail.

    Args:
        path: the file they come from.
        pixels: uint8, (height, width, 3), RGB.
    """
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", compress_level=1)
    return Thumbnail(
        path=path,
        width=pixels.shape[1],
        height=pixels.shape[0],
        png=base64.b64encode(content.getvalue()).decode("ascii"),
    )


def fold_balance(
    competition: Competition, folds: np.ndarray
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Labelled images of every class in every fold.

    Args:
        competition: whose images.
        folds: integers, (rows,): each row's fold, from 0.

    Returns:
        Class and its counts, one a fold.
    """
    count = 1 + int(folds.max())
    targets = competition.targets
    if targets.shape[1] == 1:
        targets = np.concatenate([1 - targets, targets], axis=1)
    sums = [targets[folds == fold].sum(axis=0).astype(int).tolist() for fold in range(count)]
    return tuple(
        (name, tuple(sums[fold][place] for fold in range(count)))
        for place, name in enumerate(competition.classes)
    )
