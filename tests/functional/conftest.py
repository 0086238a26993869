"""The cockpit on real files, with nobody at the queue unless a test wants it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual._wait import wait_for_idle
from textual.app import App

from app.cockpit import Cockpit
from app.keymap import named_bindings
from engine.experiment.spec import Stage
from tests.functional.patience import patient
from tests.functional.predicted import predict
from tests.functional.staging import SharedHelper, fill, record, three
from tests.unit.competition.builders import flowers


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exercises(*ids): the test runs these bindings by keys")


@pytest.fixture(scope="session")
def helper() -> Iterator[SharedHelper]:
    shared = SharedHelper()
    yield shared
    shared.end()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a busy machine what was pressed has been heard when a test looks at it."""
    for waiter in ("textual.pilot", "textual.app"):
        monkeypatch.setattr(f"{waiter}.wait_for_idle", patient(wait_for_idle))


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads the settings of whoever runs it."""
    path = tmp_path / "config.toml"
    (tmp_path / "state.json").write_text('{"toured": true}')
    monkeypatch.setenv("HYDRA_TUI_CONFIG", str(path))
    return path


@pytest.fixture
def nobody_runs(monkeypatch: pytest.MonkeyPatch, helper: SharedHelper) -> None:
    """What is queued stays queued: no supervisor comes up and imports TensorFlow."""
    for asker in ("engine.service", "engine.queue"):
        monkeypatch.setattr(f"{asker}.ensure_supervisor", lambda _workspace: None)
    monkeypatch.setattr("engine.service.Helper", lambda: helper)


@pytest.fixture
def bare(tmp_path: Path, nobody_runs: None) -> Path:
    """A competition without experiments."""
    return flowers(tmp_path / "garden")


@pytest.fixture
def filled(bare: Path) -> Path:
    """The same with the recipe climbed once."""
    fill(bare, three())
    return bare


@pytest.fixture
def regularized(filled: Path) -> Path:
    """Two regularized members beside the recipe climbed once, with their predictions."""
    one = record(4, Stage.REGULARIZE, loss=0.15, parent="2")
    other_seed = one.spec.model_copy(update={"seed": 1})
    fill(filled, [one.model_copy(update={"spec": other_seed})])
    predict(filled, "3", 0.5)
    predict(filled, "4", 0.7)
    return filled


@pytest.fixture(autouse=True)
def exercised(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that says that it runs a binding must have had its action run."""
    mark = request.node.get_closest_marker("exercises")
    if mark is None:
        yield
        return
    run: Callable[..., Any] = App.run_action
    done: set[str] = set()

    async def noting(app: App[Any], action: Any, *arguments: Any, **named: Any) -> Any:
        answer = await run(app, action, *arguments, **named)
        if answer and isinstance(action, str):
            done.add(action)
        return answer

    monkeypatch.setattr(App, "run_action", noting)
    yield
    known = named_bindings(Cockpit)
    missed = [name for name in mark.args if known[name].action not in done]
    assert not missed, f"never ran: {missed}"
