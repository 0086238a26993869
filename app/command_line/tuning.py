"""Commands for searches: begin one, and make experiments of its trials."""

import argparse

from app.command_line.opening import open_service
from app.command_line.speaking import follow_or_leave, progress, tell
from app.presentation.trials import plan_lines
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.tuning.costs import search_seconds


def tune(parsed: argparse.Namespace) -> int:
    """Search around the best experiment of a stage, what it would run, or a named experiment."""
    service = open_service(parsed)
    try:
        if parsed.source is None and service.known_summary() is None:
            service.summary(progress)
        plan = service.searches.plan(
            Stage(parsed.stage),
            parsed.overrides,
            parsed.over,
            parsed.strategy,
            parsed.trials,
            parsed.source,
        )
        seconds = search_seconds(plan.search, service.known_summary(), service.records())
        queued = service.submit(plan.search, plan.parent)
    finally:
        service.close()
    # Before it is followed: who did not mean so much stops it.
    tell("\n".join(plan_lines(plan.search, seconds, plan.around)))
    return follow_or_leave(service, (queued,), parsed)


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
