"""What all words behind `hydra-tui` have in common."""

import argparse
import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import NoReturn

from engine.errors import UserError

# As argparse complains of a command or a stage that there is not.
_WRONG_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints have the three parts of every message."""

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        fix = f"see `{self.prog} --help`."
        if (wrong := _WRONG_CHOICE.search(message)) is not None:
            if (opens := _opening(wrong[1])) and message.startswith("argument COMMAND"):
                happened = f"`{wrong[1]}` is a place on disk, no command."
                raise UserError(happened, f"`{usage}`.", f"write `{self.prog} {opens}`; or {fix}")
            near = difflib.get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), 1)
            fix = f"write `{near[0]}`; or {fix}" if near else fix
        raise UserError(f"{message[0].upper()}{message[1:]}.", f"`{usage}`.", fix)


def _opening(word: str) -> str:
    """How to open a folder, or a competition's zip; empty where it is neither."""
    # By a bare word a command is meant, though in a workspace there is a folder called `runs`.
    if word not in (".", "..") and not word.endswith(".zip") and not {"/", os.sep} & set(word):
        return ""
    # Unlike a `Path`, these take a word that is too long for a name.
    if os.path.isdir(word):
        return f"-w {quote(word)}"
    return f"--data {quote(word)}" if word.endswith(".zip") and os.path.isfile(word) else ""


def opening_words(arguments: Sequence[str]) -> argparse.Namespace | None:
    """The words of who opens the cockpit, and need not wait until all commands are described.

    Args:
        arguments: the words behind `hydra-tui`.

    Returns:
        They understood; None where they name a command, or are wrong.
    """
    try:
        opened, rest = common_options().parse_known_args(arguments)
    except UserError:
        return None
    return None if rest else opened


def named_workspace(arguments: Sequence[str]) -> Path:
    """The workspace that the words name, whatever else is wrong with them.

    Args:
        arguments: the words behind `hydra-tui`.
    """
    try:
        known, _ = common_options().parse_known_args(arguments)
    except UserError:
        return Path()
    return Path(getattr(known, "workspace", "."))


def common_options() -> Parser:
    """The options that stand before or after any command."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument(
        "-w", "--workspace", metavar="DIR", help="the workspace (default: this folder)"
    )
    common.add_argument(
        "--data",
        metavar="DIR",
        help="the competition's folder or zip; remembered (default: the workspace)",
    )
    return common
