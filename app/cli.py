"""The commands: ask the service, print the answer."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.arguments import make_parser
from app.follow import follow, print_log
from app.presentation.tables import (
    data_lines,
    doctor_lines,
    experiment_lines,
    ladder_lines,
    table_lines,
)
from app.presentation.text import error_lines
from app.startup import keep_garbage
from app.terminal import examine_terminal
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.stages import TRAINING_STAGES
from engine.service import Service
from engine.setup import check_data, check_installation, make_workspace, write_demo

DONE, WORK_FAILED, REQUEST_WRONG, INTERRUPTED = 0, 1, 2, 130


def run_command(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Args:
        arguments: the words behind `hydra-tui`.

    Returns:
        The exit status: 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted.
    """
    try:
        parsed = make_parser().parse_args(arguments)
        return _COMMANDS[parsed.command](parsed)
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserError as error:
        # Also of words that could not be parsed: a script that asked for JSON gets it.
        if "--json" in arguments:
            parts = {"happened": error.happened, "expected": error.expected, "fix": error.fix}
            _print_json({"error": parts})
        print(*error_lines(error), sep="\n", file=sys.stderr)
        return REQUEST_WRONG


def _open_service(parsed: argparse.Namespace) -> Service:
    root = Path(getattr(parsed, "workspace", "."))
    data = getattr(parsed, "data", None)
    if data is not None:
        # Who names the data elsewhere wants the workspace to be new.
        check_data(data)
        make_workspace(root)
    return Service(root, data)


def _cockpit(parsed: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "The cockpit needs a terminal, and this is not one.",
            "an interactive terminal on standard input and output.",
            "use the commands instead: see `hydra-tui --help`.",
        )
    return _open_cockpit(_open_service(parsed))


def _open_cockpit(service: Service) -> int:
    # Until the first paint; the cockpit begins to collect it again.
    keep_garbage()
    # Textual is imported only by who opens a screen.
    from app.cockpit import Cockpit

    try:
        Cockpit(service).run()
    finally:
        service.close()
    return DONE


def _demo(parsed: argparse.Namespace) -> int:
    folder = Path(parsed.folder)
    write_demo(folder)
    service = Service(folder)
    if not parsed.headless and sys.stdin.isatty() and sys.stdout.isatty():
        return _open_cockpit(service)
    if not parsed.headless:
        _tell("This is not a terminal, so the recipe runs without the cockpit.")
    try:
        status = _whole_recipe(service, parsed.json)
        service.dismiss()
        return status
    except KeyboardInterrupt:
        _tell(f"\nWhat was queued goes on by itself: hydra-tui -w {folder} ls")
        return INTERRUPTED
    finally:
        service.close()


def _whole_recipe(service: Service, as_json: bool) -> int:
    """Baseline, overfit, regularize, then export the best by validation log-loss."""
    _tell(f"Workspace: {service.workspace.root}")
    records = []
    for stage in TRAINING_STAGES:
        spec, parent = service.propose(stage, progress=_progress)
        record = follow(service, service.submit(spec, parent).id)
        if record.status is not Status.DONE:
            return _ended(record, as_json)
        records.append(record)
    best = min(records, key=lambda record: record.scores.val_log_loss or 0.0)
    exported = service.export(best.id)
    if as_json:
        gates = [rung.model_dump(mode="json") for rung in service.snapshot().ladder]
        _print_json(
            {
                "experiments": [record.model_dump(mode="json") for record in service.records()],
                "gates": gates,
                "submission": exported.model_dump(mode="json"),
            }
        )
    else:
        print(*table_lines(service.records()), "", sep="\n")
        print(*ladder_lines(service.snapshot().ladder), "", sep="\n")
        print(f"Submission of experiment {best.id}: {exported.path} ({exported.rows} rows)")
    return DONE


def _run(parsed: argparse.Namespace) -> int:
    service = _open_service(parsed)
    try:
        spec, parent = service.propose(
            Stage(parsed.stage), parsed.overrides, parsed.folds, _progress
        )
    finally:
        service.close()
    return _follow_or_leave(service, service.submit(spec, parent), parsed)


def _rerun(parsed: argparse.Namespace) -> int:
    service = _open_service(parsed)
    return _follow_or_leave(service, service.rerun(parsed.experiment), parsed)


def _resume(parsed: argparse.Namespace) -> int:
    service = _open_service(parsed)
    return _follow_or_leave(service, service.resume(parsed.experiment), parsed)


def _follow_or_leave(service: Service, record: ExperimentRecord, parsed: argparse.Namespace) -> int:
    if parsed.detach:
        if parsed.json:
            _print_json(record.model_dump(mode="json"))
        else:
            print(f"{record.id} {record.name} is queued; follow it: hydra-tui log {record.id} -f")
        return DONE
    try:
        return _ended(follow(service, record.id), parsed.json)
    except KeyboardInterrupt:
        _tell(
            f"\n{record.id} goes on by itself. Follow it: hydra-tui log {record.id} -f; "
            f"stop it: hydra-tui stop {record.id}"
        )
        return INTERRUPTED


def _ended(record: ExperimentRecord, as_json: bool) -> int:
    if as_json:
        _print_json(record.model_dump(mode="json"))
    else:
        print(*experiment_lines(record), sep="\n")
    if record.error is not None:
        _tell("\n".join(error_lines(record.error)))
    return DONE if record.status is Status.DONE else WORK_FAILED


def _stop(parsed: argparse.Namespace) -> int:
    record = _open_service(parsed).stop(parsed.experiment)
    if parsed.json:
        _print_json(record.model_dump(mode="json"))
    elif record.status.is_finished:
        print(f"{record.id} {record.name} is out of the queue.")
    else:
        print(f"{record.id} {record.name} was asked to save and end.")
    return DONE


def _ls(parsed: argparse.Namespace) -> int:
    records = _open_service(parsed).records()
    if parsed.json:
        _print_json([record.model_dump(mode="json") for record in records])
    elif records:
        print(*table_lines(records), sep="\n")
    else:
        print("No experiments yet. Run the first: hydra-tui run baseline")
    return DONE


def _show(parsed: argparse.Namespace) -> int:
    record = _open_service(parsed).record(parsed.experiment)
    if parsed.json:
        _print_json(record.model_dump(mode="json"))
    else:
        print(*experiment_lines(record), sep="\n")
    return DONE


def _log(parsed: argparse.Namespace) -> int:
    print_log(_open_service(parsed), parsed.experiment, parsed.follow)
    return DONE


def _export(parsed: argparse.Namespace) -> int:
    service = _open_service(parsed)
    try:
        exported = service.export(
            parsed.experiment, Path(parsed.output) if parsed.output is not None else None
        )
    finally:
        service.close()
    if parsed.json:
        _print_json(exported.model_dump(mode="json"))
    else:
        print(f"{exported.path}: {exported.rows} rows, columns {', '.join(exported.columns)}")
    return DONE


def _data(parsed: argparse.Namespace) -> int:
    service = _open_service(parsed)
    try:
        summary = service.summary(_progress)
    finally:
        service.close()
    if parsed.json:
        _print_json(summary.model_dump(mode="json"))
    else:
        print(*data_lines(summary), sep="\n")
    return DONE


def _doctor(parsed: argparse.Namespace) -> int:
    checks = (*check_installation(Path(getattr(parsed, "workspace", "."))), examine_terminal())
    if parsed.json:
        _print_json([check.model_dump(mode="json") for check in checks])
    else:
        print(*doctor_lines(checks), sep="\n")
    return DONE if all(check.is_well for check in checks) else WORK_FAILED


def _progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r\x1b[2K{what} {done}/{total}", end=end, file=sys.stderr, flush=True)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


_COMMANDS: dict[str | None, Callable[[argparse.Namespace], int]] = {
    None: _cockpit,
    "demo": _demo,
    "run": _run,
    "rerun": _rerun,
    "resume": _resume,
    "stop": _stop,
    "ls": _ls,
    "show": _show,
    "log": _log,
    "export": _export,
    "data": _data,
    "doctor": _doctor,
}
