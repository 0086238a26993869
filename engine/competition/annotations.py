"""Lists of images in JSON, as COCO has them (https://cocodataset.org/#format-data): as tables."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.competition.derived import made_once
from engine.jobs.workspace import Workspace

# What of an image may tell which others it belongs to.
_TOGETHER = ("location", "seq_id")


def tabulated(file: Path, workspace: Workspace) -> Path | None:
    """The table that a JSON stands for.

    Args:
        file: the JSON.
        workspace: whose cache receives the table.

    Returns:
        A CSV with the names of images and their classes, or, where there are none, with their ids
        and names; None where the file lists no images.

    Raises:
        UserError: the disk refuses.
    """

    def write(folder: Path) -> None:
        try:
            rows = _rows(json.loads(file.read_bytes()))
        except (OSError, ValueError, RecursionError):
            return
        if rows is not None:
            with (folder / name).open("w", encoding="utf-8", newline="") as opened:
                csv.writer(opened, lineterminator="\n").writerows(rows)

    # What lists nothing leaves an empty folder: a large file is read once.
    name = f"{file.stem}.csv"
    table = made_once(file, "table", workspace, write) / name
    return table if table.exists() else None


def _rows(content: Any) -> list[list[str]] | None:
    """Header and rows; None of what is no list of images."""
    listed = content.get("images") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed or not all(map(_is_image, listed)):
        return None
    images = {_id(one): one for one in listed}
    known = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(known, list) or not known:
        # As sample submissions call it.
        return [
            ["id", "file_name"],
            *([key, one["file_name"]] for key, one in images.items()),
        ]
    if not all(isinstance(one, dict) and {"image_id", "category_id"} <= set(one) for one in known):
        return None
    together = [name for name in _TOGETHER if all(name in one for one in listed)]
    rows = [["file_name", "category_id", *together]]
    # Of several boxes in an image, those of one class say it once.
    for key, category in dict.fromkeys(
        (str(one["image_id"]), str(one["category_id"])) for one in known
    ):
        if key in images:
            image = images[key]
            rows.append([image["file_name"], category, *(str(image[name]) for name in together)])
    return rows


def _is_image(one: Any) -> bool:
    return (
        isinstance(one, Mapping)
        and isinstance(one.get("file_name"), str)
        and ("id" in one or "image_id" in one)
    )


def _id(image: Mapping[str, Any]) -> str:
    return str(image["image_id"] if "image_id" in image else image["id"])
