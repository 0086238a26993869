"""The helper process: JSON lines in, JSON lines out. Imports pandas, never TensorFlow."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.competition.source import competition_folder
from engine.competition.summary import summarise
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.submission.export import export_submission

Say = Callable[[dict[str, Any]], None]


def _summary(say: Say, workspace: str, data: str) -> Any:
    place = Workspace(Path(workspace))

    def progress(done: int, total: int) -> None:
        say({"progress": ["looking at every image", done, total]})

    return summarise(competition_folder(data, place), place, progress).model_dump(mode="json")


def _export(
    _say: Say, workspace: str, data: str, experiment: str, tasks: list[str], size: int, path: str
) -> Any:
    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    return export_submission(folder, place, experiment, tasks, size, Path(path)).model_dump(
        mode="json"
    )


def _demo(_say: Say, folder: str) -> Any:
    # scikit-learn takes longer to import than most answers take.
    from engine.competition.demo import write_digits

    write_digits(Path(folder))


CALLS: dict[str, Callable[..., Any]] = {"summary": _summary, "export": _export, "demo": _demo}


def serve() -> None:
    """Answer questions until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever a library prints must not end up among the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    for line in sys.stdin:
        question = json.loads(line)
        try:
            say({"result": CALLS[question["call"]](say, **question["arguments"])})
        except UserError as error:
            say({"error": [error.happened, error.expected, error.fix]})
        except Exception as error:  # the boundary: the asker must hear of any fault
            fault = f"{question['call']} failed: {type(error).__name__}: {error}"
            say({"error": [fault, "no such error: this is a fault of hydra-tui.", "report it."]})


if __name__ == "__main__":
    serve()
