"""What is done with finished experiments, by their stored predictions; no network is touched."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.analysis.reports import ErrorAnalysis
from engine.errors import UserError
from engine.experiment.compare import Comparison, differing_fields
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.frozen import Frozen
from engine.experiment.importance import Importance
from engine.experiment.ledger import Submitted
from engine.experiment.means import mean_scores
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import PseudoSpec, Stage
from engine.files import explained
from engine.helper.client import Helper
from engine.jobs.workspace import Workspace
from engine.queue import name_of
from engine.recipe.choosing import folds_done
from engine.store.notebook import Notebook


class Exported(Frozen):
    """A submission as it was written.

    Args:
        path: the CSV.
        rows: its rows, without the header.
        columns: its columns.
        digest: its SHA-256.
    """

    path: str
    rows: int
    columns: tuple[str, ...]
    digest: str


class PseudoPreview(Frozen):
    """What pseudo-labels would bring, before anything is trained.

    Args:
        rows: test images that would be labelled.
        share: of all rows that would be trained on.
        balance: class name and the labelled images' mean probability of it.
        precision: how often the out-of-fold predictions that are as sure are right; None where
            none is.
        coverage: for a ladder of thresholds, how many test images each takes and how precise.
    """

    rows: int
    share: float
    balance: tuple[tuple[str, float], ...]
    precision: float | None
    coverage: tuple[tuple[float, int, float | None], ...]


class Workbench:
    """Compares, blends, previews and exports what the notebook's experiments predicted.

    Args:
        workspace: where the runs lie.
        notebook: the workspace's notebook.
        helper: the light process that reads tables and predictions.
        data: where the competition lies, as the notebook notes it.
    """

    def __init__(
        self,
        workspace: Workspace,
        notebook: Notebook,
        helper: Helper,
        data: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._notebook = notebook
        self._helper = helper
        self._data = data

    def compare(self, experiments: Sequence[str], reference: str | None = None) -> Comparison:
        """Hold experiments against one of them, paired row by row.

        Args:
            experiments: their ids.
            reference: the one that the others are compared with; by default the pinned one where
                it is among them, else the first.

        Returns:
            The paired differences with their noise, and the fields that differ.

        Raises:
            UserError: there is no such experiment, or fewer than two.
        """
        records = [self._notebook.record(one) for one in dict.fromkeys(experiments)]
        if reference is None:
            pinned = [record.id for record in records if record.pinned]
            reference = (pinned or [record.id for record in records])[0]
        elif reference not in experiments:
            records.insert(0, self._notebook.record(reference))
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
        return Comparison.model_validate(answer | {"differing": differing})

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

    def blend(self, spec: EnsembleSpec, parent: str | None = None) -> ExperimentRecord:
        """Blend experiments into a new one, which can be exported, compared and rerun.

        Args:
            spec: the members and the method.
            parent: the experiment it was made from; by default its best member.

        Returns:
            The new record, done.

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
                    parent=parent or answer["best"],
                    created=began,
                    queued=began,
                    started=began,
                    finished=now,
                    seconds=round((now - began).total_seconds(), 3),
                    tasks=tasks,
                    blend=EnsembleReport.model_validate(answer["report"]),
                )

            return self._notebook.add(make)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def preview_pseudo(self, spec: PseudoSpec) -> PseudoPreview:
        """What pseudo-labels would bring.

        Args:
            spec: the source and how its predictions are taken.

        Raises:
            UserError: there is no such experiment, or its predictions are missing.
        """
        record = self._notebook.record(spec.source)
        answer = self._ask(
            "preview_pseudo", folds=folds_done(record), spec=spec.model_dump(mode="json")
        )
        return PseudoPreview.model_validate(answer)

    def export(self, experiment: str, path: Path | None = None) -> Exported:
        """Write an experiment's submission, checked against the sample.

        Args:
            experiment: its id.
            path: the CSV; by default in `submissions/`, named after the experiment.

        Returns:
            What was written.

        Raises:
            UserError: it is not done, its predictions are missing, or the CSV is not valid.
        """
        record = self._notebook.record(experiment)
        if record.status is not Status.DONE:
            raise _not_done(record)
        if record.spec.kind in ("range_test", "search"):
            raise _predicts_nothing(record)
        name = f"{record.id}-{record.name}.csv".replace(" ", "-")
        target = (path or self._workspace.submissions / name).absolute()
        answer = self._ask(
            "export", experiment=record.id, folds=folds_done(record), path=str(target)
        )
        exported = Exported.model_validate(answer)
        place = self._workspace.portable(str(target))

        def entry(number: int) -> Submitted:
            return Submitted(
                number=number,
                at=datetime.now(UTC),
                experiment=record.id,
                file=place,
                digest=exported.digest,
                metric=record.scores.metric or "log_loss",
                validation=record.scores.val_metric,
            )

        # The CSV is written; a notebook that can't be is no reason to call that a failure.
        with suppress(UserError):
            self._notebook.change(
                experiment, lambda known: known.model_copy(update={"submission": place})
            )
            self._notebook.note_submission(entry)
        return exported

    def errors(self, experiment: str) -> ErrorAnalysis:
        """Where an experiment errs, on rows that its fits never saw.

        Args:
            experiment: its id.

        Raises:
            UserError: there is no such experiment, or its predictions are missing.
        """
        record = self._notebook.record(experiment)
        if record.spec.kind in ("range_test", "search"):
            raise _predicts_nothing(record)
        if not folds_done(record):
            raise _not_done(record)
        answer = self._ask("errors", experiment=record.id, folds=folds_done(record))
        return ErrorAnalysis.model_validate(answer)

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
            if record.spec.kind in ("range_test", "search"):
                raise _predicts_nothing(record)
            if not folds_done(record):
                raise _not_done(record)
        return {
            "members": [(record.id, folds_done(record)) for record in records],
            "spec": spec.model_dump(mode="json"),
        }

    def _ask(self, call: str, **arguments: Any) -> Any:
        return self._helper.ask(
            call, workspace=str(self._workspace.root), data=self._data(), **arguments
        )


def _predicts_nothing(record: ExperimentRecord) -> UserError:
    return UserError(
        f"Experiment {record.id} is a {record.spec.kind.replace('_', ' ')}, "
        "which predicts nothing.",
        "a fit or an ensemble.",
        f"make its best trial one: `hydra-tui promote {record.id}`."
        if record.spec.kind == "search"
        else f"run its spec as one: `hydra-tui run {record.stage} --set kind=fit`.",
    )


def _not_done(record: ExperimentRecord) -> UserError:
    return UserError(
        f"Experiment {record.id} is {record.status}.",
        "a fit or an ensemble that is done.",
        f"resume or rerun it: `hydra-tui rerun {record.id}`."
        if record.status.is_finished
        else f"wait for its end: `hydra-tui log {record.id} -f`.",
    )
