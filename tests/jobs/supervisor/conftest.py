"""A workspace to which no supervisor comes but the one that is tested."""

import os
from collections.abc import Iterator

import pytest
from filelock import FileLock

from engine.jobs.liveness import claim
from engine.jobs.supervisor import Supervisor
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.jobs.supervisor.notes import Notes, made


@pytest.fixture
def service(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A workspace that no real supervisor comes to."""
    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _workspace: None)
    return Service(workspace.root)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def one(service: Service, notes: Notes) -> Supervisor:
    return made(service, notes)


@pytest.fixture
def lock(service: Service) -> Iterator[FileLock]:
    service.workspace.locks.mkdir(parents=True)
    held = FileLock(service.workspace.locks / "supervisor.lock")
    held.acquire()
    claim(service.workspace.supervisor, os.getpid())
    yield held
    held.release(force=True)
