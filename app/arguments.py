"""The command line's grammar."""

import argparse
from typing import NoReturn

from engine.errors import UserError
from engine.recipe.proposals import RUNNABLE


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints have the three parts of every message."""

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split())
        raise UserError(f"{message[0].upper()}{message[1:]}.", usage, f"see `{self.prog} --help`.")


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `-w` and `--data` stand before or after the command."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument(
        "-w", "--workspace", metavar="DIR", help="the workspace (default: this folder)"
    )
    common.add_argument(
        "--data", metavar="DIR", help="the competition's folder or zip; remembered (default: DIR)"
    )
    parser = _Parser(
        prog="hydra-tui",
        description="A cockpit for Kaggle image classification. Without a command it opens.",
        parents=[common],
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common])

    demo = command("demo", "write the built-in digits competition and open the cockpit on it")
    demo.add_argument("folder", nargs="?", default="hydra-demo", metavar="DIR")
    demo.add_argument("--headless", action="store_true", help="run the recipe, open nothing")
    _json(demo)

    run = command("run", "run a stage of the recipe")
    run.add_argument("stage", choices=[str(stage) for stage in RUNNABLE], metavar="STAGE")
    run.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a field of the spec, e.g. head.units=256 (repeatable)",
    )
    run.add_argument("--folds", type=int, metavar="N", help="how many folds to run")
    _detach(run)

    for name, text in (
        ("rerun", "run an experiment's spec again"),
        ("resume", "go on with a stopped, interrupted or failed experiment"),
    ):
        again = command(name, text)
        _identifier(again)
        _detach(again)

    stop = command("stop", "stop an experiment; it saves first and can be resumed")
    _identifier(stop)
    _json(stop)

    _json(command("ls", "list the experiments"))

    show = command("show", "show one experiment")
    _identifier(show)
    _json(show)

    log = command("log", "print what an experiment said")
    _identifier(log)
    log.add_argument("-f", "--follow", action="store_true", help="go on until it ends")

    export = command("export", "write the submission CSV of an experiment")
    _identifier(export)
    export.add_argument("-o", "--output", metavar="FILE", help="default: submissions/ID-NAME.csv")
    _json(export)

    _json(command("data", "show what was recognised of the competition, and what is odd in it"))
    _json(command("doctor", "check versions, devices, weights, disk and terminal"))
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="queue it and return at once")
    _json(parser)


def _identifier(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="ID")
