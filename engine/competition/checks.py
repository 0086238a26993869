"""What no training can do without, and what is worth saying about the rest."""

from collections.abc import Sequence

import numpy as np

from engine.competition.findings import Finding, TargetKind, concerning
from engine.competition.image_folders import repeated_classes
from engine.competition.layout import Layout
from engine.competition.names import shortened
from engine.competition.tree import Tree, is_below
from engine.errors import UserError

# As many findings as a message has room for.
_TOLD = 3


def class_counts(kind: TargetKind, values: np.ndarray) -> np.ndarray:
    """How many rows each class has.

    Args:
        kind: what a prediction is.
        values: truth, (rows, 1) binary, else (rows, classes).

    Returns:
        Integers, (classes,); a row with several labels counts for each.
    """
    counts: np.ndarray = values.sum(axis=0).astype(int)
    if kind is TargetKind.BINARY:
        return np.array([len(values) - counts[0], counts[0]])
    return counts


def refuse_hopeless(
    kind: TargetKind,
    classes: tuple[str, ...],
    values: np.ndarray,
    findings: tuple[Finding, ...],
) -> None:
    """Stop where nothing can be learned, or nothing can be held back to measure it.

    Args:
        kind: what a prediction is.
        classes: their names.
        values: truth, (rows, 1) binary, else (rows, classes).
        findings: what was left out, and why: nobody sees it where the competition is refused.

    Raises:
        UserError: no row, one class only, or too few rows to split.
    """
    left_out = [finding for finding in findings if finding.severity == "warning"][:_TOLD]
    why = "".join(f" {finding.happened}" for finding in left_out)
    if not len(values):
        raise UserError(
            f"No image has a usable label.{why}",
            "labelled images of at least two classes.",
            left_out[0].fix if left_out else "correct the label file.",
        )
    counts = class_counts(kind, values)
    if kind is TargetKind.MULTILABEL:
        useful = int(((counts > 0) & (counts < len(values))).sum())
        enough, hopeless = len(values) >= 4, useful == 0
    else:
        hopeless = int((counts > 0).sum()) < 2
        enough = int((counts > 1).sum()) >= 2
    if hopeless:
        only = shortened(classes[int(counts.argmax())])
        raise UserError(
            f"All {len(values)} labelled images are of one class, `{only}`.{why}",
            "at least two classes: with one there is nothing to tell apart.",
            "check the label column (`target_columns` in `hydra.toml`) and the label file.",
        )
    if not enough:
        listed = ", ".join(
            f"{name}: {count}" for name, count in list(zip(classes, counts, strict=True))[:5]
        )
        raise UserError(
            f"Too few labelled images: {len(values)} ({listed}).{why}",
            "at least two images in each of two classes: one to learn from, one to check.",
            "label more images; a useful start is 20 a class.",
        )


def rare_classes(
    kind: TargetKind, classes: tuple[str, ...], values: np.ndarray, folds: int
) -> tuple[Finding, ...]:
    """Name the classes that can't be in every fold.

    Args:
        kind: what a prediction is.
        classes: their names.
        values: truth, (rows, 1) binary, else (rows, classes).
        folds: how many folds there are.

    Returns:
        At most one finding.
    """
    counts = class_counts(kind, values)
    rare = [f"{n} ({c})" for n, c in zip(classes, counts, strict=True) if c < folds]
    if not rare:
        return ()
    return (
        Finding(
            severity="warning",
            happened=f"Classes with fewer images than there are folds ({folds}): "
            f"{', '.join(rare[:5])}{', ...' if len(rare) > 5 else ''}.",
            expected="at least one image of each class in every fold.",
            fix="find more images of them; their scores will be mostly noise.",
            files=tuple(rare[:20]),
            count=len(rare),
        ),
    )


def unused_images(tree: Tree, layout: Layout) -> tuple[Finding, ...]:
    """Name the folders whose images are neither training nor test images.

    Args:
        tree: what lies in the competition's folder.
        layout: what was recognised.

    Returns:
        At most one finding; and one of class folders that are there twice.
    """
    unused = {
        folder: len(names)
        for folder, names in tree.images.items()
        if not is_below(folder, layout.train_folder)
        and not (layout.test and is_below(folder, layout.test_folder))
    }
    copies = repeated_classes(tree.files(layout.train_folder), layout.train_folder)
    is_left_out = copies and {*layout.train, *layout.test}.isdisjoint(copies)
    twice = (_there_twice(layout, copies),) if is_left_out else ()
    if not unused:
        return twice
    return (
        *twice,
        Finding(
            severity="note",
            happened=f"Images that are not used: {sum(unused.values())}, "
            f"in {', '.join(sorted(unused)[:3])}.",
            expected=f"training images in {layout.train_folder or '.'}/, test images in "
            f"{layout.test_folder or '.'}/.",
            fix="name the right folders as `train` and `test` in `hydra.toml`, if these matter.",
            files=tuple(f"{folder or '.'}/" for folder in sorted(unused))[:20],
            count=sum(unused.values()),
        ),
    )


def _there_twice(layout: Layout, copies: Sequence[str]) -> Finding:
    start = len(layout.train_folder) + 1 if layout.train_folder else 0
    name = copies[0][start:].partition("/")[0]
    kept = {file[start:] for file in layout.train}
    fresh = [file for file in copies if file[start + len(name) + 1 :] not in kept]
    return concerning(
        fresh or copies,
        f"{copies[0][: start + len(name)]}/ holds the class folders once more: {len(copies)} "
        f"images{f', of which {len(fresh)} are called otherwise' if fresh else ''}.",
        "each class folder once.",
        "move those that are no copies into the class folders, and remove it; until then its "
        "images are left out."
        if fresh
        else "nothing: it is taken for a copy, and left out.",
        "warning" if fresh else "note",
    )
