"""The stages of the recipe and their gates: what the notebook opens, and by what figure."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import chain

from engine.competition.conflicts import findings_left
from engine.competition.findings import CompetitionSummary
from engine.experiment.compare import Verdict, judged
from engine.experiment.frozen import Frozen
from engine.experiment.metrics import LOG_LOSS, SHORT_NAMES, by_metric, current_metric
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.baseline_gate import judge_baseline
from engine.recipe.blend_gain import gain_over_members
from engine.recipe.choosing import champion, done_of, leading
from engine.recipe.floors import reachable_floor
from engine.recipe.known import Known
from engine.recipe.noise import Verdicts, beats, unpaired_metric, versus
from engine.recipe.pseudo_gate import judge_labels

LADDER = (
    Stage.DATA,
    Stage.BASELINE,
    Stage.OVERFIT,
    Stage.REGULARIZE,
    Stage.WIDEN,
    Stage.ENSEMBLE,
    Stage.PSEUDO_LABEL,
    Stage.SUBMIT,
)
OVERFIT_GATE = 0.01
LEAST_MEMBERS = 3
# Below this a floor makes no difference to the gate.
_FLOOR_WORTH_TELLING = 0.0005


class GateState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    SHUT = "shut"
    OPEN = "open"
    PASSED = "passed"

    @property
    def is_behind(self) -> bool:
        """Whether the recipe goes on with the next stage."""
        return self in (GateState.OPEN, GateState.PASSED)

    @property
    def is_under_way(self) -> bool:
        """Whether an experiment of the stage runs, or waits to be run."""
        return self in (GateState.QUEUED, GateState.RUNNING)


class Rung(Frozen):
    """One stage as the rail shows it.

    Args:
        stage: which.
        state: how its gate stands.
        gate: what opens it, in words.
        reading: the figure that decided, or what is missing.
        experiment: the experiment that was judged.
    """

    stage: Stage
    state: GateState
    gate: str
    reading: str
    experiment: str | None = None


GATES = {
    Stage.DATA: "images decode and match",
    Stage.BASELINE: "val beats the class shares",
    Stage.OVERFIT: f"training log-loss < {OVERFIT_GATE}",
    Stage.REGULARIZE: "val better than overfit's",
    Stage.WIDEN: f"{LEAST_MEMBERS} backbones or sizes",
    Stage.ENSEMBLE: "beats the best single run",
    Stage.PSEUDO_LABEL: "not worse on clean rows",
    Stage.SUBMIT: "a CSV that fits the sample",
}


def climb(
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
    passed: frozenset[str] = frozenset(),
    left_out: Sequence[str] = (),
) -> tuple[Rung, ...]:
    """How every stage stands, judged by the notebook.

    Args:
        summary: what was recognised of the competition; None while nobody has looked.
        records: the notebook.
        passed: the stages whose shut gates a person has passed.
        left_out: ids of the labelled images that are not to be trained on.

    Returns:
        The rungs, in the recipe's order.
    """
    metric = current_metric(records) if summary is None else summary.metric
    known = Known(records, metric)
    rungs = (
        _data_rung(summary, left_out),
        *(_rung(stage, known, summary) for stage in _JUDGES),
        _submit_rung(records),
    )
    return tuple(_passed(rung) if rung.stage in passed else rung for rung in rungs)


def _data_rung(summary: CompetitionSummary | None, left_out: Sequence[str]) -> Rung:
    state, reading = GateState.WAITING, "not looked at yet"
    if summary is not None:
        left = findings_left(summary, left_out)
        warnings = sum(finding.severity == "warning" for finding in left)
        state = GateState.SHUT if warnings else GateState.OPEN
        reading = f"{warnings} to look at"
        if not warnings:
            told = f"; {len(left_out)} left out" if left_out else ""
            reading = f"{summary.labelled_images:,} images, clean{told}"
    return Rung(stage=Stage.DATA, state=state, gate=GATES[Stage.DATA], reading=reading)


def _rung(stage: Stage, known: Known, summary: CompetitionSummary | None) -> Rung:
    records = known.of(stage)
    done = done_of(records, stage)
    if stage is Stage.PSEUDO_LABEL:
        # One whose pseudo-labels an ablation took back tells nothing of them.
        done = [one for one in done if one.fit is not None and one.fit.pseudo.source]
    # What is blended, widened and submitted is chosen so, too.
    is_first = stage in (Stage.BASELINE, Stage.OVERFIT)
    best = leading(done, stage) if is_first else champion(done, (stage,), known.metric)
    active = [
        one.status
        for one in records
        if not one.status.is_finished and one.spec.kind != "range_test"
    ]
    # A range test or a search is no run of the stage itself.
    cut_short = [one for one in records if one.spec.kind == "fit" and one.status.is_resumable]
    reading = f"first run {cut_short[-1].status}" if cut_short else "not run yet"
    state = GateState.WAITING
    if best is not None:
        judge = _JUDGES[stage]
        # It is the best blend that will be submitted, whatever another gains on poor members.
        others = () if stage is Stage.ENSEMBLE else (one for one in done if one is not best)
        candidates = chain([best], others)
        verdicts = ((judge(one, known, summary), one) for one in candidates)
        first = next(verdicts)
        # The best by its figure may miss another condition that a second one meets.
        (is_open, reading), best = first if first[0][0] else next(filter(_is_open, verdicts), first)
        state = GateState.OPEN if is_open else GateState.SHUT
    if active:
        is_running = any(status is not Status.QUEUED for status in active)
        state = GateState.RUNNING if is_running else GateState.QUEUED
        if best is None:
            reading = "first run under way" if is_running else "first run waits"
    return Rung(
        stage=stage,
        state=state,
        gate=GATES[stage],
        reading=reading,
        experiment=best.id if best is not None else None,
    )


def _is_open(verdict: tuple[Verdicts, ExperimentRecord]) -> bool:
    return verdict[0][0]


def _passed(rung: Rung) -> Rung:
    if rung.state not in (GateState.SHUT, GateState.WAITING):
        return rung
    return rung.model_copy(update={"state": GateState.PASSED})


def _baseline(record: ExperimentRecord, _: Known, __: CompetitionSummary | None) -> Verdicts:
    return judge_baseline(record)


def _overfit(record: ExperimentRecord, _: Known, summary: CompetitionSummary | None) -> Verdicts:
    loss = record.scores.train_log_loss
    if loss is None or record.fit is None:
        return False, "no training score"
    floor = reachable_floor(record.fit, summary)
    told = f", floor {floor:.4f}" if floor >= _FLOOR_WORTH_TELLING else ""
    if loss < floor:
        # On its way to where the smoothed loss is least, a network can pass by a lower one.
        told = f", floor about {floor:.4f}"
    few = f", {record.fit.rows:.0%} of rows" if record.fit.rows < 1 else ""
    return loss < OVERFIT_GATE, f"train {loss:.4f}{few}{told}"


def _regularize(record: ExperimentRecord, known: Known, _: CompetitionSummary | None) -> Verdicts:
    if known.overfit is None:
        return False, "no overfit run to beat"
    is_better, told = beats(record, known.overfit)
    mine, theirs = (1.0 if one.fit is None else one.fit.rows for one in (record, known.overfit))
    if mine != theirs:
        # More rows make a better network, held back or not.
        fewer = record if mine < theirs else known.overfit
        told += f"; {fewer.id} had {min(mine, theirs):.0%} of rows"
    return is_better, told


def _widen(_: ExperimentRecord, known: Known, __: CompetitionSummary | None) -> Verdicts:
    kinds, poor = known.kinds
    told = f"{kinds} different"
    if poor:
        told += f", {poor} no better than the class shares"
    left = LEAST_MEMBERS - kinds
    return left <= 0, told + (f", {left} more wanted" if left > 0 else "")


def _ensemble(record: ExperimentRecord, known: Known, _: CompetitionSummary | None) -> Verdicts:
    """Better than its best member, and than the best run where that is none of its members."""
    is_better, told = _beats_members(record)
    rival = known.rival_of(record) if is_better else None
    if rival is None:
        return is_better, told
    if known.metric == LOG_LOSS:
        is_better, told = beats(record, rival)
    else:
        mine, theirs = (by_metric(one.scores, known.metric) or 0.0 for one in (record, rival))
        # Of what is no member the rows' own noise is not known.
        found = unpaired_metric(record.scores, rival.scores, known.metric)
        found = found or judged(mine - theirs, None)
        is_better = found.verdict is Verdict.BETTER
        told = f"{_short(known.metric)} {versus(mine, theirs, rival.id, found)}"
    return is_better, told


def _short(metric: str | None) -> str:
    return SHORT_NAMES.get(metric or "", "metric")


def _beats_members(record: ExperimentRecord) -> Verdicts:
    scores, report = record.scores, record.blend
    if record.is_rank:
        # Of ranks, an earlier version of this program has noted a log-loss, which tells nothing.
        scores = scores.model_copy(update={"parent_gain": None})
    found = gain_over_members(scores, report)
    if found is None:
        return False, "no member to compare with"
    if report is not None and found is report.metric_gain:
        value, best = scores.val_metric or 0.0, report.metric_best or "a member"
        told = f"{_short(scores.metric)} {versus(value, value - found.gain, best, found)}"
    else:
        loss = scores.val_log_loss or 0.0
        told = versus(loss, loss + found.gain, record.parent or "a member", found)
    return found.verdict is Verdict.BETTER, told


def _pseudo(record: ExperimentRecord, known: Known, _: CompetitionSummary | None) -> Verdicts:
    return judge_labels(record, known)


def _submit_rung(records: Sequence[ExperimentRecord]) -> Rung:
    exported = [record for record in records if record.submission is not None]
    return Rung(
        stage=Stage.SUBMIT,
        state=GateState.OPEN if exported else GateState.WAITING,
        gate=GATES[Stage.SUBMIT],
        reading=f"{len(exported)} exported" if exported else "nothing exported yet",
        experiment=exported[-1].id if exported else None,
    )


_Judge = Callable[[ExperimentRecord, Known, CompetitionSummary | None], Verdicts]
_JUDGES: dict[Stage, _Judge] = {
    Stage.BASELINE: _baseline,
    Stage.OVERFIT: _overfit,
    Stage.REGULARIZE: _regularize,
    Stage.WIDEN: _widen,
    Stage.ENSEMBLE: _ensemble,
    Stage.PSEUDO_LABEL: _pseudo,
}
