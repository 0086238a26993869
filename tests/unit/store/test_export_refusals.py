"""What can't be exported yet is told apart from what never will be."""

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.experiment.record import Status
from engine.service import Service
from tests.support import note_experiment


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (Status.QUEUED, "wait for its end"),
        (Status.FAILED, "`hydra-tui rerun 1`"),
        # It goes on from its checkpoint.
        (Status.STOPPED, "`hydra-tui resume 1`"),
    ],
)
def test_the_remedy_fits_the_status(tmp_path: Path, status: Status, remedy: str) -> None:
    note_experiment(tmp_path, status)
    with pytest.raises(UserError) as refused:
        Service(tmp_path).submissions.export("1")
    assert remedy in refused.value.fix
    assert f"is {status}" in refused.value.happened
