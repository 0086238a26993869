"""One workspace in which experiments really ran, for all tests that only look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.experiment.record import ExperimentRecord
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.support import end_processes, tiny_spec, wait_until
from tests.unit.competition.builders import flowers


def settled(service: Service, experiment: str, seconds: float = 90.0) -> ExperimentRecord:
    """The experiment's record once it has ended."""

    def look() -> ExperimentRecord | None:
        record = service.record(experiment)
        return record if record.status.is_finished else None

    return wait_until(look, seconds)


def has_trained(service: Service, experiment: str, epochs: int) -> bool:
    """Whether what runs has so many epochs behind it."""
    record = service.record(experiment)
    assert not record.status.is_finished, record.error
    return len(record.tasks[0].history.get("val_log_loss", ())) >= epochs


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A workspace whose competition lies elsewhere, and its processes until the tests end."""
    folder = tmp_path_factory.mktemp("arena")
    data = flowers(folder / "competition", rows=40, test=6)
    (folder / "workspace").mkdir()
    service = Service(folder / "workspace", str(data))
    try:
        yield service
    finally:
        service.close()
        end_processes(service.workspace)


@pytest.fixture(scope="session")
def finished(arena: Service) -> ExperimentRecord:
    """A tiny baseline that really ran."""
    return settled(arena, arena.submit(tiny_spec()).id)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of its own, cleared of processes afterwards."""
    (tmp_path / "workspace").mkdir()
    place = Workspace(tmp_path / "workspace")
    try:
        yield place
    finally:
        end_processes(place)
