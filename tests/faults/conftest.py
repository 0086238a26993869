"""One helper process for all tests: its imports take a second each time."""

from collections.abc import Iterator

import pytest

from tests.functional.staging import SharedHelper


@pytest.fixture(scope="session")
def helper() -> Iterator[SharedHelper]:
    shared = SharedHelper()
    yield shared
    shared.end()


@pytest.fixture(autouse=True)
def one_helper(monkeypatch: pytest.MonkeyPatch, helper: SharedHelper) -> None:
    """Commands of this process ask the one that is there."""
    monkeypatch.setattr("engine.service.Helper", lambda: helper)
