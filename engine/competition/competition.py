"""A competition, loaded: labelled images, their truth, the images to predict, and what is odd."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.competition.annotations import with_listings
from engine.competition.answerable import answerable
from engine.competition.answers import answer_columns, default_format, hints_of, read_format
from engine.competition.asked import Asked, find_asked
from engine.competition.assumed import assumed
from engine.competition.checks import refuse_hopeless, unused_images
from engine.competition.extraction import pictured, unread
from engine.competition.findings import (
    BETAS,
    NAMED,
    Finding,
    MetricName,
    SubmissionFormat,
    TargetKind,
)
from engine.competition.layout import Layout, recognise
from engine.competition.listed import listed_format, listing
from engine.competition.names import named_in
from engine.competition.numbering import Numbering, numbering, with_one_positive
from engine.competition.ordering import in_order, unordered
from engine.competition.rows import TrainingRows, from_folders, from_table
from engine.competition.settings import Settings, load_settings
from engine.competition.tables import Table
from engine.competition.tree import Tree, scan
from engine.errors import UserError
from engine.jobs.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Competition:
    """Everything training needs to know; rows that can't be used are left out and named.

    Args:
        name: the folder's or zip's name.
        folder: where the images lie; a zip's content lies in the workspace's cache.
        kind: what a prediction is.
        classes: names; a binary target's positive is the second.
        ids: one a labelled image, unique, as the label file spells them.
        paths: their images.
        targets: float32, (rows, 1) binary, (rows, classes) one-hot, or (rows, labels).
        groups: one a labelled image, where a column tells what belongs together.
        test_ids: the images to predict, as the sample spells them and in its order.
        test_paths: their images; None where there is none.
        submission: the answer file's format; None without test images.
        metric: how answers are scored.
        layout: what was recognised, in words.
        label_file: the label CSV's name; None for class folders.
        findings: what a person should know.
        group_column: that column.
    """

    name: str
    folder: Path
    kind: TargetKind
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    paths: tuple[Path, ...]
    targets: np.ndarray
    groups: tuple[str, ...] | None
    test_ids: tuple[str, ...]
    test_paths: tuple[Path | None, ...]
    submission: SubmissionFormat | None
    metric: MetricName
    layout: str
    label_file: str | None
    findings: tuple[Finding, ...]
    group_column: str | None = None


def load_competition(data: Path, workspace: Workspace) -> Competition:
    """Recognise a competition as Kaggle delivers it. Reads names and tables, no image.

    Args:
        data: the folder, or the zip.
        workspace: whose `hydra.toml` overrides what is recognised; zips go into its cache.

    Returns:
        The competition.

    Raises:
        UserError: it can't be recognised, or nothing can be learned from it.
    """
    return competition_in(scan(data, workspace), workspace)


def competition_in(tree: Tree, workspace: Workspace) -> Competition:
    """Recognise a competition in what a folder was seen to hold.

    Args:
        tree: its images and tables.
        workspace: whose `hydra.toml` overrides what is recognised.

    Returns:
        The competition.

    Raises:
        UserError: it can't be recognised, or nothing can be learned from it.
    """
    settings = load_settings(workspace)
    tree = with_listings(tree, settings.competition, workspace)
    layout = recognise(tree, settings.competition)
    listed = listing(tree, layout)
    asked = find_asked(tree, layout, listed)
    rows, told = _numbered(tree, layout, _training_rows(layout, settings, asked), settings)
    refuse_hopeless(rows.targets.kind, rows.targets.classes, rows.targets.values, rows.findings)
    test_ids, test_files, test_findings = answerable(layout, rows, asked, listed)
    submission, odd = _submission(layout, rows, settings, (len(test_ids), listed), told)
    odd += assumed(layout.sample, rows.targets, submission, settings.competition, told)
    metric = settings.competition.metric or _metric(submission, rows.targets.kind)
    _check(metric, rows.targets.kind)
    odd += unordered(rows.targets, metric, settings.competition.classes)
    label_file = rows.labels.table.path.name if rows.labels is not None else None
    return Competition(
        name=tree.name,
        folder=tree.root,
        kind=rows.targets.kind,
        classes=rows.targets.classes,
        ids=rows.ids,
        paths=tuple(tree.path(layout.train[row]) for row in rows.images),
        targets=rows.targets.values,
        groups=rows.groups,
        group_column=rows.group_column,
        test_ids=test_ids,
        test_paths=tuple(None if f is None else tree.path(f) for f in test_files),
        submission=submission,
        metric=metric,
        layout=_in_words(layout, label_file, has_test=any(file is not None for file in test_files)),
        label_file=label_file,
        findings=(
            *unread(tree),
            *pictured(tree),
            *rows.findings,
            *test_findings,
            *odd,
            *unused_images(tree, layout),
        ),
    )


def _training_rows(layout: Layout, settings: Settings, asked: Asked | None) -> TrainingRows:
    columns = answer_columns(layout.sample)
    hints = hints_of(layout.sample, settings.competition)
    if layout.classes is None:
        rows = from_table(layout, settings, columns, hints, asked)
    else:
        rows = from_folders(layout, settings, columns, hints)
    return replace(rows, targets=in_order(rows.targets, settings.competition.classes))


def _numbered(
    tree: Tree, layout: Layout, rows: TrainingRows, settings: Settings
) -> tuple[TrainingRows, Numbering | None]:
    """The classes' numbers as a file has them, and the rows with number 1 as the positive class."""
    sample, classes = layout.sample, rows.targets.classes
    told = None if sample is None else numbering(tree, sample, classes)
    if sample is None or told is None or settings.competition.positive is not None:
        return rows, told
    if named_in(classes, sample.columns[1]) is not None:
        return rows, told
    targets, told = with_one_positive(rows.targets, told)
    return replace(rows, targets=targets), told


def _submission(
    layout: Layout,
    rows: TrainingRows,
    settings: Settings,
    to_predict: tuple[int, Table | None],
    told: Numbering | None,
) -> tuple[SubmissionFormat | None, tuple[Finding, ...]]:
    if layout.sample is not None:
        return read_format(layout.sample, rows.targets, settings.competition, told)
    count, listed = to_predict
    if listed is not None:
        form, assumption = listed_format(listed, layout, rows.targets, settings.competition)
        return form, (assumption,)
    if not count:
        return None, ()
    identifier = rows.labels.id_column if rows.labels is not None else "file"
    return default_format(rows.targets, identifier, count, settings.competition), ()


def _metric(submission: SubmissionFormat | None, kind: TargetKind) -> MetricName:
    if submission is None or submission.answers != "class":
        return "log_loss"
    ranking: dict[int, MetricName] = {named: metric for metric, named in NAMED.items()}
    if submission.ranks in ranking:
        return ranking[submission.ranks]
    # Right labels are mostly absent ones: no competition of tags is scored by how many are right.
    return "macro_f1" if kind is TargetKind.MULTILABEL else "accuracy"


def _check(metric: MetricName, kind: TargetKind) -> None:
    """See that a metric has a value for such targets."""
    is_of_tags = kind is TargetKind.MULTILABEL
    is_undefined = metric in NAMED and kind is not TargetKind.MULTICLASS
    if metric in BETAS:
        is_undefined = not is_of_tags
    if is_undefined or (is_of_tags and metric in ("balanced_accuracy", "quadratic_kappa")):
        raise UserError(
            f'`metric = "{metric}"` in `hydra.toml` has no value for {kind} targets.',
            "a metric of one class of several, or of such targets.",
            "write another `metric`, such as log_loss or auc; or, where the targets are read "
            "wrongly, `target` or `target_columns` below `[competition]`.",
        )


def _in_words(layout: Layout, label_file: str | None, has_test: bool) -> str:
    where = f"{layout.train_folder or '.'}/"
    if label_file is None:
        said = f"one folder a class in {where}"
        if layout.are_classes_in_names:
            said = f"files called after their class in {where}"
    else:
        said = f"{label_file} names the images in {where}"
    if layout.test and (has_test or not layout.is_shared):
        said += (
            ", which also holds the test images"
            if layout.is_shared
            else (f"; test images in {layout.test_folder or '.'}/")
        )
    return said
