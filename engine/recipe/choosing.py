"""Which of the notebook's experiments a stage is judged by, and which may join an ensemble."""

from collections.abc import Sequence
from math import inf

from engine.experiment.compare import Verdict
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.metrics import LOG_LOSS, current_metric, shortfall
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import Stage
from engine.recipe.common_folds import folds_done, on_common_folds
from engine.recipe.noise import made_worse, unpaired
from engine.recipe.ranking import is_close, ranked
from engine.recipe.twins import is_same_but_for_rows

# What has been through regularize: an ensemble's members come from here.
REGULARIZED = (Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL)


def done_of(records: Sequence[ExperimentRecord], stage: Stage) -> list[ExperimentRecord]:
    """The experiments of a stage that have the figure by which they are judged, over some folds.

    Args:
        records: the notebook.
        stage: which.
    """
    return [
        record
        for record in records
        if record.stage is stage and record.predicts and _has_figure(record)
    ]


def best_of(records: Sequence[ExperimentRecord], stage: Stage) -> ExperimentRecord | None:
    """The finished experiment of a stage with the lowest log-loss that the stage is about.

    Args:
        records: the notebook.
        stage: which.
    """
    return leading(done_of(records, stage), stage)


def heart_to_beat(records: Sequence[ExperimentRecord]) -> ExperimentRecord | None:
    """The best overfit run; of several of its spec the one with the most folds.

    Args:
        records: the notebook.
    """
    best = best_of(records, Stage.OVERFIT)
    if best is None or best.fit is None:
        return best
    alike = [
        one
        for one in done_of(records, Stage.OVERFIT)
        if one.fit is not None and is_same_but_for_rows(one.fit, best.fit)
    ]
    return max([best, *alike], key=lambda one: len(folds_done(one)))


def leading(done: Sequence[ExperimentRecord], stage: Stage) -> ExperimentRecord | None:
    """The one with the lowest log-loss that the stage is about.

    Args:
        done: as `done_of` finds them.
        stage: which.
    """
    figure = _figure(stage)
    return min(done, key=lambda record: getattr(record.scores, figure), default=None)


def members_of(records: Sequence[ExperimentRecord]) -> list[ExperimentRecord]:
    """The experiments that an ensemble can be made of.

    Means over different folds can't be compared, nor blended: those count that have run the most
    folds, or as many as the best of them where that has others beside it.

    Args:
        records: the notebook.

    Returns:
        Regularized fits with equally many folds done, and the best overfit run where it has run as
        many and none of them is preferred to it, or has a better metric; the preferred come first.
        What predicted labels have made worse on clean rows is none of them.
    """
    metric = current_metric(records)
    able = [
        record
        for stage in REGULARIZED
        for record in done_of(records, stage)
        if stage is not Stage.PSEUDO_LABEL or not made_worse(record)
    ]
    best = champion(able, REGULARIZED, metric)
    many = 0 if best is None else len(folds_done(best))
    if sum(len(folds_done(one)) == many for one in able) < 2:
        many = most_folds(records)
    kept = [one for one in able if len(folds_done(one)) == many]
    heart = champion(done_of(records, Stage.OVERFIT), (Stage.OVERFIT,), metric)
    if heart is None or not kept or len(folds_done(heart)) != many:
        return ranked(kept, metric)
    joined = ranked([*kept, heart], metric)
    # Who is too sure of as many right answers makes other mistakes, and is soon tempered.
    least = min(shortfall(one.scores, metric)[0] for one in kept)
    is_able = joined[0] is heart or shortfall(heart.scores, metric)[0] <= least
    return joined if is_able else ranked(kept, metric)


def most_folds(records: Sequence[ExperimentRecord]) -> int:
    """How many folds a regularized experiment has done at the most; 0 where there is none.

    Args:
        records: the notebook.
    """
    able = (one for stage in REGULARIZED for one in done_of(records, stage))
    return max((len(folds_done(one)) for one in able), default=0)


def blends_of(records: Sequence[ExperimentRecord]) -> set[frozenset[str]]:
    """Which members have been blended, over all the folds that they have done by now.

    Args:
        records: the notebook.

    Returns:
        The members of every ensemble, but of those whose members have gone on since.
    """
    known = {record.id: set(folds_done(record)) for record in records}
    ensembles = [(one, one.spec.members) for one in records if isinstance(one.spec, EnsembleSpec)]
    # A blend is of the folds that all members have done: two with equally many may share fewer.
    return {
        frozenset(members)
        for one, members in ensembles
        if set.intersection(*(known.get(member, set()) for member in members))
        <= set(folds_done(one))
    }


def helpful_members(record: ExperimentRecord) -> tuple[str, ...]:
    """The members without which an ensemble's cross-fitted score is worse.

    Args:
        record: the ensemble.

    Returns:
        Their ids, where some but not all of them help; else none.
    """
    members = record.blend.members if record.blend is not None else ()
    kept = tuple(one.id for one in members if (one.contribution or 0.0) > 0)
    return kept if 1 < len(kept) < len(members) else ()


def best_to_submit(
    records: Sequence[ExperimentRecord], metric: str | None = None
) -> ExperimentRecord | None:
    """The experiment whose predictions are to be submitted.

    Args:
        records: the notebook.
        metric: what the competition scores by; by default what the newest experiment was scored by.

    Returns:
        The best by the competition's metric on clean validation rows, and by log-loss where that
        is the same but for the noise of counts, among those with the most folds, whose mean is
        worth more; one with fewer folds where it is better on the same rows beyond the noise.
        None while nothing is done.
    """
    stages = (*REGULARIZED, Stage.ENSEMBLE, Stage.OVERFIT, Stage.BASELINE)
    return champion(records, stages, metric or current_metric(records))


def worth_widening(records: Sequence[ExperimentRecord]) -> ExperimentRecord | None:
    """The fit whose spec is worth widening, chosen as what is to be submitted is.

    Args:
        records: the notebook.

    Returns:
        The best regularized fit, or the overfit run that is preferred to it over as many folds;
        None where nothing is regularized yet.
    """
    metric = current_metric(records)
    best = champion(records, REGULARIZED, metric)
    if best is None:
        return None
    heart = champion(records, (Stage.OVERFIT,), metric)
    if heart is None or len(folds_done(heart)) < len(folds_done(best)):
        return best
    return champion((best, heart), (best.stage, heart.stage), metric)


def champion(
    records: Sequence[ExperimentRecord], stages: Sequence[Stage], metric: str
) -> ExperimentRecord | None:
    """The best of some stages, by a metric, of means that may be over different folds.

    Args:
        records: the notebook.
        stages: whose experiments.
        metric: by what.
    """
    done = [record for stage in stages for record in done_of(records, stage)]
    # A learning-by-heart run may have no validation score.
    able = [one for one in done if shortfall(one.scores, metric) != (inf, inf)]
    ran = {record.id: folds_done(record) for record in able}
    able.sort(key=lambda record: (-len(ran[record.id]), *shortfall(record.scores, metric)))
    most = len(ran[able[0].id]) if able else 0
    first = ranked([one for one in able if len(ran[one.id]) == most], metric)
    best = first[0] if first else None
    for record in able:
        if best is None or ran[record.id] == ran[best.id]:
            continue
        both = on_common_folds(record, best)
        if both is not None and _is_clearly_better(*both, metric):
            best = record
    return best


def _is_clearly_better(scores: Scores, other: Scores, metric: str) -> bool:
    """Beyond the noise of the log-loss, with which another metric must agree."""
    agrees = (
        metric == LOG_LOSS
        or shortfall(scores, metric)[0] <= shortfall(other, metric)[0]
        or is_close(scores, other, metric)
    )
    return agrees and unpaired(scores, other).verdict is Verdict.BETTER


def _has_figure(record: ExperimentRecord) -> bool:
    figure = getattr(record.scores, _figure(record.stage))
    if figure is None and isinstance(record.spec, EnsembleSpec):
        # Ranks have no log-loss, nor has a blend with such a member: their order is judged.
        figure = record.scores.val_metric
    return figure is not None


def _figure(stage: Stage) -> str:
    return "train_log_loss" if stage is Stage.OVERFIT else "val_log_loss"
