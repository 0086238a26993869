"""A blend is held against other experiments row by row, when it is kept."""

from pathlib import Path

import numpy as np
import pytest

from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.jobs.tasks import PREDICTIONS
from engine.recipe.stages import GateState, climb
from engine.service import Service
from engine.store.notebook import Notebook
from engine.training.arrays import write_arrays
from tests.unit.predictions.folded import Folded, folded
from tests.unit.recipe.made_up import done

ROWS = 300


def ran(place: Folded, record: ExperimentRecord, skill: float) -> None:
    """Have an experiment predicted what is hard for all of them, the better the more skilful."""
    Notebook(place.workspace).add(lambda _: record)
    place.predict(record.id, (0, 1))
    hard = 1.6 * np.random.default_rng(0).normal(size=ROWS)
    own = 0.5 * np.random.default_rng(int(record.id)).normal(size=ROWS)
    logits = (2 * place.competition.targets[:, 0] - 1) * skill + hard + own
    for fold in (0, 1):
        file = place.workspace.task(record.id, f"fold{fold}") / PREDICTIONS
        with np.load(file) as stored:
            arrays = dict(stored)
        chosen = logits[arrays["validation_rows"]][:, None]
        write_arrays(file, arrays | {"validation": (1 / (1 + np.exp(-chosen))).astype(np.float32)})


@pytest.mark.parametrize("is_labelled_first", [False, True])
def test_what_is_hard_for_both_blends_is_no_noise(tmp_path: Path, is_labelled_first: bool) -> None:
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(ROWS)])
    clean = {"parent_gain": 0.0, "parent_gain_error": 0.001}
    ran(place, done("1", Stage.REGULARIZE, 0.2, folds=2), 2.6)
    ran(place, done("2", Stage.WIDEN, 0.2, "image_size=32", folds=2), 2.6)
    labelled = done("3", Stage.PSEUDO_LABEL, 0.2, "pseudo.source=1", folds=2, scores=clean)
    ran(place, labelled, 3.1)
    service = Service(tmp_path)
    try:
        members = [("1", "2"), ("1", "2", "3")]
        kept = [
            service.workbench.blend(EnsembleSpec(members=ids))
            for ids in (reversed(members) if is_labelled_first else members)
        ]
        before, after = reversed(kept) if is_labelled_first else kept
        pair = service.workbench.compare([before.id, after.id]).compared[0].log_loss
        records = service.records()
    finally:
        service.close()
    assert pair is not None
    first, second = kept
    assert second.blend is not None
    assert dict(second.blend.against)[first.id] == pytest.approx(pair.error)
    gate = next(rung for rung in climb(None, records) if rung.stage is Stage.PSEUDO_LABEL)
    assert gate.state is GateState.OPEN
    # By their scores alone it is noise.
    alone = [
        one.model_copy(update={"blend": one.blend and one.blend.model_copy(update={"against": ()})})
        for one in records
    ]
    gate = next(one for one in climb(None, alone) if one.stage is Stage.PSEUDO_LABEL)
    assert (gate.state, gate.reading[-12:]) == (GateState.SHUT, "within noise")
