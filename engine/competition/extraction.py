"""Archives that are not extracted, or in part only, as an interrupted `unzip` leaves them."""

from collections.abc import Collection, Iterator

from engine.competition.archives import image_names
from engine.competition.findings import Finding, concerning
from engine.competition.names import composed
from engine.competition.tree import Tree, is_below
from engine.errors import UserError


def half_extracted(tree: Tree) -> Iterator[Finding]:
    """Say where a zip holds images that are not in the folder extracted from it.

    Args:
        tree: what lies in the competition's folder.

    Yields:
        One finding a zip of which some images lie there, and some do not.
    """
    files = {composed(file) for file in tree.files("")} if tree.archives else set()
    for archive in tree.archives:
        try:
            names = image_names(tree.root / archive)
        except UserError:
            # It is not needed: what it held lies beside it.
            continue
        missing = [name for name in names if not _is_there(name, archive, files)]
        # Where all are missing, they are called otherwise by now, and the zip tells nothing.
        if 0 < len(missing) < len(names):
            yield concerning(
                missing,
                f"{archive} holds {len(names)} images, and {len(names) - len(missing)} of them "
                f"are extracted beside it: {len(missing)} are missing.",
                "all of a zip's images beside it, or none.",
                "extract it again; where they were left out on purpose, remove the zip.",
            )


def unread(tree: Tree) -> Iterator[Finding]:
    """Name the archives that are not read, and beside which nothing lies that is called like them.

    Args:
        tree: what lies in the competition's folder.

    Yields:
        At most one finding.
    """
    known = {*tree.images, *tree.tables}
    closed = [
        archive
        for archive in tree.unread
        if not any(is_below(place, archive.partition(".")[0]) for place in known)
        and archive.rpartition(".")[0] not in known
    ]
    if closed:
        yield concerning(
            closed,
            f"Archives that are not read: {', '.join(closed[:3])}"
            f"{', ...' if len(closed) > 3 else ''}.",
            "zips, or what the archives hold.",
            f"nothing if what they hold lies there; otherwise {tree.to_extract(closed)}.",
            "note",
        )


def pictured(tree: Tree) -> Iterator[Finding]:
    """Say what files of other kinds were made readable, and where that is.

    Args:
        tree: what lies in the competition's folder.

    Yields:
        At most two findings.
    """
    if tree.tabulated:
        yield concerning(
            tree.tabulated,
            f"Images are listed in JSON: {', '.join(tree.tabulated[:3])}.",
            "a CSV with the images' names and their labels.",
            "nothing: each is read as a table, of its `category_id` where it has annotations; or "
            "add a CSV with what is to be predicted, and name it as `labels` in `hydra.toml`.",
            "note",
        )
    if tree.unfolded:
        yield concerning(
            tree.unfolded,
            f"Tables of pixels, a picture a row: {', '.join(tree.unfolded[:3])}.",
            "images in files of their own.",
            "nothing: they were written as PNG files below `.hydra/`, and are used from there.",
            "note",
        )


def _is_there(name: str, archive: str, files: Collection[str]) -> bool:
    """Whether a zip's image lies beside the zip, or in a folder called like it."""
    name = composed(name)
    beside, stem = archive.rpartition("/")[0], archive[: archive.rfind(".")]
    return f"{stem}/{name}" in files or (f"{beside}/{name}" if beside else name) in files
