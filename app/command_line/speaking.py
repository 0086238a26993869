"""How all commands answer, and follow what they began."""

import argparse
import json
import sys
from typing import Any

from app.command_line.follow import follow
from app.command_line.inplace import rewrite
from app.command_line.opening import DONE, INTERRUPTED, WORK_FAILED, command, located
from app.presentation.tables import experiment_lines, table_lines
from app.presentation.text import error_lines
from engine.experiment.record import ExperimentRecord, Status
from engine.service import Service


def follow_or_leave(
    service: Service, records: tuple[ExperimentRecord, ...], parsed: argparse.Namespace
) -> int:
    """Follow experiments until they end, or leave them to the queue.

    Args:
        service: the workspace.
        records: what was queued.
        parsed: the command line: `--detach`, `--json`.

    Returns:
        The exit status.
    """
    root = service.workspace.root
    if parsed.detach:
        if parsed.json:
            answer = [record.model_dump(mode="json") for record in records]
            print_json(answer[0] if len(answer) == 1 else answer)
        else:
            for record in records:
                # A blend is made at once.
                how, words = ("follow", f"log {record.id} -f")
                if record.status.is_finished:
                    how, words = ("see", f"show {record.id}")
                told = f"{record.id} {record.name} {record.status.verb}"
                print(f"{told}; {how} it: {command(words, root)}")
        return DONE
    ended: list[ExperimentRecord] = []
    try:
        for record in records:
            ended.append(follow(service, record.id))
    except KeyboardInterrupt:
        left = [record.id for record in records[len(ended) :]]
        tell(
            f"\n{', '.join(left)} goes on by itself. "
            f"Follow it: {command(f'log {left[0]} -f', root)}; "
            f"stop it: {command(f'stop {left[0]}', root)}"
        )
        return INTERRUPTED
    if parsed.json:
        answer = [record.model_dump(mode="json") for record in ended]
        print_json(answer[0] if len(answer) == 1 else answer)
    else:
        # One is told in full, several beside each other.
        lines = experiment_lines(ended[0]) if len(ended) == 1 else table_lines(ended)
        print(*lines, sep="\n")
    for record in ended:
        if record.error is not None:
            tell(located("\n".join(error_lines(record.error)), root))
    return DONE if all(record.status is Status.DONE for record in ended) else WORK_FAILED


def progress(what: str, done: int, total: int) -> None:
    """Show progress on a terminal's standard error."""
    if sys.stderr.isatty():
        rewrite(f"{what} {done}/{total}", sys.stderr)
        if done == total:
            tell("")


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=1))


def tell(text: str) -> None:
    """Say something that is not the answer."""
    print(text, file=sys.stderr, flush=True)
