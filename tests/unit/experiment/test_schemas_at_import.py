"""What importing the engine leaves undone, since it would show at the cockpit's start."""

import subprocess
import sys

_SCRIPT = """
import engine.service
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec
built = (ExperimentRecord, Scores, ExperimentSpec, HeadSpec, PhaseSpec)
print(*(one.__name__ for one in built if one.__pydantic_complete__))
"""


def test_no_schema_of_an_experiment_is_built_before_one_is_read() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
