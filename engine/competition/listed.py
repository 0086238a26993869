"""The table of the test images: without a sample submission it says what is to be answered."""

from collections.abc import Iterator
from dataclasses import replace

from engine.competition.answers import default_format
from engine.competition.findings import Finding, SubmissionFormat, TargetKind
from engine.competition.layout import Layout
from engine.competition.names import ImageIndex, is_row_number, words
from engine.competition.settings import CompetitionSettings
from engine.competition.tables import Table, read_table
from engine.competition.targets import Targets
from engine.competition.tree import Tree
from engine.errors import UserError

# They have no value for anything but probabilities.
_OF_PROBABILITIES = ("log_loss", "auc")


def tables_of_tests(tree: Tree) -> Iterator[Table]:
    """The tables whose names say test, those higher up first.

    Args:
        tree: the competition's files.
    """
    for path in sorted(tree.tables, key=lambda path: (path.count("/"), path)):
        said = set(words(path.rpartition("/")[2]))
        if "test" not in said or {"sample", "submission", "train"} & said:
            continue
        try:
            yield read_table(tree.tables[path])
        except UserError:
            # Nothing else is read of it.
            continue


def listing(tree: Tree, layout: Layout) -> Table | None:
    """The table that lists the test images, where no sample submission does.

    Args:
        tree: the competition's files.
        layout: what was recognised.

    Returns:
        One row an image, the column that names it first; None without one.
    """
    labels = layout.labels
    if layout.sample is not None or not layout.test:
        return None
    index = ImageIndex(layout.test_names)
    for table in tables_of_tests(tree):
        if labels is not None and table.path == labels.table.path:
            continue
        able = [c for c in table.columns if _names_images(table.column(c), index)]
        # A count of the rows may be what the images are called by, too.
        able.sort(key=lambda c: (is_row_number(c), labels is None or c != labels.id_column))
        if able:
            columns = tuple(dict.fromkeys((able[0], *table.columns)))
            cells = zip(*map(table.column, columns), strict=True)
            # One answer an image, however many rows describe it.
            rows = tuple({row[0]: row for row in cells}.values())
            return replace(table, columns=columns, rows=rows)
    return None


def listed_format(
    listed: Table, layout: Layout, targets: Targets, settings: CompetitionSettings
) -> tuple[SubmissionFormat, Finding]:
    """How answers are written where a table lists the test images: as the labels are.

    Hackathons that come without a sample want the label column filled in. One column a class is
    answered by probabilities, and so is all else where only these have a score.

    Args:
        listed: the table, its column of images first.
        layout: what was recognised.
        targets: what is predicted.
        settings: the user's overrides.

    Returns:
        The format, and what is assumed.
    """
    answers = settings.answers
    if answers is None and len(targets.columns) < 2 and settings.metric not in _OF_PROBABILITIES:
        answers = "class"
    told = settings.model_copy(update={"answers": answers})
    form = default_format(targets, listed.columns[0], len(listed.rows), told)
    if not targets.columns and len(form.answer_columns) == 1:
        known = () if layout.labels is None else layout.labels.table.columns
        shared = [column for column in listed.columns[1:] if column in known]
        if len(shared) == 1:
            form = form.model_copy(update={"answer_columns": tuple(shared)})
    shown = ", ".join(form.columns[:6]) + (", ..." if len(form.columns) > 6 else "")
    is_class = form.answers == "class"
    tags = "its tags" if targets.kind is TargetKind.MULTILABEL else "the class"
    # Whoever has written how to answer need not be asked again.
    return form, Finding(
        severity="warning" if settings.answers is None else "note",
        happened=f"No sample submission: the images and ids of {listed.path.name} are answered, "
        f"as `{shown}`, with {tags if is_class else 'probabilities'}.",
        expected="a sample submission, which says how answers are written.",
        fix="add the competition's sample (`sample_submission` in `hydra.toml` names it); where "
        'it has none, write `[competition]` and `answers = "class"` or `"probability"`, whichever '
        "it asks for, and its `metric`.",
    )


def _names_images(cells: list[str], index: ImageIndex) -> bool:
    names = set(cells)
    # Classes 0 and 1 also name the images `0.jpg` and `1.jpg`.
    return 2 * len(names) > len(cells) and len(names) < 2 * sum(
        index.find(name) is not None for name in names
    )
