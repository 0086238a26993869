"""What a person does with searches: plan one, and make experiments of its trials."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.metrics import current_metric
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.choosing import champion
from engine.recipe.proposals import Proposal, leaving_out
from engine.recipe.requests import check_possible
from engine.tuning.planning import Strategy, base_of, plan_search
from engine.tuning.promotion import promoted, promoted_top
from engine.tuning.space import trial_spec
from engine.watching import Snapshot


class Planned(NamedTuple):
    """A search that can be queued.

    Args:
        search: what is tried.
        parent: the experiment that its base was derived from.
        around: what that base is, in words.
    """

    search: SearchSpec
    parent: str | None
    around: str


class Searches:
    """Plans searches of one workspace, and queues what came of them.

    Args:
        record: the record of an id.
        snapshot: the workspace now.
        propose: what a stage runs, with overrides.
        summary: what is known of the competition; None while nobody has looked.
        submit_all: queues experiments, as a group of that name.
    """

    def __init__(
        self,
        record: Callable[[str], ExperimentRecord],
        snapshot: Callable[[], Snapshot],
        propose: Callable[[Stage, Iterable[str]], tuple[Proposal, ...]],
        summary: Callable[[], CompetitionSummary | None],
        submit_all: Callable[[Sequence[Proposal], str], tuple[ExperimentRecord, ...]],
    ) -> None:
        self._record = record
        self._snapshot = snapshot
        self._propose = propose
        self._summary = summary
        self._submit_all = submit_all

    def plan(
        self,
        stage: Stage = Stage.REGULARIZE,
        overrides: Iterable[str] = (),
        over: Iterable[str] = (),
        strategy: Strategy = "bayesian",
        trials: int | None = None,
        source: str | None = None,
    ) -> Planned:
        """A search around an experiment: the best of a stage, or the one that is named.

        Args:
            stage: whose best experiment is varied; where none has finished, or there are
                overrides, what the stage would run here.
            overrides: `field=value` changes to that spec.
            over: what is varied, as `field=value,value` or `field=low..high`; none are the
                hyperparameters that matter most.
            strategy: how the next trial is chosen.
            trials: how many at most; by default 20, or the whole of a grid.
            source: the id of an experiment whose spec is varied instead.

        Raises:
            UserError: a wrong override or axis, or a stage that runs several specs.
        """
        changes = tuple(overrides)
        if source is not None:
            base = apply_overrides(base_of(self._record(source)), changes)
            around = f"experiment {source}" + (", changed" if changes else "")
            return Planned(self._searched(base, over, strategy, trials), source, around)
        best = None if changes else self._best(stage)
        if best is not None and best.fit is not None:
            # Its trials are tries of that stage, whatever the best one was run for.
            wanted = best.fit.model_copy(update={"stage": stage})
            ((base, _),) = leaving_out([(wanted, best.id)], self._snapshot().left_out)
            around = f"experiment {best.id}, the best of {stage}"
            return Planned(self._searched(base, over, strategy, trials), best.id, around)
        proposals = self._propose(stage, changes)
        if len(proposals) != 1:
            raise UserError(
                f"{stage} runs {len(proposals)} specs here, and a search varies one.",
                "one spec.",
                "name an experiment, `--from ID`; what is to be varied goes into `--over`.",
            )
        ((base, parent),) = proposals
        around = f"what {stage} would run" + (f", made from {parent}" if parent else "")
        return Planned(self._searched(base, over, strategy, trials), parent, around)

    def _searched(
        self, base: ExperimentSpec, over: Iterable[str], strategy: Strategy, trials: int | None
    ) -> SearchSpec:
        """A search whose base can run here, and each of the values that are tried."""
        search = plan_search(base, over, strategy, trials)
        summary, records = self._summary(), self._records()
        check_possible(base, summary, records)
        if strategy == "head_grid":
            # Its axes are no fields of a spec.
            return search
        for axis in search.axes:
            for value in axis.values:
                try:
                    trial = trial_spec(search, {axis.path: value})
                except UserError:
                    # Beside another axis' value it may be possible.
                    continue
                check_possible(trial, summary, records)
        return search

    def _best(self, stage: Stage) -> ExperimentRecord | None:
        """The best finished fit of a stage; of a regularized one's backbones and sizes, too."""
        stages = (stage, Stage.WIDEN) if stage is Stage.REGULARIZE else (stage,)
        records = self._records()
        return champion(records, stages, current_metric(records))

    def _records(self) -> tuple[ExperimentRecord, ...]:
        snapshot = self._snapshot()
        if snapshot.problem is not None:
            raise snapshot.problem
        return snapshot.records

    def promote(
        self, search: str, trial: str | None = None, folds: int | None = None
    ) -> ExperimentRecord:
        """Queue the experiment that a trial becomes.

        Args:
            search: the search's id.
            trial: the trial's; by default the best one.
            folds: how many to run; by default as many as the search's base.

        Returns:
            The new record, whose parent is the search.

        Raises:
            UserError: it is no search, there is no such trial, or not so many folds.
        """
        return self._queued([promoted(self._record(search), trial, folds)], search)[0]

    def promote_top(
        self, search: str, count: int, folds: int | None = None
    ) -> tuple[ExperimentRecord, ...]:
        """Queue the experiments that the best trials become, to be scored on more folds.

        Args:
            search: the search's id.
            count: how many trials.
            folds: how many folds to run; by default as many as the search's base.

        Returns:
            The new records, the best trial's first, in one group.

        Raises:
            UserError: as `promote`.
        """
        return self._queued(promoted_top(self._record(search), count, folds), search)

    def _queued(self, proposals: Sequence[Proposal], search: str) -> tuple[ExperimentRecord, ...]:
        summary, records = self._summary(), self._records()
        for spec, _ in proposals:
            check_possible(spec, summary, records)
        return self._submit_all(proposals, f"best of {search},")
