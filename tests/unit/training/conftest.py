"""A competition small enough to be fitted in a blink."""

from collections.abc import Iterator

import keras
import pytest

from engine.jobs.workspace import Workspace
from engine.training import reporter
from tests.unit.competition.builders import flowers


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("training")
    flowers(folder / "data", rows=40, test=4)
    (folder / "workspace").mkdir()
    return Workspace(folder / "workspace")


@pytest.fixture(autouse=True)
def _every_batch_is_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(reporter, "_MOST_SECONDS", 0.0)
    yield
    # Without looking for garbage among all that TensorFlow has: that takes as long as many tests.
    keras.utils.clear_session(free_memory=False)
