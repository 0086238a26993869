"""The images to predict: those that the sample asks for, else all that are no training images."""

from engine.competition.asked import Asked
from engine.competition.counting import is_number
from engine.competition.findings import Finding
from engine.competition.layout import Layout
from engine.competition.namesakes import ambiguous, unclear
from engine.competition.rows import TrainingRows
from engine.competition.tables import Table


def answerable(
    layout: Layout, rows: TrainingRows, asked: Asked | None, listed: Table | None
) -> tuple[tuple[str, ...], list[str | None], tuple[Finding, ...]]:
    """Tell which images are to be predicted.

    Args:
        layout: what was recognised.
        rows: what is trained on, which is never answered.
        asked: what the sample asks for, or a table of the test images; None without either.
        listed: that table, where there is no sample.

    Returns:
        Their ids, and each one's file, relative; None where there is none. And what is odd.
    """
    sample = layout.sample or listed
    if sample is None or asked is None:
        return _unsampled(layout, rows)
    # Ids are often counted from 1 in both parts: without a test folder, an id that is also a
    # training image's must not be answered with that image.
    labelled = {layout.train[row] for row in rows.images} if layout.is_shared else set()
    files = [
        None if row is None or layout.test[row] in labelled else layout.test[row]
        for row in asked.rows
    ]
    pairs = [(name, file) for name, file in zip(asked.ids, files, strict=True) if file is not None]
    findings, _ = ambiguous(pairs, layout.test)
    findings = (*asked.findings, *findings)
    # Of `1.jpg` and `1.png` one is enough.
    there = len({file.rpartition(".")[0] for file in layout.test})
    if not layout.is_shared and len(asked.ids) < there and not asked.table:
        findings = (*findings, _excerpt(sample.path.name, len(asked.ids), there))
    absent = [name for name, file in zip(asked.ids, files, strict=True) if file is None]
    if not asked.table:
        told, alike = unclear(absent, layout.test, sample.path.name)
        findings = (*told, *findings)
        absent = [name for name in absent if name not in alike]
    if absent:
        findings = (_missing(layout, sample, absent), *findings)
    return asked.ids, files, findings


def _missing(layout: Layout, sample: Table, absent: list[str]) -> Finding:
    fix = "download the test images too"
    if len(absent) < len(sample.rows):
        fix += "; until then they are left out, or guessed by the class shares."
    elif any(_may_name(sample.column(column)) for column in sample.columns[1:]):
        fix += ", or name the sample's column that names them as `id_column` in `hydra.toml`."
    elif layout.test and not layout.is_shared:
        fix += (
            f"; the images in {layout.test_folder or '.'}/ are called otherwise, such as "
            f"{layout.test_names[0]}. Where a table says which is which, call it test.csv, and its "
            f"column of ids `{sample.columns[0]}`."
        )
    else:
        fix += "."
    return Finding(
        severity="warning",
        happened=f"Test images named in {sample.path.name} that are missing: "
        f"{len(absent)} of {len(sample.rows)}.",
        expected=f"an image for every row of {sample.path.name}.",
        fix=fix,
        files=tuple(absent[:20]),
        count=len(absent),
    )


def _may_name(cells: list[str]) -> bool:
    """Whether the cells of a column tell its rows apart, and are no answers in numbers."""
    return len(set(cells)) == len(cells) > 1 and not all(
        is_number(cell) and not cell.isdecimal() for cell in cells
    )


def _unsampled(
    layout: Layout, rows: TrainingRows
) -> tuple[tuple[str, ...], list[str | None], tuple[Finding, ...]]:
    used = {layout.train[row] for row in rows.images}
    if layout.is_shared:
        return (), [], (_nothing_to_predict(),)
    names = [file.rpartition("/")[2] for file in layout.test]
    if len(set(names)) < len(names):
        names = list(layout.test_names)
    if rows.labels is not None and not any("." in name for name in rows.ids[:100]):
        stems = [name.rpartition(".")[0] for name in names]
        names = stems if len(set(stems)) == len(stems) else names
    kept = [(n, f) for n, f in zip(names, layout.test, strict=True) if f not in used]
    findings = () if kept else (_nothing_to_predict(),)
    return tuple(name for name, _ in kept), [file for _, file in kept], findings


def _excerpt(sample: str, asked: int, there: int) -> Finding:
    return Finding(
        severity="note",
        happened=f"{sample} asks for {asked} answers; there are {there} test images.",
        expected="a row for every test image, unless some are not scored.",
        fix="nothing, if all rows are there; else download the whole file.",
    )


def _nothing_to_predict() -> Finding:
    return Finding(
        severity="warning",
        happened="No test images were found: nothing can be exported.",
        expected="a folder `test/`, or a sample submission that names the test images.",
        fix="add them, or name their folder as `test` in `hydra.toml`.",
    )
