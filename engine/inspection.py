"""Where experiments err, by their stored predictions; only Grad-CAM touches a network."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import PurePath

from engine.analysis.reports import ErrorAnalysis, GradCams, RowLoss
from engine.asking import Asking
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec
from engine.explaining import ask_grad_cams, explained_by, explainer, refuse_ranks
from engine.helper.client import Helper, Progress
from engine.jobs.workspace import Workspace
from engine.recipe.common_folds import folds_done
from engine.store.notebook import Notebook


class Inspection(Asking):
    """Looks at errors by stored predictions.

    Args:
        workspace: where the runs lie.
        notebook: the workspace's notebook.
        helper: the light process that reads predictions.
        data: where the competition lies, as the notebook notes it.
    """

    def __init__(
        self, workspace: Workspace, notebook: Notebook, helper: Helper, data: Callable[[], str]
    ) -> None:
        super().__init__(workspace, notebook, helper, data)
        self._explainer = explainer()

    def errors(self, experiment: str) -> ErrorAnalysis:
        """Where an experiment errs, on rows that its fits never saw.

        Args:
            experiment: its id.

        Raises:
            UserError: there is no such experiment, its predictions are missing, or are ranks.
        """
        record = self._answered(experiment)
        answer = self._ask("errors", experiment=record.id, folds=folds_done(record))
        return ErrorAnalysis.model_validate(answer)

    def rows_in_cell(
        self, experiment: str, label: str, truth: str, answer: str
    ) -> tuple[RowLoss, ...]:
        """The out-of-fold rows of one cell of a confusion matrix.

        Args:
            experiment: its id.
            label: whose matrix, when multilabel; else empty.
            truth: the row's class; `yes` or `no` of a label.
            answer: the column's, likewise.

        Returns:
            The largest loss first.

        Raises:
            UserError: there is no such experiment, its predictions are missing, or are ranks.
        """
        record = self._answered(experiment)
        rows = self._ask(
            "errors_in_cell",
            experiment=record.id,
            folds=folds_done(record),
            label=label,
            truth=truth,
            answer=answer,
        )
        return tuple(RowLoss.model_validate(row) for row in rows)

    def grad_cams(
        self,
        experiment: str,
        images: Sequence[str] | None = None,
        count: int = 12,
        progress: Progress | None = None,
    ) -> GradCams:
        """Where an experiment's networks looked in images that their fits never saw.

        Args:
            experiment: its id; an ensemble is explained by its best member.
            images: their ids; by default the errors that cost most, then what else does.
            count: how many images where none is named.
            progress: told what is being done, steps done and steps in all.

        Raises:
            UserError: there is no such experiment or image, it predicts nothing, or ranks, or its
                weights or predictions are missing.
        """
        record = self._notebook.record(experiment)
        refuse_ranks(record, self._notebook.record)
        member = explained_by(record, self._notebook.record)
        return ask_grad_cams(
            self._explainer, self._workspace, self._data(), record, member, images, count, progress
        )

    def leave_out(self, images: Sequence[str], undo: bool = False) -> tuple[str, ...]:
        """Mark labelled images whose label is wrong: new specs do not train on them.

        Args:
            images: their ids; none only asks.
            undo: whether the marks are taken back.

        Returns:
            All that are marked.

        Raises:
            UserError: the competition has no such image, or the workspace is read-only.
        """
        if not images:
            return self._notebook.left_out()
        if not undo:
            self._refuse_strangers(images)
        return self._notebook.note_left_out(images, undo)

    def check_left_out(self, specs: Iterable[ExperimentSpec]) -> None:
        """See that the images which specs leave out are there.

        Args:
            specs: what is to be queued; what is marked anyway is known to be there.

        Raises:
            UserError: the competition has no such image.
        """
        named = {image for spec in specs for image in spec.leave_out}
        if strange := named.difference(self._notebook.left_out()):
            self._refuse_strangers(sorted(strange))

    def _answered(self, experiment: str) -> ExperimentRecord:
        """The record of what has predicted probabilities, by which answers can be looked at."""
        record = self._predicted(experiment)
        refuse_ranks(record, self._notebook.record)
        return record

    def _refuse_strangers(self, images: Sequence[str]) -> None:
        known = set(self._ask("ids"))
        for one in images:
            if one not in known:
                raise UserError(
                    f"`{one}` is no labelled image of this competition.",
                    f"an id as in `{_like(one, known)}`.",
                    "see the suspects: `hydra-tui errors ID`.",
                )

    def close(self) -> None:
        """End the process that draws, if there is one."""
        self._explainer.close()


def _like(image: str, known: Collection[str]) -> str:
    """An id that may have been meant: ids may have an extension, or begin with a folder."""
    stem = PurePath(image).stem
    return next((one for one in known if PurePath(one).stem == stem), min(known, default="1"))
