"""Linear heads on frozen features, cross-validated over the frozen folds."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from engine.competition.findings import TargetKind
from engine.events.reader import read_events
from engine.events.types import Event
from engine.events.writer import EventWriter
from engine.jobs.folding import fold_events
from engine.jobs.tasks import EVENTS, TaskOrder, plan_tasks
from engine.training.data import FoldData
from engine.training.stopping import StopRequested, StopSignal
from engine.tuning import head_grid
from engine.tuning.linear_head import network
from engine.tuning.planning import plan_search
from engine.tuning.search import run_search
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers, workspace

SPEC = tiny_spec(
    "backbone=efficientnet_lite0",
    "weights=imagenet",
    "image_size=32",
    "phases.0.train=head",
)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> TaskOrder:
    folder = tmp_path_factory.mktemp("heads")
    search = plan_search(SPEC, ["C=0.01,1", "scaling=true,false", "flip=false,true"], "head_grid")
    return TaskOrder(
        experiment="1",
        task="search",
        fold=0,
        spec=search.base,
        search=search,
        parent=None,
        workspace=str(workspace(folder).root),
        data=str(flowers(folder / "data", rows=20, test=2)),
    )


def test_each_point_is_a_trial_and_a_stopped_grid_goes_on(order: TaskOrder, tmp_path: Path) -> None:
    said: list[Event] = []
    stop = StopSignal()
    search = order.search
    assert search is not None
    with EventWriter(tmp_path / EVENTS) as events:

        def report(event: Event) -> None:
            events.write(event)
            said.append(event)
            if event.kind == "trial_ended":
                stop.set()

        with pytest.raises(StopRequested):
            run_search(order, tmp_path, report, stop)
        first = [event.trial for event in said if event.kind == "trial_ended"]
        assert [trial.id for trial in first] == ["1"]
        scores = run_search(order, tmp_path, events.write, StopSignal())
    (task,) = plan_tasks(search)
    trials = fold_events(task, read_events(tmp_path / EVENTS)).trials
    assert [trial.id for trial in trials] == [str(number) for number in range(1, 9)]
    assert {trial.status for trial in trials} == {"done"}
    assert {trial.epoch for trial in trials} == {5}
    assert trials[0] == first[0]
    assert trials[0].values == {"C": 0.01, "scaling": True, "flip": False}
    assert scores.val_log_loss == min(trial.score or 9.0 for trial in trials)
    # Every row is held out once.
    assert scores.val_rows == 20
    cached = {path.name for path in (Path(order.workspace) / ".hydra/cache/activations").glob("*")}
    assert len([name for name in cached if name.endswith(".npy")]) == 2


def test_a_head_that_is_told_the_answer_finds_it(
    order: TaskOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features that hold the label: the fewer constraints, the lower the loss."""

    class Told:
        def __init__(self, _order: object, data: FoldData, *_more: object) -> None:
            noise = np.random.default_rng(0).normal(size=(20, 3))
            self._features = np.hstack([data.competition.targets * 2 - 1, noise])

        def of(self, is_flipped: bool) -> NDArray[np.floating]:
            return np.asarray(self._features * (1, -1, 1, 1) if is_flipped else self._features)

    monkeypatch.setattr(head_grid, "HeadFeatures", Told)
    said: list[Event] = []
    run_search(order, tmp_path, said.append, StopSignal())
    losses = {
        tuple(event.trial.values.values()): event.trial.score or 9.0
        for event in said
        if event.kind == "trial_ended"
    }
    assert losses[1.0, True, False] < losses[0.01, True, False] < np.log(2)
    assert losses[1.0, True, False] < 0.2


@pytest.mark.slow
def test_heads_are_fitted_by_one_thread(
    order: TaskOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of a small product wait for each other, and burn the time that they wait."""
    seen: set[int] = set()

    class Watched(LogisticRegression):  # type: ignore[misc] # scikit-learn ships no types
        def fit(self, *given: object, **more: object) -> LogisticRegression:
            pools = [one for one in threadpool_info() if one["user_api"] == "blas"]
            seen.update(one["num_threads"] for one in pools)
            return super().fit(*given, **more)

    monkeypatch.setattr(head_grid, "LogisticRegression", Watched)
    with threadpool_limits(2, user_api="blas"):
        run_search(order, tmp_path, lambda _event: None, StopSignal())
    assert seen == {1}


@pytest.mark.parametrize(("pooling", "kept"), [("max", "max"), ("avg", "avg"), ("none", "avg")])
def test_what_a_head_becomes_pools_as_its_features_were(pooling: str, kept: str) -> None:
    base = tiny_spec(f"head.pooling={pooling}")
    assert network(base, {}).head.pooling == kept


def test_a_stop_is_heard_before_each_of_many_labels(
    order: TaskOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = StopSignal()
    fitted: list[str] = []

    def fit(_heads: object, *_: object) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        fitted.append("a label")
        stop.set()
        return np.arange(2), np.full((2, 2), 0.5)

    monkeypatch.setattr(head_grid._Heads, "_probabilities", fit)
    competition = SimpleNamespace(kind=TargetKind.MULTILABEL, targets=np.eye(4))
    heads = object.__new__(head_grid._Heads)
    heads._data, heads._stop = SimpleNamespace(competition=competition), stop  # type: ignore[assignment] # what is asked of it
    with pytest.raises(StopRequested):
        heads._predicted([np.ones((4, 3))], np.arange(2), np.arange(2, 4), {})
    assert fitted == ["a label"]
