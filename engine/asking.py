"""What the service's parts have in common: a workspace, its notebook, and whom they ask."""

from collections.abc import Callable
from typing import Any

from engine.helper.client import Helper
from engine.jobs.workspace import Workspace
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

    def _ask(self, call: str, **arguments: Any) -> Any:
        return self._helper.ask(
            call, workspace=str(self._workspace.root), data=self._data(), **arguments
        )
