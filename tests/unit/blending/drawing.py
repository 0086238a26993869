"""Members whose worth is known because they are drawn so."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blending.logits import from_logits
from engine.blending.members import Members
from engine.competition.findings import TargetKind

FOLDS = 5


def drawn(
    kind: TargetKind, skills: Sequence[float], rows: int = 1000, tests: int = 0, seed: int = 0
) -> Members:
    """Members whose logits are the truth, times a skill, in noise of spread 1.

    Logits that separate the truth by `d` in such noise are calibrated at `d` times their size, so
    that a skill of 0 tells nothing and says so.
    """
    random = np.random.default_rng(seed)
    if kind is TargetKind.MULTICLASS:
        targets = np.eye(4)[random.integers(0, 4, rows)]
    else:
        columns = 1 if kind is TargetKind.BINARY else 3
        targets = random.integers(0, 2, (rows, columns)).astype(float)
    centred = targets if kind is TargetKind.MULTICLASS else targets - 0.5
    predictions = [
        from_logits(skill * (skill * centred + random.normal(size=targets.shape)), kind)
        for skill in skills
    ]
    return Members(
        np.array(predictions, np.float32),
        targets,
        kind,
        random.permutation(np.arange(rows) % FOLDS),
        predicted_tests(kind, len(skills), targets.shape[1], tests, random) if tests else None,
    )


def predicted_tests(
    kind: TargetKind, count: int, outputs: int, rows: int, random: np.random.Generator
) -> NDArray[Any]:
    values = random.normal(size=(FOLDS * count * rows, outputs))
    return from_logits(values, kind).reshape(FOLDS, count, rows, outputs)
