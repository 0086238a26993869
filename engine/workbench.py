"""What is done with finished experiments, by their stored predictions; no network is touched."""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from engine.asking import Asking
from engine.errors import UserError
from engine.experiment.compare import (
    Comparison,
    Contribution,
    Difference,
    SeedNoise,
    differing_fields,
    judged,
    judged_of_seeds,
)
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.importance import Importance
from engine.experiment.means import mean_scores
from engine.experiment.metrics import current_metric
from engine.experiment.preview import PseudoPreview
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import PseudoSpec, Stage
from engine.files import explained
from engine.jobs.tasks import has_predictions
from engine.lost import not_done, refuse_lost, refuse_undone
from engine.queue import name_of
from engine.recipe.ablation import AblationPlan, ablated, plan_ablation, seed_noise
from engine.recipe.common_folds import folds_done
from engine.recipe.known import Known


class Workbench(Asking):
    """Compares, blends, previews and exports what the notebook's experiments predicted."""

    def compare(self, experiments: Sequence[str], reference: str | None = None) -> Comparison:
        """Hold experiments against one of them, paired row by row.

        Args:
            experiments: their ids.
            reference: the one that the others are compared with; by default the pinned one where
                it is among them, else the first.

        Returns:
            The paired differences with their noise, and the fields that differ, each with the
            reference's value first.

        Raises:
            UserError: there is no such experiment, fewer than two, or one is a search or a range
                test, which predict nothing.
        """
        records = [self._notebook.record(one) for one in dict.fromkeys(experiments)]
        if reference is None:
            pinned = [record.id for record in records if record.pinned]
            reference = (pinned or [record.id for record in records])[0]
        elif reference not in experiments:
            records.insert(0, self._notebook.record(reference))
        if idle := [one for one in records if one.spec.kind in ("search", "range_test")]:
            raise not_done(idle[0])
        # The fields' values are given in the order of the columns that show them.
        records.sort(key=lambda record: record.id != reference)
        if len(records) < 2:
            raise UserError(
                "One experiment can't be compared with itself.",
                "two experiments or more.",
                "name another: `hydra-tui ls` lists them.",
            )
        answer = self._ask(
            "compare",
            reference=reference,
            experiments=[(record.id, folds_done(record)) for record in records],
        )
        differing = differing_fields([record.spec for record in records])
        # Told once: every other one would be refused for the same reason.
        problem = ""
        try:
            refuse_lost(self._workspace, records[:1], self._notebook.records())
        except UserError as error:
            problem = error.happened
        return Comparison.model_validate(answer | {"differing": differing, "problem": problem})

    def plan_ablation(
        self, experiment: str, reference: str | None = None, count: int = 3
    ) -> AblationPlan:
        """What would run to see what each factor of an experiment is worth.

        Args:
            experiment: the one whose factors are asked about.
            reference: the baseline; by default the pinned experiment, else its parent.
            count: seeds of the baseline in all.

        Raises:
            UserError: there is no baseline, or nothing differs from it.
            AllRunError: all has been run.
        """
        is_there = partial(has_predictions, self._workspace)
        return plan_ablation(self._notebook.records(), experiment, reference, count, is_there)

    def contributions(
        self, experiment: str, reference: str | None = None
    ) -> tuple[tuple[Contribution, ...], SeedNoise | None]:
        """What an ablation has shown of each factor of an experiment.

        Args:
            experiment: the one that was ablated.
            reference: the baseline that it was ablated against; by default that of the newest.

        Returns:
            The factors, judged by the noise of their rows and of the seeds, and the latter: of the
            baseline's log-loss over its seeds, None where fewer than two have run.

        Raises:
            UserError: there is no such experiment, or it was never ablated.
        """
        full = self._notebook.record(experiment)
        is_there = partial(has_predictions, self._workspace)
        reversed_ones, seeded = ablated(self._notebook.records(), experiment, reference, is_there)
        if full.fit is None:
            raise UserError(
                f"Experiment {experiment} is no fit, and has no factors that could be taken back.",
                "a fit.",
                "name one of its members: `hydra-tui ablate ID`."
                if isinstance(full.spec, EnsembleSpec)
                else "name a fit: `hydra-tui ls` lists them.",
            )
        if not reversed_ones:
            against, option = "", ""
            if reference is not None:
                against, option = f" against {reference}", f" --against {reference}"
            raise UserError(
                f"Experiment {experiment} was never ablated{against}.",
                "runs with one factor at a time taken back.",
                f"queue them: `hydra-tui ablate {experiment}{option}`.",
            )
        done = [one for one in reversed_ones if one.status is Status.DONE]
        compared = {}
        if done:
            comparison = self.compare([one.id for one in done], reference=experiment)
            compared = {one.id: one for one in comparison.compared}
        noise, found = seed_noise(seeded), []
        for one in reversed_ones:
            # What had been run before was run for another stage, perhaps.
            differing = [
                (path, values)
                for path, values in differing_fields([full.spec, one.spec])
                if path != "stage"
            ]
            told = compared.get(one.id)
            loss = told.log_loss if told is not None else None
            found.append(
                Contribution(
                    factor=" ".join(path for path, _ in differing),
                    value=" ".join(values[1] for _, values in differing),
                    experiment=one.id,
                    # Better with the factor is worse without it.
                    worth=None if loss is None else judged_of_seeds(_reversed(loss), noise),
                    problem=str(one.status) if told is None else told.problem,
                )
            )
        return tuple(found), noise

    def try_blend(self, spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
        """What a blend would score; nothing is kept.

        Args:
            spec: the members and the method.

        Raises:
            UserError: a member is missing or not done, or they have no fold in common.
        """
        answer = self._ask("blend", **self._members(spec), keep=None)
        tasks = tuple(TaskRecord.model_validate(task) for task in answer["tasks"])
        scores = mean_scores(tasks).model_copy(update=answer["gain"])
        return scores, EnsembleReport.model_validate(answer["report"])

    def blend(self, spec: EnsembleSpec) -> ExperimentRecord:
        """Blend experiments into a new one, which can be exported, compared and rerun.

        Args:
            spec: the members and the method.

        Returns:
            The new record, done; its parent is its best member.

        Raises:
            UserError: a member is missing or not done, they have no fold in common, the method
                does not suit the metric, or the disk is full.
        """
        began = datetime.now(UTC)
        with explained(self._workspace.runs):
            self._workspace.runs.mkdir(parents=True, exist_ok=True)
            place = Path(tempfile.mkdtemp(dir=self._workspace.runs, prefix=".blend-"))
        try:
            answer = self._ask("blend", **self._members(spec), keep=str(place))
            tasks = tuple(TaskRecord.model_validate(task) for task in answer["tasks"])

            def make(identifier: str) -> ExperimentRecord:
                now = datetime.now(UTC)
                place.chmod(0o755)
                place.rename(self._workspace.run(identifier))
                return ExperimentRecord(
                    id=identifier,
                    name=name_of(spec),
                    stage=Stage.ENSEMBLE,
                    status=Status.DONE,
                    spec=spec,
                    scores=mean_scores(tasks).model_copy(update=answer["gain"]),
                    parent=answer["best"],
                    created=began,
                    queued=began,
                    started=began,
                    finished=now,
                    seconds=round((now - began).total_seconds(), 3),
                    tasks=tasks,
                    blend=EnsembleReport.model_validate(answer["report"]),
                )

            kept = self._notebook.add(make)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return self._held_against_others(kept)

    def _held_against_others(self, blend: ExperimentRecord) -> ExperimentRecord:
        """A blend with the noise between it and what gates hold it against.

        What is hard for both falls out of their difference: told from their scores alone, the
        noise would be many times as large.
        """
        records = self._notebook.records()
        opponents = Known(records, current_metric(records)).opponents_of(blend)
        if not opponents:
            return blend
        # It is kept, whatever comes now.
        with suppress(UserError):
            found = self.compare(opponents, reference=blend.id).compared
            against = tuple(
                (one.id, one.log_loss.error)
                for one in found
                if one.log_loss is not None and one.log_loss.error is not None
            )

            def noted(record: ExperimentRecord) -> ExperimentRecord:
                report = record.blend and record.blend.model_copy(update={"against": against})
                return record.model_copy(update={"blend": report})

            return self._notebook.change(blend.id, noted)
        return blend

    def preview_pseudo(self, spec: PseudoSpec) -> PseudoPreview:
        """What pseudo-labels would bring.

        Args:
            spec: the source and how its predictions are taken.

        Raises:
            UserError: there is no such experiment, it predicts nothing, or not yet, or its
                predictions are missing.
        """
        record = self._predicted(spec.source)
        answer = self._ask(
            "preview_pseudo", folds=folds_done(record), spec=spec.model_dump(mode="json")
        )
        return PseudoPreview.model_validate(answer)

    def importance(self, record: ExperimentRecord) -> tuple[Importance, ...]:
        """Which hyperparameters of a search mattered, by the trials that it has so far.

        Args:
            record: the search.

        Returns:
            The axes, the most important first; none of an experiment that is no search, or of one
            with too few finished trials.
        """
        if not isinstance(record.spec, SearchSpec):
            return ()
        trials = [one.model_dump(mode="json") for task in record.tasks for one in task.trials]
        axes = [axis.model_dump(mode="json") for axis in record.spec.axes]
        answer = self._helper.ask("importance", axes=axes, trials=trials)
        return tuple(Importance.model_validate(one) for one in answer)

    def _members(self, spec: EnsembleSpec) -> dict[str, Any]:
        records = [self._notebook.record(member) for member in spec.members]
        for record in records:
            refuse_undone(record)
        refuse_lost(self._workspace, records, self._notebook.records())
        return {
            "members": [(record.id, folds_done(record)) for record in records],
            "spec": spec.model_dump(mode="json"),
        }


def _reversed(loss: Difference) -> Difference:
    return judged(-loss.gain, loss.error)
