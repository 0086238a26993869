"""What a person does with searches: plan one, and make experiments of its trials."""

from collections.abc import Callable, Iterable, Sequence

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import Stage
from engine.recipe.proposals import Proposal
from engine.recipe.requests import check_possible
from engine.tuning.planning import Strategy, base_of, plan_search
from engine.tuning.promotion import promoted, promoted_top


class Searches:
    """Plans searches of one workspace, and queues what came of them.

    Args:
        record: the record of an id.
        records: the notebook.
        propose: what a stage runs, with overrides.
        summary: what is known of the competition; None while nobody has looked.
        submit_all: queues experiments, as a group of that name.
    """

    def __init__(
        self,
        record: Callable[[str], ExperimentRecord],
        records: Callable[[], tuple[ExperimentRecord, ...]],
        propose: Callable[[Stage, Iterable[str]], tuple[Proposal, ...]],
        summary: Callable[[], CompetitionSummary | None],
        submit_all: Callable[[Sequence[Proposal], str], tuple[ExperimentRecord, ...]],
    ) -> None:
        self._record = record
        self._records = records
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
    ) -> tuple[SearchSpec, str | None]:
        """A search around what a stage runs here, or around an experiment.

        Args:
            stage: whose spec is varied, where no experiment is named.
            overrides: `field=value` changes to that spec.
            over: what is varied, as `field=value,value` or `field=low..high`; none are the
                hyperparameters that matter most.
            strategy: how the next trial is chosen.
            trials: how many at most; by default 20, or the whole of a grid.
            source: the id of an experiment whose spec is varied instead.

        Returns:
            The search, and the experiment that its base was derived from.

        Raises:
            UserError: a wrong override or axis, or a stage that runs several specs.
        """
        if source is not None:
            base = apply_overrides(base_of(self._record(source)), overrides)
            check_possible(base, self._summary(), self._records())
            return plan_search(base, over, strategy, trials), source
        proposals = self._propose(stage, overrides)
        if len(proposals) != 1:
            raise UserError(
                f"{stage} runs {len(proposals)} specs here, and a search varies one.",
                "one spec.",
                "name an experiment, `--from ID`; what is to be varied goes into `--over`.",
            )
        ((base, parent),) = proposals
        return plan_search(base, over, strategy, trials), parent

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
