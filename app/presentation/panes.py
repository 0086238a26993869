"""Facts as the panes show them: names on the left, values wrapped under themselves."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from app.presentation.findings import files_told, gravest_first
from app.presentation.tables import experiment_facts, fields_of
from app.presentation.text import error_lines
from engine.competition.findings import Finding
from engine.experiment.record import ExperimentRecord


def facts_pane(facts: Sequence[tuple[str, str]]) -> Table:
    """Names and values in two columns.

    Args:
        facts: the pairs; one with an empty value is a heading.
    """
    grid = _grid()
    for name, value in facts:
        grid.add_row(Text(name, "dim" if value else "bold"), Text(value))
    return grid


def experiment_pane(record: ExperimentRecord) -> Table:
    """All there is to say of one experiment; why it failed comes first."""
    facts: list[tuple[str, str]] = []
    if record.error is not None:
        names = ("error", "", "")
        facts += [*zip(names, error_lines(record.error), strict=False), ("", "")]
    facts += [*experiment_facts(record), ("", ""), ("spec", "")]
    group = ""
    for path, value in fields_of(record):
        above, _, name = path.rpartition(".")
        if above and above != group:
            facts.append((above, ""))
        group = above
        facts.append((f"  {name}" if above else name, value))
    if record.environment:
        facts += [("", ""), ("ran on", "")]
        facts += [(f"  {name}", value) for name, value in record.environment.items()]
    return facts_pane(facts)


def findings_pane(findings: Sequence[Finding]) -> Table:
    """What is odd in a competition, and what to do about it."""
    grid = _grid(1)
    for finding in gravest_first(findings):
        is_warning = finding.severity == "warning"
        color = "yellow" if is_warning else "cyan"
        grid.add_row(Text("!" if is_warning else "i", color), Text(finding.happened, color))
        grid.add_row("", Text(f"Expected: {finding.expected}"))
        grid.add_row("", Text(f"To fix it: {finding.fix}"))
        if finding.files:
            grid.add_row("", Text(files_told(finding), "dim"))
        grid.add_row("", "")
    if not findings:
        grid.add_row(Text("✓", "green"), "Nothing odd was found.")
    return grid


def _grid(gap: int = 2) -> Table:
    grid = Table.grid(padding=(0, gap))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    return grid
