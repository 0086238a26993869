"""The labelled images: labels joined with files, and every row that had to be left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from engine.competition.asked import Asked
from engine.competition.findings import Finding, concerning
from engine.competition.grouping import likely_group
from engine.competition.label_table import Labels
from engine.competition.layout import Layout
from engine.competition.namesakes import ambiguous, unclear
from engine.competition.repeats import once
from engine.competition.settings import Settings
from engine.competition.tables import is_missing
from engine.competition.tags import Hints
from engine.competition.targets import Targets, from_names, read_targets
from engine.competition.to_predict import unlabelled, without_asked
from engine.errors import UserError


@dataclass(frozen=True)
class TrainingRows:
    """What can be trained on.

    Args:
        ids: one a row, unique.
        images: each row's position in the layout's training images.
        targets: their truth, without missing values.
        groups: what may not be split, one a row.
        labels: the label table; None for class folders.
        findings: what was left out, and why.
        group_column: the column that `groups` were read from.
    """

    ids: tuple[str, ...]
    images: tuple[int, ...]
    targets: Targets
    groups: tuple[str, ...] | None
    labels: Labels | None
    findings: tuple[Finding, ...]
    group_column: str | None = None


def from_table(
    layout: Layout,
    settings: Settings,
    columns: tuple[str, ...],
    hints: Hints,
    asked: Asked | None = None,
) -> TrainingRows:
    """Join a label table with the training images.

    Args:
        layout: what was recognised, with labels.
        settings: the user's overrides.
        columns: the sample submission's answer columns.
        hints: what else tells tags from classes.
        asked: the images that the sample asks for; None without one.

    Returns:
        One row a labelled image that can be used.

    Raises:
        UserError: the labels can't be understood.
    """
    assert layout.labels is not None
    group_column = settings.folds.group_column

    def read(labels: Labels) -> Targets:
        return read_targets(
            labels.table,
            labels.id_column,
            settings.competition.target_columns,
            columns,
            ignored=(group_column,) if group_column else (),
            hints=hints,
        )

    labels, left_out = without_asked(layout, layout.labels, asked, read)
    targets = read(labels)
    table = labels.table
    ids = table.column(labels.id_column)
    findings: list[Finding] = [*_said(layout), *left_out, *targets.findings]
    to_predict = unlabelled(layout, labels, targets, asked)
    usable, alike = _with_image(layout, labels, to_predict, findings)
    usable = _with_label(labels, targets, usable, to_predict, findings)
    targets, usable, repeats = once(labels, targets, usable, hints, layout.sample)
    findings += repeats
    if group_column is None:
        known = (labels.id_column, *targets.columns)
        others = [column for column in table.columns if column not in known]
        values, count = targets.values[usable], settings.folds.count
        group_column, told = likely_group(table, others, usable, values, count)
        findings += told
    used = [
        (ids[row], layout.train[image]) for row in usable if (image := labels.rows[row]) is not None
    ]
    doubled, unused = ambiguous(used, layout.train)
    findings += doubled
    _note_unlabelled(layout, labels, unused | alike, findings)
    groups = _groups(labels, group_column) if group_column else None
    return TrainingRows(
        ids=tuple(ids[row] for row in usable),
        images=tuple(image for row in usable if (image := labels.rows[row]) is not None),
        targets=replace(targets, values=targets.values[usable]),
        groups=tuple(groups[row] for row in usable) if groups is not None else None,
        labels=labels,
        findings=tuple(findings),
        group_column=group_column,
    )


def from_folders(
    layout: Layout, settings: Settings, asked: tuple[str, ...], hints: Hints
) -> TrainingRows:
    """Take each training image's class from its folder.

    Args:
        layout: what was recognised, with classes.
        settings: the user's overrides.
        asked: the sample submission's answer columns.
        hints: what else tells tags from classes.

    Returns:
        One row an image that lies in a class folder.

    Raises:
        UserError: `group_column` is set, and no table has it.
    """
    classes = layout.classes
    assert classes is not None
    kept = [row for row, name in enumerate(classes) if name]
    loose = [layout.train[row] for row, name in enumerate(classes) if not name]
    prefix = len(layout.train_folder) + 1 if layout.train_folder else 0
    names = [layout.train[row][prefix:] for row in kept]
    named = [classes[row] for row in kept]
    targets = from_names(named, asked, f"{layout.train_folder}/", hints=hints)
    group_column, told = settings.folds.group_column, tuple[Finding, ...]()
    if group_column is None:
        truths = dict(zip(kept, targets.values, strict=True))
        group_column, told = _likely_group_of(
            layout.labels, set(named), truths, settings.folds.count
        )
    groups = None
    if group_column:
        by_image = _groups_by_image(layout.labels, group_column)
        groups = tuple(by_image.get(row, layout.train[row]) for row in kept)
    findings: tuple[Finding, ...] = ()
    if loose:
        findings = (
            concerning(
                loose,
                f"Training images outside every class folder: {len(loose)}.",
                "every training image in the folder of its class.",
                "move them into their class's folder, or leave them out as now.",
            ),
        )
    findings += (*targets.findings, *told)
    return TrainingRows(tuple(names), tuple(kept), targets, groups, None, findings, group_column)


def _said(layout: Layout) -> tuple[Finding, ...]:
    """What is to be known of how the table names its images."""
    labels = layout.labels
    assert labels is not None
    if labels.affixes is not None and labels.rows[0] is not None:
        first, file = labels.table.column(labels.id_column)[0], layout.train[labels.rows[0]]
        return (labels.affixes.note(labels.table.path.name, first, file),)
    if not labels.is_headless:
        return ()
    first = labels.table.column(labels.id_column)[0]
    return (
        concerning(
            [first],
            f"{labels.table.path.name} has no header: its first line names the image `{first}`.",
            "a first line with the columns' names, such as `id,label`.",
            "nothing: the first line is read as a row, and the columns are called "
            f"{', '.join(labels.table.columns[:5])}.",
            "note",
        ),
    )


def _with_image(
    layout: Layout, labels: Labels, to_predict: frozenset[int], findings: list[Finding]
) -> tuple[list[int], frozenset[str]]:
    """The rows that have an image, and the files that others may mean."""
    ids = labels.table.column(labels.id_column)
    absent = [
        row for row, image in enumerate(labels.rows) if image is None and row not in to_predict
    ]
    told, alike = unclear([ids[row] for row in absent], layout.train, labels.table.path.name)
    findings += told
    absent = [row for row in absent if ids[row] not in alike]
    if absent:
        first = absent[0]
        findings.append(
            concerning(
                [ids[row] for row in absent],
                f"Labels without an image: {len(absent)} of {len(ids)} (first: "
                f"`{ids[first]}`, line {labels.table.lines[first]} of {labels.table.path.name}).",
                "an image for every label.",
                "complete the image folder; until then these rows are left out.",
            )
        )
    usable = [row for row, image in enumerate(labels.rows) if image is not None]
    return usable, frozenset(chain(*alike.values()))


def _with_label(
    labels: Labels,
    targets: Targets,
    usable: list[int],
    to_predict: frozenset[int],
    findings: list[Finding],
) -> list[int]:
    ids = labels.table.column(labels.id_column)
    missing = np.isnan(targets.values[:, 0])
    without = [row for row in usable if missing[row] and row not in to_predict]
    if without:
        first = without[0]
        said = labels.table.column(targets.columns[0])[first] if targets.columns else ""
        findings.append(
            concerning(
                [ids[row] for row in without],
                f"Images with an empty label: {len(without)} (first: `{ids[first]}`, line "
                f"{labels.table.lines[first]} of {labels.table.path.name}"
                f"{f', which says `{said}`' if said else ''}).",
                "a label in every row.",
                f"fill in the labels{', or call that class otherwise' if said else ''}; until then "
                "these images are left out of training.",
            )
        )
    return [row for row in usable if not missing[row]]


def _note_unlabelled(
    layout: Layout, labels: Labels, unused: frozenset[str], findings: list[Finding]
) -> None:
    if layout.is_shared:
        return
    named = {row for row in labels.rows if row is not None}
    loose = [
        file for row, file in enumerate(layout.train) if row not in named and file not in unused
    ]
    if loose:
        findings.append(
            concerning(
                loose,
                f"Training images without a row in {labels.table.path.name}: {len(loose)}.",
                "a label for every training image.",
                "add their labels; until then these images are left out of training.",
            )
        )


def _likely_group_of(
    labels: Labels | None, classes: set[str], truths: Mapping[int, np.ndarray], folds: int
) -> tuple[str | None, tuple[Finding, ...]]:
    """Groups in a table that describes the images of class folders."""
    if labels is None or 2 * labels.count < len(truths):
        return None, ()
    table = labels.table
    others = [c for c in table.columns if not set(table.column(c)) <= classes]
    others = [column for column in others if column != labels.id_column]
    found = {row: image for row, image in enumerate(labels.rows) if image in truths}
    values = np.array([truths[image] for image in found.values() if image is not None])
    return likely_group(table, others, list(found), values, folds)


def _groups(labels: Labels, column: str) -> list[str]:
    if column not in labels.table.columns:
        raise UserError(
            f"hydra.toml: `group_column` is `{column}`, which {labels.table.path.name} "
            "does not have.",
            f"one of {', '.join(labels.table.columns)}.",
            "correct `group_column` in `[folds]`, or name as `labels` a table that has it as well.",
        )
    ids = labels.table.column(labels.id_column)
    cells = labels.table.column(column)
    # Where nothing is said a row stands alone, also where its name is that of a group.
    known = set(cells)
    alone = (f"{name} alone" if name in known else name for name in ids)
    return [name if is_missing(cell) else cell for cell, name in zip(cells, alone, strict=True)]


def _groups_by_image(labels: Labels | None, column: str) -> dict[int, str]:
    if labels is None:
        raise UserError(
            f"hydra.toml: `group_column` is `{column}`, but no CSV names the training images.",
            f"a CSV with the images' names and a column `{column}`.",
            "remove `group_column` from `[folds]`, or add that CSV.",
        )
    groups = _groups(labels, column)
    return {
        image: group for image, group in zip(labels.rows, groups, strict=True) if image is not None
    }
