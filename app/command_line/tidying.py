"""Commands that keep the notebook tidy: tags, notes, what comes first, deletions."""

import argparse

from app.command_line.opening import DONE, command, open_service
from app.command_line.speaking import print_json
from app.presentation.queueing import advanced
from app.presentation.tables import table_lines
from engine.experiment.record import ExperimentRecord


def tag(parsed: argparse.Namespace) -> int:
    """Give an experiment tags, or take them back."""
    tidying = open_service(parsed).tidying
    added, removed = ((), parsed.tags) if parsed.remove else (parsed.tags, ())
    return _tell(tidying.tag(parsed.experiment, added, removed), parsed.json)


def note(parsed: argparse.Namespace) -> int:
    """Write a line about an experiment."""
    record = open_service(parsed).tidying.note(parsed.experiment, " ".join(parsed.text))
    return _tell(record, parsed.json)


def advance(parsed: argparse.Namespace) -> int:
    """Have queued experiments run before all others."""
    records = open_service(parsed).tidying.advance(parsed.experiments)
    if parsed.json:
        print_json([record.model_dump(mode="json") for record in records])
    else:
        print(advanced(records))
    return DONE


def delete(parsed: argparse.Namespace) -> int:
    """Take experiments out of the notebook."""
    service = open_service(parsed)
    records = service.tidying.delete(parsed.experiments)
    if parsed.json:
        print_json([record.model_dump(mode="json") for record in records])
    else:
        ids = " ".join(record.id for record in records)
        back = command(f"undelete {ids}", service.workspace.root)
        print(f"Deleted: {ids}. To put back: {back}")
    return DONE


def undelete(parsed: argparse.Namespace) -> int:
    """Put deleted experiments back; without ids, list them."""
    tidying = open_service(parsed).tidying
    names = parsed.experiments
    records = tidying.undelete(names) if names else tidying.deleted()
    if parsed.json:
        print_json([record.model_dump(mode="json") for record in records])
    elif records:
        print("Back again:" if names else "Deleted:", *table_lines(records), sep="\n")
    else:
        print("Nothing was deleted.")
    return DONE


def _tell(record: ExperimentRecord, as_json: bool) -> int:
    if as_json:
        print_json(record.model_dump(mode="json"))
    else:
        tags = f" [{' '.join(record.tags)}]" if record.tags else " has no tags"
        print(f"{record.id} {record.name}{tags}" + (f": {record.note}" if record.note else ""))
    return DONE
