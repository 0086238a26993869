"""What lies in a competition's folder, and in the zips beside it, in one walk."""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.competition.archives import extracted, extraction, is_split, mount_point, top_names
from engine.competition.formats import conversion, convertible, counted
from engine.competition.names import is_image, is_junk, without_copies
from engine.competition.tables import is_table
from engine.competition.unfolding import first_number, pixels_of, unfolded
from engine.errors import UserError
from engine.jobs.workspace import NOTEBOOK, OWN_NAMES, Workspace

_DEEPEST = 8
# As many archives as a message can name.
_NAMED = 5
# As many pictures may lie beside tables of pixels, to show what these are of.
_ILLUSTRATIONS = 20


@dataclass
class Tree:
    """Images, tables and zips by their path, relative to the competition's folder, with `/`.

    Args:
        root: the competition's folder, or the zip's extracted content.
        name: what the competition is called.
        images: image files in each folder, sorted; the top folder is an empty text.
        tables: relative path to the table's real place.
        archives: the zips found, relative.
        unread: archives of other kinds, relative.
        others: how many files are none of these.
        formats: of these, extension to number of those that may hold images.
        unfolded: tables whose rows are pictures, which were made of them.
        listings: JSON files, relative path to the real place.
        tabulated: those of them that list images, and are read as tables.
        places: relative folder to its real place.
    """

    root: Path
    name: str
    images: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, Path] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    others: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    unfolded: list[str] = field(default_factory=list)
    listings: dict[str, Path] = field(default_factory=dict)
    tabulated: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def files(self, folder: str) -> list[str]:
        """Images in a folder and below it, relative to the competition's folder, sorted."""
        return [
            f"{place}/{name}" if place else name
            for place in sorted(self.images)
            if is_below(place, folder)
            for name in self.images[place]
        ]

    def path(self, file: str) -> Path:
        """The real place of an image."""
        folder, _, name = file.rpartition("/")
        return Path(self.places[folder], name)

    def seen(self) -> str:
        """What was found, in words."""
        images = sum(map(len, self.images.values()))
        folders = ", ".join(f"{f or '.'}/ ({len(n)})" for f, n in sorted(self.images.items())[:5])
        tables = ", ".join(sorted(self.tables)[:5])
        return (
            f"{images} images"
            + (f" in {folders}" if folders else "")
            + (f", tables {tables}" if tables else ", no CSV")
            + (
                f", archives that are not read: {', '.join(self.unread[:_NAMED])}"
                if self.unread
                else ""
            )
            + (f", {self.others} other files" if self.others else "")
            + (f" ({counted(self.formats)}: not read)" if self.formats else "")
        )

    def to_extract(self, archives: Sequence[str] = ()) -> str:
        """How to extract some archives that are not read, else all; empty where there are none."""
        named = (archives or self.unread)[:_NAMED]
        commands = (f"`{extraction(archive)}`" for archive in named)
        return f"extract them first, in {self.root}: {', '.join(commands)}" if named else ""


def is_below(folder: str, ancestor: str) -> bool:
    """Whether a relative folder is another one or lies in it; all lie in the empty one."""
    return not ancestor or folder == ancestor or folder.startswith(f"{ancestor}/")


def scan(data: Path, workspace: Workspace) -> Tree:
    """Look through a competition as Kaggle delivers it; zips are extracted into the cache.

    Args:
        data: the folder, or a zip.
        workspace: whose cache receives what zips hold; what it wrote in the folder, and others
            that are known by their notebook, is no part of the competition.

    Returns:
        What was found.

    Raises:
        UserError: there is no such folder, it is empty or unreadable, or a zip is bad.
    """
    if data.is_file():
        if data.suffix.lower() != ".zip":
            raise _no_folder(data, "is a file")
        tree = Tree(extracted(data, workspace), data.stem)
        _walk(tree, tree.root, "")
        return _not_empty(_pictured(tree, workspace), data)
    if not data.is_dir():
        raise _no_folder(data, "does not exist")
    tree = Tree(data, data.resolve().name)
    _walk(tree, data, "", _inside(workspace.root, data))
    for archive in _needed(tree):
        _mount(tree, archive, workspace)
    return _not_empty(_pictured(tree, workspace), data)


def _pictured(tree: Tree, workspace: Workspace) -> Tree:
    """The files, with the pictures that rows of tables are, where there are hardly any others."""
    if sum(map(len, tree.images.values())) > _ILLUSTRATIONS:
        return tree
    tables = {path: place for path, place in tree.tables.items() if place.suffix == ".csv"}
    found = {path: read for path, place in tables.items() if (read := pixels_of(place))}
    first = first_number(list(tables.values())) if found else 0
    for path, pixels in found.items():
        folder = unfolded(tables[path], pixels, first, workspace)
        _walk(tree, folder / "images", path.rpartition(".")[0])
        tree.tables[path] = folder / tables[path].name
        tree.unfolded.append(path)
    return tree


def _inside(workspace: Path, data: Path) -> Collection[str]:
    """Where a workspace lies in the competition's folder, as an empty text at its top; or not."""
    place, top = workspace.resolve(), data.resolve()
    if not place.is_relative_to(top):
        return ()
    return ("" if place == top else place.relative_to(top).as_posix(),)


def _walk(
    tree: Tree, folder: Path, prefix: str, workspaces: Collection[str] = (), depth: int = 0
) -> None:
    names: list[str] = []
    for entry, is_folder in _entries(folder, is_workspace=prefix in workspaces):
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if is_folder:
            if depth < _DEEPEST:
                _walk(tree, Path(entry.path), path, workspaces, depth + 1)
        elif is_image(entry.name):
            _require_text(entry.path)
            names.append(entry.name)
        elif is_table(entry.name):
            _require_text(entry.path)
            tree.tables.setdefault(path, Path(entry.path))
        elif entry.name.lower().endswith(".zip") and not is_split(Path(entry.path)):
            tree.archives.append(path)
        elif extraction(entry.name):
            tree.unread.append(path)
        else:
            _note_other(tree, path, Path(entry.path))
    if names and prefix not in tree.images:
        tree.images[prefix] = without_copies(names)
        tree.others += len(names) - len(tree.images[prefix])
        tree.places[prefix] = str(folder)


def _note_other(tree: Tree, path: str, place: Path) -> None:
    tree.others += 1
    if place.suffix.lower() == ".json":
        tree.listings[path] = place
    if suffix := convertible(place.name):
        tree.formats[suffix] = tree.formats.get(suffix, 0) + 1


def _entries(folder: Path, is_workspace: bool = False) -> Iterator[tuple[os.DirEntry[str], bool]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(
            f"{folder} can't be read: {error.strerror}.",
            "a folder this user may read.",
            "check its permissions.",
        ) from error
    is_workspace |= any(entry.name == NOTEBOOK for entry in entries)
    for entry in entries:
        if is_junk(entry.name) or (is_workspace and _is_ours(entry)):
            continue
        yield entry, entry.is_dir()


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether a workspace's entry was written by this program.

    Its pictures lie in an experiment's folder; those of a folder itself are a class of images.
    """
    if entry.name not in OWN_NAMES:
        return False
    try:
        return not entry.is_dir() or not any(is_image(one.name) for one in os.scandir(entry.path))
    except OSError:
        return True


def _require_text(path: str) -> None:
    """Refuse a name that can be written into no table, answer file or message."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        told = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise UserError(
            f"The name of {told} is not UTF-8.",
            "names of files and folders in UTF-8, as labels and answers are written.",
            "rename it; many at once: `convmv -f latin1 -t utf8 -r --notest DIR`, with the "
            "encoding that they were written in.",
        ) from error


def _needed(tree: Tree) -> list[Path]:
    """The zips whose content does not already lie beside them."""
    return [
        tree.root / archive for archive in tree.archives if not _is_extracted(tree.root / archive)
    ]


def _is_extracted(archive: Path) -> bool:
    beside = archive.parent
    # `train.zip` beside `train/`, and `labels.csv.zip` beside `labels.csv`.
    if (beside / archive.stem).exists():
        return True
    return all(
        (beside / name).exists() or (name.endswith(".zip") and (beside / name[:-4]).exists())
        for name in top_names(archive)
    )


def _mount(tree: Tree, archive: Path, workspace: Workspace) -> None:
    content = extracted(archive, workspace)
    names = [entry.name for entry, _ in _entries(content)]
    prefix = archive.parent.relative_to(tree.root).as_posix().removeprefix(".")
    mount = mount_point(archive.stem, names, any(map(is_image, names)))
    _walk(tree, content, "/".join(part for part in (prefix, mount) if part))


def _not_empty(tree: Tree, data: Path) -> Tree:
    if not tree.images and not tree.tables:
        files = "1 file" if tree.others == 1 else f"{tree.others:,} files"
        what = f"holds {files}, but no images and no CSV" if tree.others else "is empty"
        fix = (
            "download the competition's data there, or point to it with `--data DIR`; "
            "`hydra-tui demo DIR` writes a small one to try"
        )
        if tree.unread:
            what = f"holds archives that are not read: {', '.join(tree.unread[:_NAMED])}"
            fix = tree.to_extract()
        elif tree.formats:
            what = f"holds files of formats that are not read: {counted(tree.formats)}"
            fix = conversion(tree.formats)
        raise UserError(
            f"{data} {what}.",
            "a competition's folder or zip as Kaggle delivers it: images, and usually CSVs.",
            f"{fix}.",
        )
    return tree


def _no_folder(data: Path, what: str) -> UserError:
    return UserError(
        f"{data} {what}.",
        "the folder of a competition, or its zip.",
        "check the path given with `--data` or `-w`; `hydra-tui demo DIR` writes a competition.",
    )
