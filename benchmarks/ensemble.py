"""Ensemble selection of many members over many rows, against the plain loop.

Run: uv run python benchmarks/ensemble.py
"""

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import psutil
from report import Figure, report

from engine.blending.crossfit import Recipe, cross_fit
from engine.blending.logits import from_logits
from engine.blending.members import Members
from engine.blending.methods import Method
from engine.blending.metrics import measure
from engine.blending.selection import BAGS, STEPS, select
from engine.competition.findings import TargetKind

T = TypeVar("T")

MEMBERS, ROWS, CLASSES, FOLDS = 50, 100_000, 10, 5
KIND = TargetKind.MULTICLASS
PLAIN_STEPS = 5
AIM_SECONDS = 20.0
AIM_MEMORY = 1.2


def main() -> None:
    members, before = _members()
    blend, ours = _timed(lambda: cross_fit(members, Recipe(Method.SELECTION), "log_loss"))
    # Of the process so far: the members and all that was made from them.
    memory = (_most_bytes() - before) / members.predictions.nbytes
    weights, once = _timed(lambda: select(members, np.arange(ROWS)))
    _, few = _timed(lambda: _plain(members, PLAIN_STEPS))
    one_bag = few * STEPS / PLAIN_STEPS
    # Bags draw from half of the members; each fold's fit leaves one fold of the rows out.
    plain = one_bag * BAGS / 2 * FOLDS
    singles = [measure("log_loss", members.targets, one, KIND) for one in members.predictions]
    report(
        "ensemble",
        [
            Figure("engine: cross-fitted selection", ours, "s", AIM_SECONDS),
            Figure("engine: peak memory / the members' own", memory, "x", AIM_MEMORY),
            Figure("engine: one fit, all bags", once, "s"),
            Figure(f"plain loop: {PLAIN_STEPS} steps of one bag, measured", few, "s"),
            Figure(f"plain loop: {STEPS} steps of one bag, extrapolated", one_bag, "s"),
            Figure("plain loop: cross-fitted selection, extrapolated", plain, "s"),
            Figure("log-loss: best member", min(one or 0 for one in singles), "nats"),
            Figure("log-loss: selection, in sample", blend.in_sample or 0, "nats"),
            Figure("log-loss: selection, cross-fitted", blend.cross_fitted or 0, "nats"),
            Figure("members selected", float((weights > 0).sum()), ""),
        ],
        {"cross-fitted selection, plain loop / engine": plain / ours},
    )


def _members() -> tuple[Members, int]:
    """Members of unlike skill that share part of their errors, and the memory before them."""
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, ROWS)
    targets = np.eye(CLASSES, dtype=np.float32)[truth]
    shared = random.normal(size=(ROWS, CLASSES))
    before = psutil.Process().memory_info().rss
    predictions = np.empty((MEMBERS, ROWS, CLASSES), np.float32)
    for member in predictions:
        # A few rows at a time: what is drawn must not count as the engine's memory.
        for start in range(0, ROWS, 4096):
            rows = slice(start, start + 4096)
            skill, noise = 1.5 + 0.03 * random.normal(), random.normal(size=targets[rows].shape)
            member[rows] = from_logits(2 * skill * targets[rows] + shared[rows] + noise, KIND)
    groups = random.permutation(np.arange(ROWS) % FOLDS)
    return Members(predictions, targets, KIND, groups), before


def _plain(members: Members, steps: int) -> list[int]:
    """Ensemble selection as its article says it: average whole arrays, take the best, go on.

    Nothing that is spared easily is wasted: the logarithm is of the true class alone.
    """
    rows, truth = np.arange(ROWS), members.targets.argmax(axis=1)
    total, chosen = np.zeros((ROWS, CLASSES), np.float32), []
    for size in range(1, steps + 1):
        losses = []
        for member in members.predictions:
            average = (total + member) / size
            losses.append(-np.log(np.clip(average[rows, truth], 1e-7, 1)).mean())
        chosen.append(int(np.argmin(losses)))
        total += members.predictions[chosen[-1]]
    return chosen


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _most_bytes() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
