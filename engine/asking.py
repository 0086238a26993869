"""What the service's parts have in common: a workspace, its notebook, and whom they ask."""

from collections.abc import Callable
from typing import Any

from engine.experiment.record import ExperimentRecord
from engine.helper.client import Helper
from engine.jobs.workspace import Workspace
from engine.lost import refuse_lost, refuse_undone
from engine.store.notebook import Notebook


class Asking:
    """Asks the light process about the workspace's competition and runs.

    Args:
        workspace: where the runs lie.
        notebook: the workspace's notebook.
        helper: the light process that reads tables and predictions.
        data: where the competition lies, as the notebook notes it.
    """

    def __init__(
        self, workspace: Workspace, notebook: Notebook, helper: Helper, data: Callable[[], str]
    ) -> None:
        self._workspace = workspace
        self._notebook = notebook
        self._helper = helper
        self._data = data

    def _predicted(self, experiment: str) -> ExperimentRecord:
        """The record of what has predicted, and whose predictions are there."""
        record = self._notebook.record(experiment)
        refuse_undone(record)
        refuse_lost(self._workspace, [record], self._notebook.records())
        return record

    def _ask(self, call: str, **arguments: Any) -> Any:
        return self._helper.ask(
            call, workspace=str(self._workspace.root), data=self._data(), **arguments
        )
