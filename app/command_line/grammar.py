"""The command line's grammar: every command and its options."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from app.command_line.arguments import Parser, common_options
from app.presentation.noting import noted
from engine.blending.methods import MetaLearner, Method
from engine.experiment.spec import Stage
from engine.recipe.proposals import RUNNABLE
from engine.recipe.stages import LADDER
from engine.submission.guessing import OPTION
from engine.tuning.planning import STRATEGIES, TRIALS


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The words that name a command, understood.

    Args:
        arguments: the words.

    Raises:
        UserError: they can't be.
    """
    parser = make_parser()
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        # Not the whole program's usage, but that of the command.
        getattr(parsed, "parser", parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    return parsed


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `-w` and `--data` stand before or after the command."""
    common = common_options()
    parser = Parser(
        prog="hydra-tui",
        description="A cockpit for Kaggle image classification. Without a command it opens.",
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"hydra-tui {version('hydra-tui')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text, parents=[common])
        parser.set_defaults(parser=parser)
        return parser

    demo = command("demo", "write the built-in digits competition and open the cockpit on it")
    demo.add_argument("folder", nargs="?", metavar="DIR", help="default: hydra-demo")
    demo.add_argument("--headless", action="store_true", help="run the recipe, open nothing")
    _json(demo)

    recipe = command("recipe", "run the whole recipe within a time budget, and leave its CSV")
    recipe.add_argument(
        "--budget", default="20m", metavar="TIME", help="how long it may take (default: 20m)"
    )
    recipe.add_argument("--stop", action="store_true", help="stop the one that is under way")
    recipe.add_argument("--detach", action="store_true", help="start it and return at once")
    _json(recipe)

    run = command("run", "run a stage of the recipe")
    run.add_argument("stage", choices=[str(stage) for stage in RUNNABLE], metavar="STAGE")
    _set(run)
    run.add_argument(
        "--plain",
        action="store_true",
        help="change the fields' defaults (docs/spec.md), one phase at first, not what the recipe "
        "proposes here: as `Y` copies it, a spec comes out the same whatever has been run, "
        "or been marked to be left out",
    )
    run.add_argument("--folds", type=int, metavar="N", help="how many folds to run")
    _detach(run)

    tune = command("tune", "search hyperparameters around the best experiment of a stage")
    tune.add_argument(
        "stage",
        nargs="?",
        choices=[str(stage) for stage in RUNNABLE],
        default=str(Stage.REGULARIZE),
        metavar="STAGE",
        help="whose best experiment is varied, by default regularize's, with what widened it; "
        "where none has finished, or with --set, what the stage would run",
    )
    _set(tune, "change a field of the spec that is searched around")
    tune.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="what is varied: head.units=128,256 or phases.0.learning_rate=1e-4..1e-2 "
        "(default: learning rate, dropout, and units or label smoothing)",
    )
    tune.add_argument("--strategy", choices=STRATEGIES, default=STRATEGIES[0])
    tune.add_argument(
        "--trials", type=int, metavar="N", help=f"default: {TRIALS}, or the whole of a grid"
    )
    tune.add_argument(
        "--from",
        dest="source",
        metavar="ID",
        help="search around this experiment's spec instead, also with --set",
    )
    _detach(tune)

    promote = command("promote", "run a trial of a search, or its best ones, as experiments")
    _identifier(promote)
    promote.add_argument("trial", nargs="?", metavar="TRIAL", help="default: the best")
    promote.add_argument("--top", type=int, metavar="K", help="the K best trials")
    promote.add_argument("--folds", type=int, metavar="N", help="how many folds to run")
    _detach(promote)

    ablate = command("ablate", "take back, one by one, what an experiment has over its baseline")
    _identifier(ablate)
    ablate.add_argument(
        "--against", dest="reference", metavar="ID", help="default: the pinned, or its parent"
    )
    ablate.add_argument(
        "--show", action="store_true", help="what each factor is worth; queue nothing"
    )
    ablate.add_argument(
        "--seeds", type=int, default=3, metavar="N", help="of the baseline, for the noise"
    )
    _detach(ablate)

    pseudo = command("pseudo", "train again with test images that an experiment has labelled")
    _identifier(pseudo)
    kind = pseudo.add_mutually_exclusive_group()
    kind.add_argument("--threshold", type=float, metavar="P", help="hard labels, as sure as this")
    kind.add_argument("--soft", action="store_true", help="the probabilities (the default)")
    pseudo.add_argument(
        "--share", type=float, default=0.5, metavar="S", help="most of the rows that may be test"
    )
    pseudo.add_argument("--preview", action="store_true", help="say what it would bring; run none")
    _set(pseudo)
    _detach(pseudo)

    ensemble = command(
        "ensemble", "blend experiments into one, scored on rows it was not fitted on"
    )
    ensemble.add_argument("experiments", nargs="*", metavar="ID", help="default: all regularized")
    ensemble.add_argument("--method", choices=list(map(str, Method)), default="mean")
    ensemble.add_argument("--learner", choices=list(map(str, MetaLearner)), default="logistic")
    ensemble.add_argument("--calibrated", action="store_true", help="temper it out of fold")
    _json(ensemble)

    compare = command("compare", "hold experiments against one of them, with the noise")
    compare.add_argument("experiments", nargs="+", metavar="ID")
    compare.add_argument("--reference", metavar="ID", help="default: the pinned one, or the first")
    compare.add_argument("--table", choices=("csv", "markdown"), help="print it as a table")
    _json(compare)

    _json(command("advise", "say where the recipe stands and what to do next, and why"))

    errors = command("errors", "say where an experiment errs, and which labels may be wrong")
    _identifier(errors)
    errors.add_argument(
        "--grad-cam",
        nargs="?",
        type=int,
        const=12,
        metavar="N",
        help="also draw where the networks looked, over N images (12)",
    )
    _json(errors)

    leaving = command("leave-out", "mark labelled images that new specs do not train on")
    leaving.add_argument("images", nargs="*", metavar="IMAGE", help="ids; none lists the marked")
    leaving.add_argument("--undo", action="store_true", help="take the marks back")
    _json(leaving)

    ledger = command("ledger", "show what was submitted, and what it scored")
    ledger.add_argument("number", nargs="?", type=int, metavar="NO")
    ledger.add_argument(
        "--score", type=noted, metavar="X", help="note what Kaggle said of it; none: take it back"
    )
    ledger.add_argument("--upload", metavar="COMPETITION", help="send it by Kaggle's own client")
    _json(ledger)

    passing = command("pass", "go on although a stage's gate is shut")
    passing.add_argument("stage", choices=[str(stage) for stage in LADDER[:-1]], metavar="STAGE")
    passing.add_argument("--undo", action="store_true", help="let the gate judge again")
    _json(passing)

    for name, text in (
        ("rerun", "run an experiment's spec again"),
        ("resume", "go on with a stopped, interrupted or failed experiment"),
    ):
        again = command(name, text)
        _identifier(again)
        _detach(again)

    stop = command("stop", "stop experiments; they save first and can be resumed")
    stop.add_argument("experiments", nargs="+", metavar="ID")
    stop.add_argument(
        "--now", action="store_true", help="end their processes at once; what they saved last stays"
    )
    _json(stop)

    first = command("next", "have queued experiments run before all others that wait")
    first.add_argument("experiments", nargs="+", metavar="ID")
    _json(first)

    tag = command("tag", "give an experiment tags, to find it by")
    _identifier(tag)
    tag.add_argument("tags", nargs="+", metavar="TAG", help="words")
    tag.add_argument("--remove", action="store_true", help="take these tags back")
    _json(tag)

    note = command("note", "write a line about an experiment")
    _identifier(note)
    note.add_argument("text", nargs="*", metavar="TEXT", help="the line; none takes it back")
    _json(note)

    delete = command("delete", "take experiments out of the notebook; undelete puts them back")
    delete.add_argument("experiments", nargs="+", metavar="ID")
    _json(delete)

    undelete = command("undelete", "put deleted experiments back")
    undelete.add_argument("experiments", nargs="*", metavar="ID", help="none lists the deleted")
    _json(undelete)

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
    export.add_argument(
        OPTION,
        action="store_true",
        help="answer test images that can't be read by the class shares",
    )
    _json(export)

    _json(command("data", "show what was recognised of the competition, and what is odd in it"))
    serve = command("serve", "the cockpit in a browser on this machine (extra `serve`)")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000")
    _json(command("doctor", "check versions, devices, weights, disk and terminal"))
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _set(
    parser: argparse.ArgumentParser,
    text: str = "change a field of the spec, e.g. head.units=256; several values are swept: "
    "128,256",
) -> None:
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=text,
    )


def _detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="queue it and return at once")
    _json(parser)


def _identifier(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="ID")
