"""Commands that show what there is; they change nothing."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.command_line.follow import print_log
from app.command_line.opening import DONE, WORK_FAILED, command, open_service
from app.command_line.speaking import print_json, progress
from app.presentation.blends import comparison_lines, comparison_table, move_lines
from app.presentation.diagnosed import symptoms_of
from app.presentation.searches import importance_rows, nothing_matters
from app.presentation.tables import (
    columns,
    data_lines,
    doctor_lines,
    experiment_lines,
    table_lines,
)
from app.presentation.under_way import by_experiment, progress_fields
from app.terminal import examine_terminal
from engine.competition.conflicts import findings_left
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.progress import LiveTask
from engine.setup import check_installation
from engine.tuning.ranking import trials_of


def ls(parsed: argparse.Namespace) -> int:
    """List the experiments."""
    service = open_service(parsed)
    records, live = service.records(), service.snapshot().live
    if parsed.json:
        print_json([_document(record, live) for record in records])
    elif records:
        print(*table_lines(records, live), sep="\n")
    else:
        first = command("run baseline", service.workspace.root)
        print(f"No experiments yet. Run the first: {first}")
    return DONE


def show(parsed: argparse.Namespace) -> int:
    """Show one experiment, and what is wrong with it; of a search also what mattered in it."""
    # Plotting costs every other command, and the cockpit, a tenth of its start.
    from app.command_line.plotting import curve_lines

    service = open_service(parsed)
    record = service.record(parsed.experiment)
    live = [task for task in service.snapshot().live if task.experiment == record.id]
    try:
        importance = service.workbench.importance(record)
    finally:
        service.close()
    if parsed.json:
        found = [one.model_dump(mode="json") for one in symptoms_of(record)]
        document = _document(record, live) | {"diagnosis": found}
        if isinstance(record.spec, SearchSpec):
            document["importance"] = [one.model_dump(mode="json") for one in importance]
        print_json(document)
    else:
        print(*experiment_lines(record, live), *curve_lines(record.tasks), sep="\n")
        if importance:
            print("", *columns(importance_rows(importance)), sep="\n")
        elif finished := sum(one.status == "done" for one in trials_of(record)):
            print("", nothing_matters(finished), sep="\n")
    return DONE


def _document(record: ExperimentRecord, live: Sequence[LiveTask]) -> dict[str, Any]:
    """A record for scripts, with how far it has got while it runs."""
    progress = progress_fields(by_experiment(live).get(record.id))
    return record.model_dump(mode="json") | {"progress": progress}


def log(parsed: argparse.Namespace) -> int:
    """Print what an experiment said."""
    print_log(open_service(parsed), parsed.experiment, parsed.follow)
    return DONE


def compare(parsed: argparse.Namespace) -> int:
    """Hold experiments against one of them."""
    service = open_service(parsed)
    try:
        comparison = service.workbench.compare(parsed.experiments, parsed.reference)
    finally:
        service.close()
    ids = (comparison.reference, *(one.id for one in comparison.compared))
    # One by one, since they may have been deleted: their predictions are still there.
    records = {one: service.record(one) for one in ids}
    if parsed.json:
        scores = {one: record.scores.model_dump(mode="json") for one, record in records.items()}
        print_json(comparison.model_dump(mode="json") | {"scores": scores})
    elif parsed.table is not None:
        print(*comparison_table(comparison, records, parsed.table), sep="\n")
    else:
        print(*comparison_lines(comparison, records), sep="\n")
    return DONE


def advise(parsed: argparse.Namespace) -> int:
    """Say where the recipe stands and what to do next."""
    service = open_service(parsed)
    try:
        if service.known_summary() is None:
            service.summary(progress)
    finally:
        service.close()
    snapshot = service.snapshot()
    if parsed.json:
        print_json(
            {
                "gates": [rung.model_dump(mode="json") for rung in snapshot.ladder],
                "moves": [move.model_dump(mode="json") for move in snapshot.moves],
            }
        )
    else:
        print(*move_lines(snapshot.ladder, snapshot.moves), sep="\n")
    return DONE


def data(parsed: argparse.Namespace) -> int:
    """Show what was recognised of the competition."""
    service = open_service(parsed)
    try:
        summary = service.summary(progress)
    finally:
        service.close()
    if parsed.json:
        print_json(summary.model_dump(mode="json"))
    else:
        left_out = service.snapshot().left_out
        findings = findings_left(summary, left_out)
        print(*data_lines(summary, findings, len(left_out)), sep="\n")
    return DONE


def doctor(parsed: argparse.Namespace) -> int:
    """Check the installation."""
    checks = (*check_installation(Path(getattr(parsed, "workspace", "."))), examine_terminal())
    if parsed.json:
        print_json([check.model_dump(mode="json") for check in checks])
    else:
        print(*doctor_lines(checks), sep="\n")
    return DONE if all(check.is_well for check in checks) else WORK_FAILED
