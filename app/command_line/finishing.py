"""Commands that make something of finished experiments: blends, gates passed, submissions."""

import argparse
from pathlib import Path

from app.command_line.opening import DONE, command, open_service
from app.command_line.speaking import print_json, progress, tell
from app.presentation.blends import ensemble_lines
from app.presentation.noting import NO_SCORE
from app.presentation.reports import error_report_lines, grad_cam_lines, ledger_lines
from app.presentation.text import decided_text
from engine.blending.methods import MetaLearner, Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.spec import Stage
from engine.recipe.advice import MOST_MEMBERS
from engine.recipe.choosing import members_of
from engine.recipe.twins import twins_told, unlike


def ensemble(parsed: argparse.Namespace) -> int:
    """Blend experiments; by default all regularized ones on the same folds."""
    service = open_service(parsed)
    by_default = unlike(members_of(service.records()), MOST_MEMBERS)
    names = parsed.experiments or [one.id for one in by_default]
    members = tuple(dict.fromkeys(names))
    if not members:
        raise UserError(
            "There is nothing to blend.",
            "finished runs of regularize or widen.",
            "run them: `hydra-tui run regularize --folds 5`, then `hydra-tui run widen`.",
        )
    # Of a single one all that can be mended is how sure it is of its answers.
    if len(members) < 2 and not parsed.calibrated:
        raise UserError(
            f"Experiment {members[0]} alone is no blend.",
            "two different experiments or more.",
            f"name another one; or temper this one: `hydra-tui ensemble {members[0]} "
            "--calibrated`.",
        )
    spec = EnsembleSpec(
        members=members,
        method=Method(parsed.method),
        learner=MetaLearner(parsed.learner),
        calibrated=parsed.calibrated,
    )
    try:
        record = service.workbench.blend(spec)
        remark = twins_told([service.record(one) for one in members])
    finally:
        service.close()
    if parsed.json:
        print_json(record.model_dump(mode="json"))
    else:
        print(*ensemble_lines(record), sep="\n")
    if remark:
        tell(remark)
    return DONE


def errors(parsed: argparse.Namespace) -> int:
    """Say where an experiment errs."""
    service = open_service(parsed)
    try:
        report = service.inspection.errors(parsed.experiment)
        drawn = None
        if parsed.grad_cam is not None:
            drawn = service.inspection.grad_cams(
                parsed.experiment, count=parsed.grad_cam, progress=progress
            )
    finally:
        service.close()
    if parsed.json:
        maps = {} if drawn is None else {"grad_cam": drawn.model_dump(mode="json")}
        print_json(report.model_dump(mode="json") | maps)
    else:
        leaving = command("leave-out ID ..", service.workspace.root)
        print(*error_report_lines(report, leaving), sep="\n")
        if drawn is not None:
            print("", *grad_cam_lines(drawn), sep="\n")
    return DONE


def leave_out(parsed: argparse.Namespace) -> int:
    """Mark labelled images that new specs are not to train on."""
    if parsed.undo and not parsed.images:
        raise UserError(
            "--undo does not say which images are to be trained on again.",
            "the ids of images that are left out.",
            "write `hydra-tui leave-out IMAGE .. --undo`; `hydra-tui leave-out` lists them.",
        )
    service = open_service(parsed)
    try:
        marked = service.inspection.leave_out(parsed.images, parsed.undo)
    finally:
        service.close()
    if parsed.json:
        print_json(list(marked))
    else:
        told = ", ".join(marked) if marked else "no image"
        print(f"New specs leave out of training: {told}")
    return DONE


def ledger(parsed: argparse.Namespace) -> int:
    """Show what was submitted; note what it scored, or upload it."""
    service = open_service(parsed)
    submissions = service.submissions
    if parsed.number is None and (parsed.score is not None or parsed.upload is not None):
        what, said = "upload", parsed.upload
        if said is None:
            known = parsed.score.leaderboard
            what, said = "score", NO_SCORE if known is None else f"{known:g}"
        raise UserError(
            f"--{what} does not say of which submission it is.",
            "the number of a submission, as the ledger lists them.",
            f"write `hydra-tui ledger NO --{what} {said}`; `hydra-tui ledger` shows the numbers.",
        )
    if parsed.score is not None:
        submissions.score(parsed.number, parsed.score.leaderboard)
    if parsed.upload is not None:
        submissions.upload(parsed.number, parsed.upload)
    is_told = parsed.score is not None or parsed.upload is not None
    if parsed.number is None or is_told:
        entries = submissions.ledger()
    else:
        entries = (submissions.entry(parsed.number),)
    kept = submissions.kept(entries)
    if parsed.json:
        print_json(
            [
                one.model_dump(mode="json") | {"gap": one.gap, "kept": kept[one.number]}
                for one in entries
            ]
        )
    elif entries:
        print(*ledger_lines(entries, service.snapshot().by_id.get, kept), sep="\n")
    else:
        print(f"Nothing was exported yet: {command('export ID', service.workspace.root)}")
    return DONE


def pass_gate(parsed: argparse.Namespace) -> int:
    """Go on although a gate is shut; the notebook remembers it."""
    stage = Stage(parsed.stage)
    open_service(parsed).pass_gate(stage, not parsed.undo)
    if parsed.json:
        print_json({"stage": str(stage), "passed": not parsed.undo})
        return DONE
    print(f"{stage} is {'judged by its gate again' if parsed.undo else 'passed'}.")
    return DONE


def export(parsed: argparse.Namespace) -> int:
    """Write a submission CSV."""
    service = open_service(parsed)
    try:
        exported = service.submissions.export(
            parsed.experiment,
            Path(parsed.output) if parsed.output is not None else None,
            guess=parsed.guess,
        )
    finally:
        service.close()
    if parsed.json:
        print_json(exported.model_dump(mode="json"))
    else:
        print(f"{exported.path}: {exported.rows} rows, columns {', '.join(exported.columns)}")
        if decided := decided_text(exported):
            print(decided)
        if exported.warning:
            tell(exported.warning)
    return DONE
