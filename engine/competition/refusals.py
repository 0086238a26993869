"""Why no image has a label, as far as the files tell, and what to do."""

import json
import re
from collections.abc import Sequence
from itertools import chain, permutations

from engine.competition.candidates import label_tables
from engine.competition.formats import conversion
from engine.competition.names import ImageIndex, common_prefix, shortened
from engine.competition.namesakes import all_unclear
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table
from engine.competition.tree import Tree
from engine.errors import UserError

KNOWN_LAYOUTS = (
    "a CSV with one row an image (its id, its label) beside an image folder such as `train/`, "
    "or one folder a class (`train/<class>/*.jpg`), or the zip that holds either"
)
# As many names as a message has room for.
_TOLD = 3
_LAST_PART = re.compile(r"(.+)[_-]([^_-]+)")
# So many columns, and rows, are tried for parts of the images' names.
_WIDEST = 6
_LOOKED_AT = 30


def unlabelled(
    tree: Tree, settings: CompetitionSettings, train: tuple[str, ...], sample: Table | None
) -> UserError:
    """The error where no image has a label.

    Args:
        tree: the competition's files.
        settings: the user's overrides.
        train: the images that may be labelled.
        sample: the sample submission.
    """
    if not tree.images:
        return UserError(
            f"No images in {tree.root}: seen {tree.seen()}.",
            f"{KNOWN_LAYOUTS}.",
            f"{_to_see(tree) or 'put the images there too (the zip will do)'}.",
        )
    looked = [label_tables(tree, sample, are_alike) for are_alike in (False, True)]
    for table in chain(*looked) if not settings.labels else ():
        for cause in (all_unclear, _several_files, _several_rows, _joined):
            if (error := cause(table, train)) is not None:
                return error
        said = shortened(" | ".join(table.rows[0]))
        return UserError(
            f"None of the {len(table.rows)} rows of {table.path.name} names one of the "
            f"{len(train)} training images (the first row says `{said}`, "
            f"the first image is `{train[0] if train else 'missing'}`).",
            "a column with the images' names, with or without their extension.",
            "check that labels and images belong together; `hydra.toml` can name `labels`, "
            "`id_column` and `train` in `[competition]`.",
        )
    if settings.labels:
        return UserError(
            f"hydra.toml names `{settings.labels}`, "
            f"but no row there names one of the {len(train)} training images.",
            "a column with the images' names, with or without their extension.",
            "correct `labels`, `id_column` or `train` in `[competition]`.",
        )
    return UserError(
        f"No labels recognised in {tree.root}: seen {tree.seen()}.",
        f"{KNOWN_LAYOUTS}.",
        f"{_to_see(tree) or 'add the label CSV'}, or name it in `hydra.toml`: `[competition]` "
        '`labels = "FILE"`.',
    )


def _to_see(tree: Tree) -> str:
    """How to make images of what is not read; empty where everything is."""
    return tree.to_extract() or (conversion(tree.formats) if tree.formats else "")


def _several_files(table: Table, files: Sequence[str]) -> UserError | None:
    """The error where each id has a file a channel, such as `<id>_red.png` and `<id>_blue.png`."""
    parts: dict[str, list[str]] = {}
    for stem in _stems(files):
        if match := _LAST_PART.fullmatch(stem):
            parts.setdefault(match[1], []).append(match[2])
    for column in table.columns:
        ids = set(table.column(column))
        found = [name for name in ids if len(parts.get(name, ())) > 1]
        if 2 * len(found) < len(ids) or not found:
            continue
        first = min(found)
        named = [file for file in files if f"{first}" in file][:_TOLD]
        return UserError(
            f"Each `{column}` in {table.path.name} has several files: `{first}` has "
            f"{len(parts[first])}, such as {', '.join(named)}.",
            "one image an id.",
            "join them into one RGB image an id, such as "
            f'{first}.png: `Image.merge("RGB", [Image.open(f).convert("L") for f in files])` '
            "with Pillow, from three of them; or leave only one file of each.",
        )
    return None


def _several_rows(table: Table, files: Sequence[str]) -> UserError | None:
    """The error where an image has a row a label: `ID_1_epidural,0` and `ID_1_any,1`."""
    index = ImageIndex([file.rpartition("/")[2] for file in files])
    for column in table.columns:
        cells = table.column(column)
        matches = [match for cell in cells if (match := _LAST_PART.fullmatch(cell))]
        found = [match for match in matches if index.find(match[1]) is not None]
        labels = sorted({match[2] for match in found})
        images = {match[1] for match in found}
        if not 1 < len(labels) < len(images) or 2 * len(found) < len(cells):
            continue
        value = next((c for c in table.columns if c != column), column)
        return UserError(
            f"{table.path.name} has several rows an image: `{column}` is the image's name and one "
            f"of {len(labels)} labels ({', '.join(labels[:_TOLD])}, ...).",
            "one row an image, and one column a label.",
            f"write such a table, called train_labels.csv, from `t`, which is {table.path.name}: "
            f'`t[["image", "label"]] = t["{column}"].str.rsplit("_", n=1, expand=True)`, '
            f'`t.pivot_table(values="{value}", index="image", columns="label", aggfunc="max")'
            '.to_csv("train_labels.csv")` with pandas; the sample likewise, and what is '
            "submitted back.",
        )
    return None


def _joined(table: Table, files: Sequence[str]) -> UserError | None:
    """The error where files are called by several columns: `input_1_2_3.jpg` by 1, 2 and 3."""
    stems = list(_stems(files))
    if not stems:
        return None
    prefix = re.sub(r"\d+$", "", common_prefix(stems))
    known = set(stems)
    rows = table.rows[:_LOOKED_AT]
    for width in (2, 3):
        for places in permutations(range(min(len(table.columns), _WIDEST)), width):
            for mark in "_-":
                names = [prefix + mark.join(row[place] for place in places) for row in rows]
                if len(set(names)) < len(rows) or not known.issuperset(names) or not rows:
                    continue
                columns = [table.columns[place] for place in places]
                listed = json.dumps(columns, ensure_ascii=False)
                return UserError(
                    f"{table.path.name} has no column with the images' names: they are called by "
                    f"{', '.join(f'`{c}`' for c in columns)} joined, such as {names[0]}.",
                    "one column with the images' names, with or without their extension.",
                    "write one, into a table called train_labels.csv, from `t`, which is "
                    f'{table.path.name}: `t["image"] = "{prefix}" + t[{listed}].astype(str)'
                    f'.agg("{mark}".join, axis=1)`, `t.to_csv("train_labels.csv", index=False)` '
                    "with pandas.",
                )
    return None


def _stems(files: Sequence[str]) -> list[str]:
    return [file.rpartition("/")[2].rpartition(".")[0] for file in files]
