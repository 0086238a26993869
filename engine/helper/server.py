"""The helper process: JSON lines in, JSON lines out. Imports pandas, never TensorFlow."""

import json
import os
import sys
from typing import Any

# Imported at once, so that the first answer need not wait for it.
import engine.competition.summary
import engine.submission.export  # noqa: F401 (as above)
from engine.errors import UserError
from engine.helper.calls import CALLS


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
