"""A process that answers questions: JSON lines in, JSON lines out."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import UserError


def serve(calls: Mapping[str, Callable[..., Any]]) -> None:
    """Answer questions until the input ends.

    Args:
        calls: what can be asked, by name; each is given a function that tells of progress, and
            the question's arguments.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever a library prints must not end up among the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    for line in sys.stdin:
        question = json.loads(line)
        try:
            say({"result": calls[question["call"]](say, **question["arguments"])})
        except UserError as error:
            say({"error": [error.happened, error.expected, error.fix]})
        except Exception as error:  # the boundary: the asker must hear of any fault
            fault = f"{question['call']} failed: {type(error).__name__}: {error}"
            say({"error": [fault, "no such error: this is a fault of hydra-tui.", "report it."]})
