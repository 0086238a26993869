"""The numbers of the data screen: everything that is known about a competition before training."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.checks import class_counts, rare_classes
from engine.competition.competition import Competition, competition_in
from engine.competition.conflicts import contradiction
from engine.competition.decoding import MAX_PIXELS, TOO_LARGE
from engine.competition.exhibits import fold_balance, given_labels, labels_of
from engine.competition.extraction import half_extracted
from engine.competition.findings import CompetitionSummary, Conflict, Finding, concerning
from engine.competition.folds import fold_count, known_folds
from engine.competition.grouping import without_promise
from engine.competition.hygiene import Hygiene, examine
from engine.competition.images import Progress
from engine.competition.likeness import clusters_of
from engine.competition.ordering import perhaps_grades
from engine.competition.settings import FoldSettings, load_settings
from engine.competition.tree import scan
from engine.jobs.workspace import Workspace

# Photographs come in few sizes; crops in as many as there are images.
_SIZES = 1000


def summarise(data: Path, workspace: Workspace, progress: Progress) -> CompetitionSummary:
    """Load a competition, look at all its pictures, and say what is there and what is odd.

    Nothing is frozen by looking: without `folds.csv` the number of folds is the planned one.

    Args:
        data: the competition's folder or zip.
        workspace: whose settings count and whose cache remembers the pictures' part.
        progress: told pictures done and in all.

    Returns:
        The summary.

    Raises:
        UserError: the competition can't be loaded, or the cache can't be written.
    """
    tree = scan(data, workspace)
    competition = competition_in(tree, workspace)
    hygiene = examine(competition, workspace, progress)
    settings = load_settings(workspace)
    folds = fold_count(workspace.folds) or settings.folds.count
    frozen = known_folds(competition, workspace.folds)
    counts = class_counts(competition.kind, competition.targets)
    copies = len(np.unique(hygiene.clusters)) < len(competition.ids)
    conflicts = _conflicts(competition, hygiene)
    side = int(np.median(hygiene.sides)) if len(hygiene.sides) else 0
    is_counted = settings.competition.metric is None and competition.metric == "accuracy"
    torn = tuple(_torn(competition, frozen))
    return CompetitionSummary(
        name=competition.name,
        folder=str(competition.folder),
        layout=competition.layout,
        label_file=competition.label_file,
        target=competition.kind,
        metric=competition.metric,
        class_counts=tuple(zip(competition.classes, counts.tolist(), strict=True)),
        labelled_images=len(competition.ids),
        test_images=len(competition.test_ids),
        submission=competition.submission,
        sizes=hygiene.sizes[:_SIZES],
        median_side=side,
        modes=hygiene.modes,
        folds=folds,
        grouped=not torn and (copies or competition.groups is not None),
        findings=(
            # Listing a large zip takes seconds, which no worker is to wait for.
            *half_extracted(tree),
            *(without_promise(competition.findings) if torn else competition.findings),
            *(perhaps_grades(competition.classes, side) if is_counted else ()),
            *rare_classes(competition.kind, competition.classes, competition.targets, folds),
            *hygiene_findings(competition, hygiene, conflicts),
            *_other_count(folds, settings.folds),
            *torn,
        ),
        conflicts=conflicts,
        augmentation=settings.competition.augmentation,
        fold_counts=() if frozen is None else fold_balance(competition, frozen),
    )


def _other_count(folds: int, wanted: FoldSettings) -> Iterator[Finding]:
    """Tell whoever asks for other folds than are frozen why there are none."""
    if "count" in wanted.model_fields_set and wanted.count != folds:
        yield Finding(
            severity="note",
            happened=f"`hydra.toml` asks for {wanted.count} folds, and {folds} are frozen in "
            "`folds.csv`.",
            expected="the same number: experiments of other folds can't be compared.",
            fix=f"write `count = {folds}`; to begin anew with others, move `folds.csv` away, and "
            "`experiments.json` with it.",
        )


def _torn(competition: Competition, frozen: NDArray[np.integer] | None) -> Iterator[Finding]:
    """Tell of groups that folds tear which were frozen before anybody knew of them."""
    if frozen is None or competition.groups is None:
        return
    folds_of: dict[str, set[int]] = {}
    for group, fold in zip(competition.groups, frozen.tolist(), strict=True):
        folds_of.setdefault(group, set()).add(fold)
    torn = [group for group, folds in folds_of.items() if len(folds) > 1]
    if torn:
        yield concerning(
            torn,
            f"`folds.csv` has rows of one `{competition.group_column}` in several folds: "
            f"{len(torn)} of {len(folds_of)} are torn.",
            "folds that share no patient or group, else scores are too good.",
            "to begin anew with such folds, move `folds.csv` away, and `experiments.json` with it; "
            'to leave them torn, write `[folds]` and `group_column = ""` into `hydra.toml`.',
        )


def hygiene_findings(
    competition: Competition, hygiene: Hygiene, conflicts: tuple[Conflict, ...]
) -> tuple[Finding, ...]:
    """Say what the pictures tell, in the three parts of every message.

    Args:
        competition: whose pictures they are.
        hygiene: what was found in them.
        conflicts: copies whose labels differ.

    Returns:
        Unreadable files, what is taken for white, copies, contradictions between copies, and
        leaks; each at most once.
    """
    labelled = (hygiene.pairs < hygiene.labelled).all(axis=1)
    pairs, exact = hygiene.pairs[labelled], hygiene.exact[labelled]
    found = (
        *_unreadable(competition, hygiene),
        _white(hygiene),
        _copies(competition, pairs[exact], "exact copies of one another"),
        _copies(competition, pairs[~exact], "near copies of one another (compressed or resized)"),
        contradiction(conflicts),
        _leaks(competition, hygiene),
    )
    return tuple(finding for finding in found if finding is not None)


def _unreadable(competition: Competition, hygiene: Hygiene) -> Iterator[Finding | None]:
    training = [
        (competition.paths[row].name, why) for row, why in hygiene.unreadable_training.items()
    ]
    test = [
        (path.name, why)
        for row, why in hygiene.unreadable_test.items()
        if (path := competition.test_paths[row]) is not None
    ]
    parts = (
        ("Labelled", training, "until then they are left out of training."),
        ("Test", test, "until then they are left out, or guessed by the class shares."),
    )
    for part, unread, meanwhile in parts:
        large = [f"{name}: {why}" for name, why in unread if why.startswith(TOO_LARGE)]
        others = [f"{name}: {why}" for name, why in unread if not why.startswith(TOO_LARGE)]
        yield _finding(
            others,
            f"{part} images that can't be decoded: {len(others)}.",
            "whole image files: every test image needs an answer."
            if unread is test
            else "whole image files.",
            f"download them again; {meanwhile}",
        )
        yield _finding(
            large,
            f"{part} images of too many pixels: {len(large)}.",
            f"at most {MAX_PIXELS:,} pixels an image, as 9,459 x 9,459 has; of a JPEG twice that.",
            "resize them, such as to 2,000 pixels on the longer side: `mogrify -resize 2000x2000 "
            f"FILES`, of ImageMagick; {meanwhile}",
        )


def _white(hygiene: Hygiene) -> Finding | None:
    if not hygiene.white.in_words:
        return None
    return Finding(
        severity="note",
        happened=hygiene.white.in_words,
        expected="one scale for all images, so that their brightness can be compared.",
        fix="nothing, unless single pixels are far brighter than all others: then all images are "
        "dark, and the pixels are to be mended.",
    )


def _copies(competition: Competition, pairs: np.ndarray, what: str) -> Finding | None:
    names = [f"{competition.ids[a]} = {competition.ids[b]}" for a, b in pairs.tolist()]
    images = len(np.unique(pairs))
    finding = _finding(
        names,
        f"Labelled images that are {what}: {images}.",
        "different pictures: a copy in training and validation flatters the score.",
        "nothing: copies are kept in one fold.",
        "note",
    )
    return finding.model_copy(update={"count": images}) if finding is not None else None


def _conflicts(competition: Competition, hygiene: Hygiene) -> tuple[Conflict, ...]:
    """Groups of copies whose labels differ, in the order of their first images."""
    pairs = hygiene.pairs[(hygiene.pairs < hygiene.labelled).all(axis=1)]
    differ = (competition.targets[pairs[:, 0]] != competition.targets[pairs[:, 1]]).any(axis=1)
    clusters = hygiene.clusters
    groups = (
        np.flatnonzero(clusters == one).tolist()
        for one in np.unique(clusters[pairs[differ].ravel()])
    )
    return tuple(
        Conflict(
            ids=tuple(competition.ids[row] for row in group),
            labels=tuple(given_labels(competition, row) for row in group),
        )
        for group in groups
    )


def _leaks(competition: Competition, hygiene: Hygiene) -> Finding | None:
    # A cluster is numbered by its first row, and labelled images come first.
    clusters = clusters_of(hygiene.labelled + len(competition.test_ids), hygiene.pairs)
    names = [
        f"{identifier} (test) = {competition.ids[first]} ({_label(competition, first)})"
        for identifier, first in zip(
            competition.test_ids, clusters[hygiene.labelled :].tolist(), strict=True
        )
        if first < hygiene.labelled
    ]
    return _finding(
        names,
        f"Test images that are copies of labelled images: {len(names)}.",
        "test images that were never trained on.",
        "nothing in the files; know that the leaderboard rewards memory on these, and go on: "
        "P in the cockpit passes the gate.",
    )


def _label(competition: Competition, row: int) -> str:
    return " ".join(labels_of(competition, row))


def _finding(
    files: Sequence[str], happened: str, expected: str, fix: str, severity: str = "warning"
) -> Finding | None:
    return concerning(files, happened, expected, fix, severity) if files else None
