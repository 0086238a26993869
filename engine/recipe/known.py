"""What the experiments of a notebook are judged by, found once for all of them."""

from collections.abc import Sequence
from functools import cached_property

from engine.experiment.metrics import LOG_LOSS
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.baseline_gate import beats_shares
from engine.recipe.choosing import REGULARIZED, champion, done_of, heart_to_beat, members_of
from engine.recipe.common_folds import folds_done
from engine.recipe.twins import are_twins

_ALONE = (Stage.REGULARIZE, Stage.WIDEN, Stage.OVERFIT, Stage.BASELINE)


class Known:
    """The notebook, with what many are judged by found only once.

    Args:
        records: the experiments.
        metric: what the competition scores by.
    """

    def __init__(self, records: Sequence[ExperimentRecord], metric: str) -> None:
        self.metric = metric
        self._alone: dict[tuple[int, ...], ExperimentRecord | None] = {}
        self._by_stage: dict[Stage, list[ExperimentRecord]] = {}
        for record in records:
            self._by_stage.setdefault(record.stage, []).append(record)

    def of(self, stage: Stage) -> list[ExperimentRecord]:
        """The experiments of one stage.

        Args:
            stage: which.
        """
        return self._by_stage.get(stage, [])

    @cached_property
    def overfit(self) -> ExperimentRecord | None:
        """The best that learnt its training set by heart."""
        return heart_to_beat(self.of(Stage.OVERFIT))

    @cached_property
    def ensembles(self) -> list[ExperimentRecord]:
        """The blends that were kept."""
        return done_of(self.of(Stage.ENSEMBLE), Stage.ENSEMBLE)

    def _best_alone(self, folds: tuple[int, ...]) -> ExperimentRecord | None:
        """The best run of the stages before the ensemble, which a later one must not shut.

        A single fold tells too little beside the blend of five.
        """
        if folds not in self._alone:
            runs = (one for stage in _ALONE for one in self.of(stage))
            able = [one for one in runs if set(folds) <= set(folds_done(one))]
            self._alone[folds] = champion(able, _ALONE, self.metric)
        return self._alone[folds]

    def rival_of(self, ensemble: ExperimentRecord) -> ExperimentRecord | None:
        """The best run over its folds, where that is neither a member of an ensemble nor its twin.

        Args:
            ensemble: which is held against its best member anyway.
        """
        best, members = self._best_alone(folds_done(ensemble)), self._fits_in(ensemble)
        if best is None or best.id in members:
            return None
        fits = [one for stage in REGULARIZED + _ALONE for one in self.of(stage)]
        has_twin = any(one.id in members and are_twins(one, best) for one in fits)
        return None if has_twin else best

    def opponents_of(self, ensemble: ExperimentRecord) -> tuple[str, ...]:
        """What a gate may hold a blend against besides its members.

        Args:
            ensemble: the blend, the newest of all.

        Returns:
            Ids: of the best run over its folds, and of the best blends that have what it lacks of
            the runs trained on predicted labels, or lack what it has.
        """
        members: tuple[str, ...] = ensemble.spec.members  # type: ignore[union-attr] # ensembles have members
        others = [
            self.blends_with_and_without(one.id)[one.id in members]
            for one in self.of(Stage.PSEUDO_LABEL)
        ]
        found = (one.id for one in (self.rival_of(ensemble), *others) if one is not None)
        return tuple(dict.fromkeys(found))

    def _fits_in(self, ensemble: ExperimentRecord) -> set[str]:
        """What a blend is made of, also by way of other blends."""
        known = {one.id: one for one in self.of(Stage.ENSEMBLE)}
        found, wanted = set[str](), [ensemble.id]
        while wanted:
            if (one := known.get(wanted.pop())) is not None:
                new = set(one.spec.members) - found  # type: ignore[union-attr] # ensembles have members
                found |= new
                wanted += new
        return found

    @cached_property
    def _blends(self) -> list[ExperimentRecord]:
        """The ensembles that have a log-loss; ranks have none."""
        return [one for one in self.ensembles if one.scores.val_log_loss is not None]

    @cached_property
    def _best_blend(self) -> ExperimentRecord | None:
        return champion(self._blends, (Stage.ENSEMBLE,), LOG_LOSS)

    def blends_with_and_without(
        self, member: str
    ) -> tuple[ExperimentRecord | None, ExperimentRecord | None]:
        """The best blend that has a member, and the best of the others.

        Args:
            member: its id.
        """
        with_it = [one for one in self._blends if member in one.spec.members]  # type: ignore[union-attr] # ensembles have members
        if not with_it:
            # As of most, of which there may be hundreds.
            return None, self._best_blend
        without = [one for one in self._blends if member not in one.spec.members]  # type: ignore[union-attr] # ensembles have members
        # Blends may be of different folds, whose losses can't be compared.
        with_best, best = (champion(one, (Stage.ENSEMBLE,), LOG_LOSS) for one in (with_it, without))
        return with_best, best

    @cached_property
    def kinds(self) -> tuple[int, int]:
        """How many different networks are able to join an ensemble, and how many more would be.

        These are no better than the class shares: their mistakes differ, and teach nothing.
        """
        able = members_of([one for stage in REGULARIZED for one in self.of(stage)])
        every, good = (
            {(spec.backbone, spec.image_size) for one in some if (spec := one.fit) is not None}
            for some in (able, filter(beats_shares, able))
        )
        return len(good), len(every) - len(good)
