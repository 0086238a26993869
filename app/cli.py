"""The commands: words in, exit status out."""

import argparse
import os
import sys
from collections.abc import Sequence

from app.command_line.arguments import named_workspace, opening_words
from app.command_line.opening import (
    INTERRUPTED,
    REQUEST_WRONG,
    located,
    open_cockpit,
    open_service,
)
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
        if (opened := opening_words(arguments)) is not None:
            return _cockpit(opened)
        # Here, since the cockpit opens sooner without them.
        from app.command_line.grammar import parse_arguments
        from app.command_line.table import COMMANDS

        parsed = parse_arguments(arguments)
        return COMMANDS.get(parsed.command, _cockpit)(parsed)
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserError as refused:
        fix = located(refused.fix, named_workspace(arguments))
        error = UserError(refused.happened, refused.expected, fix)
        # Also of words that could not be parsed: a script that asked for JSON gets it.
        if "--json" in arguments:
            from app.command_line.speaking import print_json

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
    return open_cockpit(open_service(parsed))
