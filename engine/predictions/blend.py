"""A blend of stored predictions, stored like a fit's: fold by fold, scored on clean rows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blending.crossfit import Recipe, blends_without, cross_fit
from engine.blending.diversity import correlation, leave_one_out
from engine.blending.members import Members
from engine.blending.methods import Method, check_method
from engine.blending.metrics import measure
from engine.blending.temperature import (
    apply_temperature,
    cross_fit_temperature,
    fit_temperature,
)
from engine.competition.competition import Competition, load_competition
from engine.competition.findings import METRICS, MetricName
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec, MemberReport
from engine.experiment.record import Status, TaskRecord
from engine.files import explained
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.deciding import as_submitted, must_answer
from engine.predictions.gains import Gains, gains_of
from engine.predictions.pairing import mean_metric
from engine.predictions.parts import Kinship, kinship, parts_of
from engine.predictions.scoring import score_held_out
from engine.predictions.stored import (
    SideBySide,
    how_to_replace,
    load_fold,
    side_by_side,
    task_of,
)
from engine.predictions.subject import SUBJECT, Subject
from engine.predictions.thresholds import ways_to_fit
from engine.training.arrays import write_arrays
from engine.training.out_of_fold import gather_out_of_fold

# What probabilities alone tell.
_UNKNOWN_OF_RANKS = (
    "val_log_loss_error",
    *(f"val_{metric}" for metric in METRICS if metric != "auc"),
)


def blend_experiments(
    data: Path,
    workspace: Workspace,
    experiments: Sequence[tuple[str, Sequence[int]]],
    spec: EnsembleSpec,
    keep: Path | None,
) -> dict[str, Any]:
    """Blend the stored predictions of experiments.

    Args:
        data: the competition's folder.
        workspace: where the runs lie.
        experiments: each member's id and the folds it has done.
        spec: how to blend.
        keep: where the blend's own predictions are put, a folder for every fold, and all of them
            as a table; None keeps none.

    Returns:
        Plain values: `tasks`, one a fold with its scores; `report`; `gain` over the best member
        by log-loss, paired by row; and `best`, that member's id. Of ranks, which have no log-loss,
        the best is by the competition's metric, and the report alone tells of the gain.

    Raises:
        UserError: predictions are missing, the members have no fold in common, the method does
            not suit the metric or ranks among the members, or the disk is full.
    """
    competition = load_competition(data, workspace)
    found = side_by_side(workspace, experiments, competition)
    names = [name for name, _ in experiments]
    _refuse_unseen(found, names)
    if found.is_rank and (spec.calibrated or spec.method is Method.WEIGHTED):
        fold = found.folds[0]
        ranks = [one for one in names if load_fold(workspace, one, fold, competition).is_rank]
        raise _by_log_loss_of_ranks(ranks)
    targets = competition.targets[found.rows]
    kind = competition.kind
    parts = parts_of(found, competition, workspace.folds)
    tests = found.tests if found.tests.shape[2] else None
    members = Members(found.validation, targets, kind, parts, tests)
    check_method(spec.method, competition.metric)
    if spec.is_rank and spec.calibrated:
        raise UserError(
            "A blend by ranks gives no probabilities, whose temperature could be fitted.",
            "a blend by rank without a temperature, or one whose answers are probabilities.",
            "leave out `--calibrated`, or blend by mean, geometric, weighted, selection or stack.",
        )
    # Weights, stacks and temperatures are fitted by log-loss, which has a slope to go down; and so
    # are selections where thresholds make the answers, of which the likeliest class tells little.
    has_thresholds = ways_to_fit(kind, competition.metric, targets.shape[1])
    objective: MetricName = "log_loss" if has_thresholds else competition.metric
    recipe = Recipe(spec.method, spec.learner, objective, spec.seed)
    # Ranks are no probabilities: what they are worth only an order can tell.
    is_rank = found.is_rank or spec.is_rank
    judge: MetricName = "auc" if is_rank else "log_loss"
    blended = cross_fit(members, recipe, judge)
    predictions, tests = blended.predictions, blended.tests
    fitted: NDArray[np.floating] = blended.fitted
    temperature: float | None = None
    if spec.calibrated:
        others = blends_without(members, recipe) if spec.method.is_fitted else None
        tempered = cross_fit_temperature(predictions, targets, kind, members.groups, others)
        predictions, temperature = tempered.predictions.astype(np.float32), tempered.temperature
        if tests is not None:
            # A fold's test predictions may become labels of rows that this fold's rows validate.
            each = tempered.by_group if len(tests) > 1 else (temperature,)
            tests = np.stack(
                [apply_temperature(one, t, kind) for one, t in zip(tests, each, strict=True)]
            )
        # What is seen by the rows that it was fitted on has a temperature fitted on them as well.
        fitted = apply_temperature(fitted, fit_temperature(fitted, targets, kind), kind)
    kin = kinship(competition, workspace.folds).of(found.rows)
    gains = gains_of(found, competition, predictions, is_rank, kin)
    if keep is not None:
        none = np.zeros((1, 0, targets.shape[1]), np.float32)
        if spec.is_fitted and len(found.folds) == 1:
            # What it says of the test images was fitted on the rows held out: it has seen them.
            found = replace(found, train_rows=(np.union1d(found.train_rows[0], found.rows),))
        found = replace(found, is_rank=is_rank)
        _keep(found, competition, predictions, none if tests is None else tests, keep)
        fold_of = np.full(len(competition.targets), -1)
        fold_of[found.rows] = found.fold_of_row
        gather_out_of_fold(keep, competition, fold_of)
    metric = competition.metric
    log_loss, best, folds = gains.log_loss, gains.metric_best, found.fold_of_row
    report = EnsembleReport(
        members=_reports(members, recipe, judge, names, blended.weights, gains, spec.calibrated),
        in_sample_log_loss=None if is_rank else measure("log_loss", targets, fitted, kind),
        in_sample_metric=None
        if metric == "log_loss"
        else mean_metric(
            targets,
            as_submitted(targets, fitted, kin, kind, metric, must_answer(competition), folds),
            kind,
            metric,
            folds,
        ),
        metric_gain=gains.metric,
        metric_best=None if best is None else names[best],
        temperature=temperature,
        correlation=tuple(map(tuple, correlation(members).tolist())),
    )
    return {
        "tasks": [
            task.model_dump(mode="json")
            for task in _tasks(found, competition, targets, predictions, is_rank, kin)
        ],
        "report": report.model_dump(mode="json"),
        "gain": {
            "parent_gain": None if log_loss is None else log_loss.gain,
            "parent_gain_error": None if log_loss is None else log_loss.error,
        },
        "best": names[gains.best],
    }


def _refuse_unseen(found: SideBySide, names: Sequence[str]) -> None:
    """Test images that came later than a member have no answer of it."""
    for place in np.flatnonzero(np.isnan(found.tests).any(axis=(0, 2, 3))):
        name = names[int(place)]
        raise UserError(
            f"Experiment {name} has not predicted all test images that are there now.",
            "members that were run on the same test images.",
            how_to_replace(name),
        )


def _by_log_loss_of_ranks(names: Sequence[str]) -> UserError:
    return UserError(
        f"Of the members, {', '.join(names)} predicted ranks, and by log-loss neither weights nor "
        "a temperature can be fitted to these.",
        "members whose predictions are probabilities.",
        "blend by mean, geometric or rank without `--calibrated`, or leave them out.",
    )


def _keep(
    found: SideBySide,
    competition: Competition,
    predictions: NDArray[np.float32],
    tests: NDArray[np.floating],
    keep: Path,
) -> None:
    for number, fold in enumerate(found.folds):
        mask = found.fold_of_row == fold
        folder = keep / task_of(fold)
        with explained(folder):
            folder.mkdir()
        write_arrays(
            folder / PREDICTIONS,
            {
                "train_rows": found.train_rows[number],
                "validation_rows": found.rows[mask],
                "validation": predictions[mask],
                "test": tests[min(number, len(tests) - 1)].astype(np.float32),
                SUBJECT: Subject.of(competition, map(int, found.blank), found.is_rank).array,
            },
            compressed=True,
        )


def _reports(
    members: Members,
    recipe: Recipe,
    judge: MetricName,
    names: Sequence[str],
    weights: NDArray[np.float64] | None,
    gains: Gains,
    is_calibrated: bool,
) -> tuple[MemberReport, ...]:
    alone = len(names) == 1
    # By another objective, what each is worth would take many times as long.
    recipe = replace(recipe, objective="log_loss")
    # Only probabilities have a temperature.
    is_tempered = is_calibrated and judge == "log_loss"
    added = [None] if alone else leave_one_out(members, recipe, judge, is_tempered).tolist()
    shares = [None] * len(names) if weights is None else weights.tolist()
    return tuple(
        MemberReport(id=name, weight=share, contribution=worth, log_loss=loss, metric=metric)
        for name, share, worth, loss, metric in zip(
            names, shares, added, gains.losses, gains.metrics, strict=True
        )
    )


def _tasks(
    found: SideBySide,
    competition: Competition,
    targets: NDArray[np.float32],
    predictions: NDArray[np.float32],
    is_rank: bool,
    kin: Kinship,
) -> list[TaskRecord]:
    tasks = []
    unknown = dict.fromkeys(_UNKNOWN_OF_RANKS) if is_rank else {}
    for fold in found.folds:
        mask = found.fold_of_row == fold
        # What the class shares alone would score is judged by the rows of the other folds.
        others = np.setdiff1d(np.arange(len(competition.targets)), found.rows[mask])
        scores = score_held_out(
            (targets[mask], predictions[mask]),
            competition.targets[others].mean(axis=0),
            competition.kind,
            competition.metric,
            kin.of(mask),
            must_answer(competition),
        ).model_copy(update=unknown)
        tasks.append(TaskRecord(name=task_of(fold), fold=fold, status=Status.DONE, scores=scores))
    return tasks
