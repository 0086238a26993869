"""A fit from the trunk's activations comes out as one from the images. At tiny size."""

from pathlib import Path

import numpy as np
import pytest

from engine.events.types import EpochEnded, Event, Note, PhaseStarted, Preparing
from engine.experiment.record import Scores
from engine.experiment.spec import ExperimentSpec
from engine.jobs.tasks import PREDICTIONS, TaskOrder
from engine.jobs.workspace import Workspace
from engine.training.fit import fit_fold
from engine.training.inputs import Bank
from engine.training.pipeline import Source, training_batches
from engine.training.stopping import StopRequested, StopSignal
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers

pytestmark = pytest.mark.usefixtures("untraced")

TWO_PHASES = tiny_spec(
    "backbone=wide_cnn", "phases.0.train=head", "phases.0.learning_rate=0.01",
    "phases.1.train=last_convolutions:2", "phases.1.epochs=2", "phases.1.learning_rate=0.001",
    "batch_size=16",
)  # fmt: skip
BANKED = tiny_spec(
    "phases.0.train=last_convolutions:1", "phases.0.epochs=2", "augmentation.horizontal_flip=true",
    "augmentation.brightness=0.3", "augmentation.bank=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flowers(tmp_path_factory.mktemp("data"), rows=40, test=4)


class Run:
    """One fit in its own task folder, and what it said."""

    def __init__(
        self, root: Path, data: Path, spec: ExperimentSpec, task: str = "a", until: str = ""
    ) -> None:
        self.events: list[Event] = []
        stop, self.folder = StopSignal(), root / task
        self.folder.mkdir(exist_ok=True, parents=True)

        def told(event: Event) -> None:
            self.events.append(event)
            if until and isinstance(event, Preparing) and event.what.startswith(until):
                stop.set()

        order = TaskOrder(
            experiment="1", task=task, fold=0, spec=spec, parent=None,
            workspace=str(root), data=str(data),
        )  # fmt: skip
        self.scores: Scores = fit_fold(order, self.folder, told, stop)

    def curve(self, name: str) -> list[float]:
        found = [e.figures[name] for e in self.events if isinstance(e, EpochEnded)]
        return [value for value in found if value is not None]

    def computed(self) -> list[str]:
        names = [e.what for e in self.events if isinstance(e, Preparing)]
        return list(dict.fromkeys(name for name in names if name.startswith("computing")))

    def notes(self) -> list[str]:
        return [e.text for e in self.events if isinstance(e, Note)]

    def predictions(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / PREDICTIONS) as arrays:
            return dict(arrays)


def settings(root: Path, *lines: str) -> Path:
    root.mkdir(exist_ok=True)
    Workspace(root).settings.write_text("\n".join(["[cache]", *lines]), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def plain(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(settings(tmp_path_factory.mktemp("plain"), "trunk = false"), data, TWO_PHASES)


@pytest.fixture(scope="module")
def cached(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("cached"), data, TWO_PHASES)


def test_two_cuts_train_and_score_like_the_whole_network(plain: Run, cached: Run) -> None:
    for name in ("loss", "val_log_loss"):
        assert cached.curve(name) == pytest.approx(plain.curve(name), abs=3e-3)
    for name in ("train_log_loss", "val_log_loss"):
        assert getattr(cached.scores, name) == pytest.approx(getattr(plain.scores, name), abs=3e-3)
    for name, expected in plain.predictions().items():
        np.testing.assert_allclose(cached.predictions()[name], expected, atol=3e-3)
    assert len(set(plain.curve("loss"))) == 3


def test_the_images_go_through_the_network_once(plain: Run, cached: Run) -> None:
    assert plain.computed() == []
    assert cached.computed() == [
        "computing training images through wide_cnn", "computing test images through wide_cnn",
    ]  # fmt: skip
    kinds = [type(event) for event in cached.events]
    begun = kinds.index(PhaseStarted)
    later = [e.what for e in cached.events[begun:] if isinstance(e, Preparing)]
    assert "computing training images through wide_cnn" not in later


@pytest.mark.slow
def test_a_rerun_with_other_batches_computes_nothing(data: Path, cached: Run) -> None:
    spec = TWO_PHASES.model_copy(update={"batch_size": 32})
    assert Run(cached.folder.parent, data, spec, "again").computed() == []


@pytest.mark.slow
def test_what_has_trained_is_not_read_from_the_cache(data: Path, tmp_path: Path) -> None:
    # The second phase freezes what the first has changed.
    spec = tiny_spec(
        "phases.0.train=last_convolutions:1", "phases.0.learning_rate=0.05",
        "phases.1.train=head", "phases.1.epochs=1",
    )  # fmt: skip
    expected = Run(settings(tmp_path / "plain", "trunk = false"), data, spec)
    found = Run(tmp_path / "cached", data, spec)
    assert found.curve("loss") == pytest.approx(expected.curve("loss"), abs=3e-3)
    assert found.scores.val_log_loss == pytest.approx(expected.scores.val_log_loss, abs=3e-3)


@pytest.mark.slow
def test_a_cut_that_does_not_fit_is_told_and_read_from_the_images(
    data: Path, tmp_path: Path, plain: Run
) -> None:
    # 40 rows of 128 pooled features in float32 are 20 kB, of the map before 40 kB and more.
    run = Run(settings(tmp_path / "w", "limit_gb = 25e-6"), data, TWO_PHASES)
    assert run.computed()[0] == "computing training images through wide_cnn"
    assert "limit_gb" in run.notes()[0]
    assert "phase 2 reads the images" in run.notes()[0]
    assert run.scores.val_log_loss == pytest.approx(plain.scores.val_log_loss, abs=3e-3)
    kept = Workspace(tmp_path / "w").cache.glob("activations/*.npy")
    assert sum(path.stat().st_size for path in kept) < 25_500


@pytest.mark.slow
def test_a_stop_while_computing_is_gone_on_from(data: Path, tmp_path: Path) -> None:
    spec = tiny_spec("phases.0.train=head")
    with pytest.raises(StopRequested):
        Run(tmp_path, data, spec, until="computing training")
    run = Run(tmp_path, data, spec)
    first = next(e for e in run.events if isinstance(e, Preparing) and e.what in run.computed())
    assert first.done > 16


def test_a_bank_is_computed_once_and_grows(data: Path, tmp_path: Path) -> None:
    first = Run(tmp_path, data, BANKED)
    assert [what[:19] for what in first.computed()] == [
        "computing training ", "computing view 1 of", "computing view 2 of", "computing test imag",
    ]  # fmt: skip
    # Validation and predictions see the images as they are.
    assert first.scores.val_log_loss == pytest.approx(first.curve("val_log_loss")[-1], abs=1e-4)
    augmentation = BANKED.augmentation.model_copy(update={"bank": 3})
    more = Run(tmp_path, data, BANKED.model_copy(update={"augmentation": augmentation}), "more")
    assert more.computed() == ["computing view 3 of 3 of the training images through plain_cnn"]
    assert more.curve("loss") != first.curve("loss")
    elsewhere = Run(tmp_path / "elsewhere", data, BANKED)
    assert elsewhere.curve("loss") == first.curve("loss")


def test_every_epoch_draws_a_view_of_each_row() -> None:
    views = tuple((np.full((50, 2), view, np.float16) + np.arange(50)[:, None] * 10,) for view in
                  range(4))  # fmt: skip
    bank, rows = Bank(views, seed=1), np.array([3, 20, 41])
    whole = [bank.draw(np.arange(50), epoch)[0] for epoch in range(8)]
    for drawn in whole:
        np.testing.assert_array_equal(drawn[:, 0] // 10, np.arange(50))
    assert {int(value) for value in np.stack(whole)[:, 7, 0] % 10} >= {0, 1, 2}
    np.testing.assert_array_equal(bank.draw(rows, 5)[0], whole[5][rows])


def test_batches_come_from_the_epochs_views() -> None:
    views = tuple((np.full((8, 1), view, np.float16),) for view in range(3))
    source = Source((np.full((8, 1), 9, np.float16),), np.zeros((8, 1), np.float32), Bank(views, 0))
    batches = iter(training_batches(source, np.arange(8), 4, 0, (6, 0)))
    seen = np.concatenate([inputs[0].numpy() for inputs, _ in (next(batches), next(batches))])
    expected = source.bank.draw(np.arange(8), 6)[0] if source.bank else None
    assert expected is not None
    assert sorted(seen.ravel()) == sorted(expected.ravel())
