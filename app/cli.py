"""The commands: words in, exit status out."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from app.command_line import finishing, looking, recipe, running, serving, tidying, tuning
from app.command_line.arguments import parse_arguments
from app.command_line.speaking import INTERRUPTED, REQUEST_WRONG, open_service, print_json
from app.presentation.text import error_lines
from engine.errors import UserError


def run_command(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Args:
        arguments: the words behind `hydra-tui`.

    Returns:
        The exit status: 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted.
    """
    try:
        parsed = parse_arguments(arguments)
        return _COMMANDS[parsed.command](parsed)
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserError as error:
        # Also of words that could not be parsed: a script that asked for JSON gets it.
        if "--json" in arguments:
            parts = {"happened": error.happened, "expected": error.expected, "fix": error.fix}
            print_json({"error": parts})
        print(*error_lines(error), sep="\n", file=sys.stderr)
        return REQUEST_WRONG


def _cockpit(parsed: argparse.Namespace) -> int:
    # A browser's terminal is at the other end of a pipe.
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if not (in_browser or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UserError(
            "The cockpit needs a terminal, and this is not one.",
            "an interactive terminal on standard input and output.",
            "use the commands instead: see `hydra-tui --help`.",
        )
    return recipe.open_cockpit(open_service(parsed))


_COMMANDS: dict[str | None, Callable[[argparse.Namespace], int]] = {
    None: _cockpit,
    "demo": recipe.demo,
    "recipe": recipe.recipe,
    "run": running.run,
    "tune": tuning.tune,
    "promote": tuning.promote,
    "ablate": running.ablate,
    "pseudo": running.pseudo,
    "rerun": running.rerun,
    "resume": running.resume,
    "stop": running.stop,
    "ensemble": finishing.ensemble,
    "errors": finishing.errors,
    "leave-out": finishing.leave_out,
    "ledger": finishing.ledger,
    "pass": finishing.pass_gate,
    "export": finishing.export,
    "tag": tidying.tag,
    "note": tidying.note,
    "delete": tidying.delete,
    "undelete": tidying.undelete,
    "ls": looking.ls,
    "show": looking.show,
    "compare": looking.compare,
    "advise": looking.advise,
    "log": looking.log,
    "data": looking.data,
    "doctor": looking.doctor,
    "serve": serving.serve,
}
