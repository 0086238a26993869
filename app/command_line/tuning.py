"""Commands for searches: begin one, and make experiments of its trials."""

import argparse

from app.command_line.opening import open_service
from app.command_line.speaking import follow_or_leave, progress
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage


def tune(parsed: argparse.Namespace) -> int:
    """Search around the spec that a stage runs, or around an experiment's."""
    service = open_service(parsed)
    try:
        if parsed.source is None and service.known_summary() is None:
            service.summary(progress)
        search, parent = service.searches.plan(
            Stage(parsed.stage),
            parsed.overrides,
            parsed.over,
            parsed.strategy,
            parsed.trials,
            parsed.source,
        )
    finally:
        service.close()
    return follow_or_leave(service, (service.submit(search, parent),), parsed)


def promote(parsed: argparse.Namespace) -> int:
    """Run a trial of a search, or its best ones, as experiments."""
    service = open_service(parsed)
    records: tuple[ExperimentRecord, ...]
    if parsed.top is None:
        records = (service.searches.promote(parsed.experiment, parsed.trial, parsed.folds),)
    elif parsed.trial is None:
        records = service.searches.promote_top(parsed.experiment, parsed.top, parsed.folds)
    else:
        raise UserError(
            f"Trial {parsed.trial} and the best {parsed.top} were asked for at once.",
            "a trial, or `--top`.",
            f"write `hydra-tui promote {parsed.experiment} --top {parsed.top}`.",
        )
    return follow_or_leave(service, records, parsed)
