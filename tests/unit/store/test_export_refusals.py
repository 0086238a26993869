"""What can't be exported yet is told apart from what never will be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (Status.QUEUED, "wait for its end"),
        (Status.FAILED, "resume or rerun it"),
    ],
)
def test_the_remedy_fits_the_status(tmp_path: Path, status: Status, remedy: str) -> None:
    now = datetime.now(UTC)
    Notebook(Workspace(tmp_path)).add(
        lambda number: ExperimentRecord(
            id=number,
            name="one",
            stage=Stage.BASELINE,
            status=status,
            spec=ExperimentSpec(stage=Stage.BASELINE),
            created=now,
            queued=now,
            tasks=(TaskRecord(name="fold0", fold=0, status=status),),
        )
    )
    with pytest.raises(UserError) as refused:
        Service(tmp_path).export("1")
    assert remedy in refused.value.fix
    assert f"is {status}" in refused.value.happened
