"""Which folders hold the labelled images, which those to predict, and which are classes."""

import re
from collections import Counter
from collections.abc import Sequence

from engine.competition.names import ImageIndex, words
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table
from engine.competition.tree import Tree, is_below
from engine.errors import UserError

_IMAGE_WORDS = {"image", "images", "img", "imgs", "jpg", "jpeg", "png", "photos", "data", "dataset"}
# What lies beside images and is none of them.
_SMALL_WORDS = {"thumb", "thumbs", "thumbnail", "thumbnails"}
_BESIDE_WORDS = _SMALL_WORDS | {"mask", "masks", "heatmaps"}
_PART_WORDS = {"train", "test", "val", "valid", "validation", "dev", "eval"}
_CAMERA_WORDS = _IMAGE_WORDS | {"dsc", "dscn", "pic", "picture", "photo", "file", "frame", "scan"}
_CALLED = re.compile(r"(.*[A-Za-z])[\s._-]*\(?\d+\)?")
# Of so many images in a hundred the file's name must say the class.
_MOST_CALLED = 0.95


def train_and_test(tree: Tree, settings: CompetitionSettings) -> tuple[str, str | None]:
    """The folders of the images, as their names and the user tell.

    Args:
        tree: the competition's files.
        settings: the user's overrides.

    Returns:
        Where the labelled images lie; where the others do, None where no folder is called so.

    Raises:
        UserError: an override names a folder without images.
    """
    for key, folder in (("train", settings.train), ("test", settings.test)):
        if folder and not any(is_below(place, _clean(folder)) for place in tree.images):
            known = ", ".join(f or "." for f in sorted(tree.images)[:5])
            raise UserError(
                f"hydra.toml: `{key}` is `{folder}`, where no images are.",
                f"a folder of images in {tree.root}: {known or 'there are none'}.",
                f"correct `{key}`, with a path that starts at the data folder.",
            )
    train = _clean(settings.train) if settings.train else next(iter(said_folders(tree)), None)
    tests = said_folders(tree, "test", "train")
    test = _clean(settings.test) if settings.test else next(iter(tests), None)
    if train is None:
        train = _common([f for f in tree.images if test is None or not is_below(f, test)])
    return train, test


def said_folders(tree: Tree, word: str = "train", other: str = "test") -> list[str]:
    """The folders whose own names say train, or test; those with the most images first.

    Small copies count where nothing else is there: large ones may be too many to download.

    Args:
        tree: the competition's files.
        word: what they say.
        other: what they don't.
    """
    whole = _said(tree, word, other, _BESIDE_WORDS)
    return whole or _said(tree, word, other, _BESIDE_WORDS - _SMALL_WORDS)


def _said(tree: Tree, word: str, other: str, beside: set[str]) -> list[str]:
    counts: dict[str, int] = {}
    for folder, names in tree.images.items():
        parts = folder.split("/")
        for end, part in enumerate(parts, start=1):
            said = set(words(part))
            if word in said and other not in said and not beside & said:
                path = "/".join(parts[:end])
                counts[path] = counts.get(path, 0) + len(names)
                break
            if other in said and word not in said:
                break
    return sorted(counts, key=lambda path: (-counts[path], len(path)))


def parent_of(folders: Sequence[str]) -> str:
    """The folder that all of some lie in."""
    parts = [folder.split("/") for folder in folders]
    length = 0
    while all(len(p) > length and p[length] == parts[0][length] for p in parts):
        length += 1
    return "/".join(parts[0][:length])


def apart(tree: Tree, train: str, sample: Table | None) -> tuple[str, str] | None:
    """Tell images that share names, as 1.jpg of two folders does, by who else accounts for them.

    Args:
        tree: the competition's files.
        train: the folder below which labelled images are not told from others.
        sample: names the images to predict, if there is one.

    Returns:
        The one folder below it that holds neither the sample's images nor masks and the like, and
        the one that holds the sample's; empty where none does. None where that is not clear.
    """
    start = len(train) + 1 if train else 0
    below = dict.fromkeys(
        folder[start:].partition("/")[0]
        for folder in tree.images
        if is_below(folder, train) and folder != train
    )
    paths = [f"{train}/{name}" if train else name for name in below]
    left = [path for path in paths if not _BESIDE_WORDS & set(words(path.rpartition("/")[2]))]
    tests = []
    if sample is not None and len(left) > 1:
        tests = [path for path in left if _holds(tree, path, sample)]
        if len(tests) == len(left):
            # All have images of these names: those of which every one is asked for.
            tests = [path for path in left if len(tree.files(path)) == len(sample.rows)]
    left = [path for path in left if path not in tests]
    return (left[0], next(iter(tests), "")) if len(left) == 1 and len(paths) > 1 else None


def _holds(tree: Tree, folder: str, sample: Table) -> bool:
    """Whether all that a sample asks for lies in a folder."""
    index = ImageIndex([file[len(folder) + 1 :] for file in tree.files(folder)])
    return bool(sample.rows) and all(index.find(row[0]) is not None for row in sample.rows)


def others_of(tree: Tree, train: str, found: Sequence[str], missing: Sequence[str]) -> list[str]:
    """Images that a sample asks for and that lie in further folders.

    Args:
        tree: the competition's files.
        train: the folder of the labelled ones, which are no answer.
        found: images that are known to be to predict.
        missing: what the sample names beside them.

    Returns:
        The images of every such folder.
    """
    known = set(found)
    rest = [file for file in tree.files("") if file not in known]
    rest = [file for file in rest if not is_below(file.rpartition("/")[0], train)]
    index = ImageIndex(rest)
    rows = {row for name in missing if (row := index.find(name)) is not None}
    folders = {rest[row].rpartition("/")[0] for row in rows}
    return [file for file in rest if file.rpartition("/")[0] in folders]


def class_folders(train: tuple[str, ...], folder: str) -> tuple[str, ...] | None:
    """Each image's class by the folder it lies in.

    Args:
        train: the images.
        folder: what they all lie in.

    Returns:
        Its class, empty for one that lies in none; None where the folders are no classes.
    """
    prefix = len(folder) + 1 if folder else 0
    parts = [file[prefix:].split("/")[:-1] for file in train]
    while parts and all(parts) and len({part[0] for part in parts}) == 1:
        if not set(words(parts[0][0])) & ({"train"} | _IMAGE_WORDS):
            break
        parts = [part[1:] for part in parts]
    names = {part[0] for part in parts if part}
    generic = _IMAGE_WORDS | _BESIDE_WORDS | _PART_WORDS
    if not names or all(generic & set(words(name)) for name in names):
        return None
    return tuple(part[0] if part else "" for part in parts)


def repeated_classes(files: Sequence[str], folder: str) -> tuple[str, ...]:
    """Images of a folder that holds the class folders beside it once more, as `flowers/flowers/`.

    Args:
        files: images.
        folder: what they all lie in, and the class folders.

    Returns:
        Those in it; none where there is no such folder.
    """
    prefix = len(folder) + 1 if folder else 0
    inner: dict[str, set[str]] = {}
    for file in files:
        parts = file[prefix:].split("/")
        inner.setdefault(parts[0], set()).add(parts[1] if len(parts) > 2 else "")
    for name, below in inner.items():
        # Of images that lie beside one another each is a name of its own: no set is built for it.
        if not len(inner) - 1 <= len(below) <= len(inner):
            continue
        others = {other for other in inner if other != name}
        if len(others) > 1 and below in (others, others | {name}):
            return tuple(file for file in files if file[prefix:].startswith(f"{name}/"))
    return ()


def classes_in_names(train: tuple[str, ...]) -> tuple[str, ...] | None:
    """Each image's class where its file is called after it: `cat.0.jpg`, `dog (12).png`.

    Args:
        train: the images.

    Returns:
        Its class, empty for one that is called otherwise; None where the names are no classes.
    """
    stems = [file.rpartition("/")[2].rpartition(".")[0] for file in train]
    found = [_CALLED.fullmatch(stem) for stem in stems]
    classes = tuple("" if match is None else match[1] for match in found)
    counts = Counter(filter(None, classes))
    is_said = counts.total() >= _MOST_CALLED * len(train)
    is_generic = any(set(words(name)) & (_CAMERA_WORDS | _PART_WORDS) for name in counts)
    are_classes = is_said and not is_generic and len(counts) > 1 and min(counts.values()) > 1
    return classes if are_classes else None


def _clean(folder: str) -> str:
    return folder.replace("\\", "/").strip("/").removeprefix("./").removeprefix(".")


def _common(folders: list[str]) -> str:
    if not folders:
        return ""
    shared = parent_of(folders).split("/")
    if len(folders) == 1 and shared[-1:] and not set(words(shared[-1])) & _IMAGE_WORDS:
        # A single class folder: its parent is the training folder.
        shared = shared[:-1]
    return "/".join(shared)
