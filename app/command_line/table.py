"""Which function carries out which command."""

import argparse
from collections.abc import Callable

from app.command_line import finishing, looking, recipe, running, serving, tidying, tuning

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
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
    "next": tidying.advance,
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
