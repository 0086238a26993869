"""Lists of images in JSON, as COCO has them (https://cocodataset.org/#format-data): as tables."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.competition.derived import made_once
from engine.competition.image_folders import train_and_test
from engine.competition.layout import Layout, recognise
from engine.competition.names import ImageIndex, composed, words
from engine.competition.sample import sample_submission
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table, read_table
from engine.competition.tree import Tree
from engine.errors import UserError
from engine.jobs.workspace import Workspace

# What of an image may tell which others it belongs to.
_TOGETHER = ("location", "seq_id")
# Where competitions have their lists: at the top, or in a folder such as annotations/; and how
# many files are looked at, for each may be large.
_DEEPEST, _MOST = 1, 20
# What the categories of a table are: numbers, or their names; or there are none.
_NUMBERS, _NAMES, _NONE = "numbers", "names", "none"


def with_listings(tree: Tree, settings: CompetitionSettings, workspace: Workspace) -> Tree:
    """The files, with tables of what JSON says of the images, where nothing else says it.

    Args:
        tree: the competition's files.
        settings: the user's overrides.
        workspace: whose cache receives the tables.

    Returns:
        The same files where a table names most of the training images. A JSON without categories
        lists images to predict, if its name says test; one with categories is a table of labels,
        where no class folders are, or where they don't tell what it does.

    Raises:
        UserError: the disk refuses, or a JSON is larger than the memory.
    """
    listings = _looked_at(tree)
    layout = _recognised(tree, settings) if listings else None
    if not listings or (layout is not None and _is_labelled(layout)):
        return tree
    sample = _sample(tree, settings) if layout is None else layout.sample
    tables, read = dict(tree.tables), []
    for path in listings:
        folder = _tabulated(tree.listings[path], workspace)
        if (table := _chosen(folder, Path(path).stem, layout, sample)) is not None:
            named = f"{path.rpartition('.')[0]}.csv"
            tables[f"{path}.csv" if named in tables else named] = table
            read.append(path)
    return replace(tree, tables=tables, tabulated=read)


def _looked_at(tree: Tree) -> list[str]:
    """JSON files that may list images: many datasets have one beside each image, which do not."""
    if not tree.listings:
        return []
    stems = {name.rpartition(".")[0] for names in tree.images.values() for name in names}
    found = [p for p in tree.listings if p.count("/") <= _DEEPEST and Path(p).stem not in stems]
    found.sort(key=lambda path: (not {"train", "test"} & set(words(Path(path).stem)), path))
    return found[:_MOST]


def _recognised(tree: Tree, settings: CompetitionSettings) -> Layout | None:
    """What all else tells; None where that is not enough."""
    try:
        return recognise(tree, settings)
    except UserError:
        return None


def _is_labelled(layout: Layout) -> bool:
    """Whether a table names most of the training images: one of the classes names none, or few."""
    if layout.labels is None or layout.classes is not None:
        return False
    is_mixed = layout.is_shared and layout.sample is not None
    to_predict = len(layout.sample.rows) if layout.sample is not None and is_mixed else 0
    return 2 * layout.labels.count > len(layout.train) - to_predict


def _sample(tree: Tree, settings: CompetitionSettings) -> Table | None:
    try:
        return sample_submission(tree, settings, *train_and_test(tree, settings))
    except UserError:
        # Whoever recognises the whole says it.
        return None


def _chosen(folder: Path, stem: str, layout: Layout | None, sample: Table | None) -> Path | None:
    """Of the tables of a JSON the one to read, if any."""
    without, numbers, names = (folder / kind / f"{stem}.csv" for kind in (_NONE, _NUMBERS, _NAMES))
    if without.exists() and "test" in words(stem):
        return without
    if not numbers.exists():
        return None
    if layout is not None and not _tells_more(read_table(numbers), layout):
        return None
    return names if names.exists() and _answers_with(sample, read_table(names)) else numbers


def _tells_more(table: Table, layout: Layout) -> bool:
    """Whether categories are the classes, also where images lie in class folders.

    Folders that hold folders may number the classes by hundreds: each image has one category then,
    and there are more of these than folders. What lies in an image has several, or one for all.
    """
    classes = layout.classes or ()
    folders = set(classes) - {""}
    # Names of files may look like classes, and so does any folder that holds all.
    if len(folders) < 2 or layout.are_classes_in_names:
        return True
    start = len(layout.train_folder) + 1 if layout.train_folder else 0
    index = ImageIndex([file[start:] for file in layout.train])
    found = [index.find(name) for name in table.column("file_name")]
    rows = [row for row in found if row is not None]
    are_nested = all(layout.train[row].split("/")[-2] != classes[row] for row in rows)
    categories = len(set(table.column("category_id")))
    return are_nested and len(set(rows)) == len(rows) and categories > len(folders)


def _answers_with(sample: Table | None, table: Table) -> bool:
    """Whether a sample has the names of categories, as its answers or as its columns."""
    if sample is None:
        return False
    cells = {composed(cell) for row in sample.rows for cell in row[1:]}
    parts = {part for cell in cells for part in cell.split()}
    said = {*cells, *parts, *map(composed, sample.columns[1:])}
    return not said.isdisjoint(map(composed, table.column("category_id")))


def _tabulated(file: Path, workspace: Workspace) -> Path:
    """The folder with the tables that a JSON stands for; an empty one where it lists no images."""

    def write(folder: Path) -> None:
        for kind, content in _contents(file).items():
            (folder / kind).mkdir()
            (folder / kind / f"{file.stem}.csv").write_bytes(content)

    # What lists nothing leaves an empty folder: a large file is read once.
    return made_once(file, "tables", workspace, write)


def _contents(file: Path) -> dict[str, bytes]:
    """The CSV of each kind; nothing of what is no JSON, or names what can't be written."""
    try:
        tables = _tables(json.loads(file.read_bytes()))
        return {kind: _written(rows) for kind, rows in tables.items()}
    except MemoryError as error:
        raise UserError(
            f"{file.name} is larger than the memory.",
            "a list of images and their classes that can be read at once.",
            "write what it says of the training images as a CSV with the columns `file_name` and "
            "`category_id`, and move the JSON out of the folder.",
        ) from error
    except (OSError, ValueError, RecursionError):
        return {}


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _tables(content: Any) -> dict[str, list[list[str]]]:
    """Header and rows of each kind; nothing of what is no list of images."""
    listed = content.get("images") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed or not all(map(_is_image, listed)):
        return {}
    images = {_id(one, "image_id"): one for one in listed}
    known = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(known, list) or not known:
        # As sample submissions call it.
        rows = [[key, str(one["file_name"])] for key, one in images.items()]
        return {_NONE: [["id", "file_name"], *rows]}
    if not all(isinstance(one, dict) and {"image_id", "category_id"} <= set(one) for one in known):
        return {}
    together = [name for name in _TOGETHER if all(name in one for one in listed)]
    # Of several boxes in an image, those of one class say it once.
    pairs = dict.fromkeys((str(one["image_id"]), str(one["category_id"])) for one in known)
    header = ["file_name", "category_id", *together]
    rows = [
        [image["file_name"], category, *(str(image[name]) for name in together)]
        for key, category in pairs
        if (image := images.get(key)) is not None
    ]
    tables = {_NUMBERS: [header, *rows]}
    called = _called(content.get("categories"))
    if called.keys() >= {row[1] for row in rows}:
        tables[_NAMES] = [header, *([row[0], called[row[1]], *row[2:]] for row in rows)]
    return tables


def _called(categories: Any) -> dict[str, str]:
    """Each category's name; nothing where two share one."""
    if not isinstance(categories, list):
        return {}
    named = [
        one for one in categories if isinstance(one, dict) and isinstance(one.get("name"), str)
    ]
    called = {
        _id(one, "category_id"): one["name"] for one in named if "id" in one or "category_id" in one
    }
    return called if len(set(called.values())) == len(called) else {}


def _is_image(one: Any) -> bool:
    return (
        isinstance(one, Mapping)
        and isinstance(one.get("file_name"), str)
        and ("id" in one or "image_id" in one)
    )


def _id(one: Mapping[str, Any], key: str) -> str:
    return str(one[key] if key in one else one["id"])
