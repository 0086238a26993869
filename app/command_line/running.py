"""Commands that queue, stop and go on with experiments."""

import argparse

from app.command_line.opening import DONE, open_service
from app.command_line.speaking import follow_or_leave, print_json, progress, tell
from app.presentation.ablation import left_out_lines
from app.presentation.reports import contribution_lines
from app.presentation.text import plan_text
from engine.competition.conflicts import findings_left
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.recipe.costs import estimate_seconds
from engine.recipe.requests import plain_spec


def run(parsed: argparse.Namespace) -> int:
    """Run a stage; several values of a field, separated by commas, are swept."""
    service = open_service(parsed)
    try:
        proposals = service.propose(
            Stage(parsed.stage), parsed.overrides, parsed.folds, progress, parsed.plain
        )
        summary, known = service.known_summary(), service.records()
        costs = [estimate_seconds(spec, summary, known) for spec, _ in proposals]
        if not known and summary is not None:
            # The folds are frozen as soon as the first training begins.
            for finding in findings_left(summary, service.snapshot().left_out):
                if finding.severity == "warning":
                    tell(f"Look at the data first: {finding.happened}")
                    tell(f"To fix it: {finding.fix}")
        queued = service.submit_all(proposals)
    finally:
        service.close()
    # Before it is followed: who did not mean so much stops it.
    tell(plan_text([spec for spec, _ in proposals], costs))
    return follow_or_leave(service, queued, parsed)


def rerun(parsed: argparse.Namespace) -> int:
    """Run an experiment's spec again."""
    service = open_service(parsed)
    try:
        record = service.rerun(parsed.experiment)
    finally:
        service.close()
    return follow_or_leave(service, (record,), parsed)


def resume(parsed: argparse.Namespace) -> int:
    """Go on with what was left half done."""
    service = open_service(parsed)
    return follow_or_leave(service, (service.resume(parsed.experiment),), parsed)


def ablate(parsed: argparse.Namespace) -> int:
    """Take back, one at a time, what an experiment has over its baseline."""
    service = open_service(parsed)
    try:
        if not parsed.show:
            asked = parsed.experiment, parsed.reference, parsed.seeds
            for line in left_out_lines(service.workbench.plan_ablation(*asked)):
                tell(line)
            records = service.ablate(*asked)
            status = follow_or_leave(service, records, parsed)
            if parsed.detach or parsed.json or status != DONE:
                return status
        # Of what was just queued against it, too: that is the newest.
        found, noise = service.workbench.contributions(parsed.experiment, parsed.reference)
    finally:
        service.close()
    if parsed.json:
        factors = [one.model_dump(mode="json") for one in found]
        seeds = (None, None) if noise is None else (noise.deviation, noise.seeds)
        print_json({"factors": factors, "seed_noise": seeds[0], "seeds": seeds[1]})
    else:
        print(*contribution_lines(found, noise), sep="\n")
    return DONE


def pseudo(parsed: argparse.Namespace) -> int:
    """Train again with test images that an experiment has labelled."""
    service = open_service(parsed)
    changes = [
        f"pseudo.source={service.record(parsed.experiment).id}",
        f"pseudo.labels={'soft' if parsed.threshold is None else 'hard'}",
        f"pseudo.threshold={parsed.threshold or 0.0}",
        f"pseudo.share={parsed.share}",
    ]
    # As overrides they are refused in the words of every other field.
    spec = apply_overrides(plain_spec(Stage.PSEUDO_LABEL), changes).pseudo
    try:
        preview = service.workbench.preview_pseudo(spec)
        if parsed.preview:
            if parsed.json:
                print_json(preview.model_dump(mode="json"))
            else:
                from app.presentation.blends import preview_lines

                print(*preview_lines(preview), sep="\n")
            return DONE
        proposals = service.propose(Stage.PSEUDO_LABEL, [*parsed.overrides, *changes])
        queued = service.submit_all(proposals)
    finally:
        service.close()
    return follow_or_leave(service, queued, parsed)


def stop(parsed: argparse.Namespace) -> int:
    """Take experiments out of the queue, or ask them to save and end."""
    service = open_service(parsed)
    named = list(dict.fromkeys(parsed.experiments))
    asked = [service.record(one) for one in named]
    # What has ended already is refused before anything is stopped; and what waits goes before what
    # runs, in whose place it would begin.
    asked.sort(key=lambda one: (not one.status.is_finished, one.status is Status.RUNNING))
    records = {one.id: service.stop(one.id, parsed.now) for one in asked}
    if parsed.json:
        print_json([records[one].model_dump(mode="json") for one in named])
        return DONE
    for record in records.values():
        if record.status.is_finished:
            print(f"{record.id} {record.name} is out of the queue.")
        else:
            how = "is ended at once" if parsed.now else "was asked to save and end"
            print(f"{record.id} {record.name} {how}.")
    return DONE
