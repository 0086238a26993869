"""What a failed trial leaves in the log: what a person can mend, and no traceback of it."""

from pathlib import Path
from typing import NoReturn

import pytest

from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.tasks import TaskOrder
from engine.training.stopping import StopSignal
from engine.tuning import search as searching
from engine.tuning.planning import plan_search


def wrong(*_: object) -> NoReturn:
    raise UserError("The loss became nan.", "a finite one.", "lower the rate.")


def fault(*_: object) -> NoReturn:
    raise ZeroDivisionError("ours")


@pytest.mark.parametrize(("work", "traced"), [(wrong, 0), (fault, 2)])
def test_only_a_fault_of_ours_has_a_traceback(
    work: object,
    traced: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(searching, "load_fold", lambda *_: None)
    monkeypatch.setattr(searching, "fit_trial", work)
    base = ExperimentSpec(stage=Stage.BASELINE)
    order = TaskOrder(
        experiment="1",
        task="search",
        fold=0,
        spec=base,
        search=plan_search(base, ["batch_size=8,16"], "grid"),
        parent=None,
        workspace=str(tmp_path),
        data=".",
    )
    with pytest.raises(UserError, match="All 2 trials have failed"):
        searching.run_search(order, tmp_path, lambda _event: None, StopSignal())
    said = capfd.readouterr()
    assert (said.out + said.err).count("Traceback (most recent call last)") == traced
