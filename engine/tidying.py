"""Keeping the notebook tidy: tags, notes, pins, what comes first, and what is not wanted."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.jobs.tasks import waiting
from engine.jobs.workspace import Workspace
from engine.lost import not_done
from engine.store.notebook import Notebook
from engine.watching import Watcher


class Tidying:
    """What a person does to records, rather than to runs.

    Args:
        workspace: whose runs tell what has ended.
        notebook: the workspace's notebook.
    """

    def __init__(self, workspace: Workspace, notebook: Notebook) -> None:
        self._workspace = workspace
        self._notebook = notebook

    def tag(
        self, experiment: str, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> ExperimentRecord:
        """Give an experiment tags, or take some back.

        Args:
            experiment: its id.
            add: the new ones; each is one word.
            remove: those to take back.

        Raises:
            UserError: there is no such experiment, or a tag is no word.
        """
        new, old = tuple(map(_word, add)), set(map(_word, remove))

        def edit(record: ExperimentRecord) -> ExperimentRecord:
            tags = dict.fromkeys((*record.tags, *new))
            return record.model_copy(update={"tags": tuple(one for one in tags if one not in old)})

        return self._notebook.change(experiment, edit)

    def remark(self, experiment: str, tags: Iterable[str], note: str) -> ExperimentRecord:
        """Set an experiment's tags and its note.

        Args:
            experiment: its id.
            tags: all of them.
            note: a line of text; empty is none.

        Raises:
            UserError: there is no such experiment, or a tag is no word.
        """
        words = tuple(dict.fromkeys(map(_word, tags)))
        changes = {"tags": words, "note": " ".join(note.split())}
        return self._notebook.change(experiment, lambda record: record.model_copy(update=changes))

    def pin(self, experiment: str) -> ExperimentRecord:
        """Make an experiment the baseline others are compared with, or unpin it.

        Raises:
            UserError: there is no such experiment, or it predicts nothing to compare with.
        """
        known = self._notebook.kept(experiment)
        pinned = not known.pinned
        if pinned and known.spec.kind in ("range_test", "search"):
            raise not_done(known)

        def edit(record: ExperimentRecord) -> ExperimentRecord:
            is_it = pinned and record.id == experiment
            return record if record.pinned == is_it else record.model_copy(update={"pinned": is_it})

        self._notebook.change_all(edit)
        return self._notebook.record(experiment)

    def note(self, experiment: str, text: str) -> ExperimentRecord:
        """Set an experiment's note.

        Args:
            experiment: its id.
            text: a line of text; empty is none.

        Raises:
            UserError: there is no such experiment.
        """
        changes = {"note": " ".join(text.split())}
        return self._notebook.change(experiment, lambda record: record.model_copy(update=changes))

    def advance(self, experiments: Sequence[str]) -> tuple[ExperimentRecord, ...]:
        """Have experiments run before all others that wait; what runs is left alone.

        Args:
            experiments: their ids. They keep the order in which they were queued.

        Returns:
            Their records, in that order.

        Raises:
            UserError: there is no such experiment, or nothing of it waits; then none is moved.
        """
        queue = [one for one in self._notebook.records() if waiting(one)]
        chosen = list(map(self._notebook.kept, dict.fromkeys(experiments)))
        for one in chosen:
            if not waiting(one):
                raise UserError(
                    f"Nothing of experiment {one.id} waits: it {one.status.verb}.",
                    "one that is queued.",
                    "see `hydra-tui ls`.",
                )
        chosen.sort(key=lambda one: one.queued)
        first = min(one.queued for one in (*queue, *chosen))
        moments = {
            one.id: first - timedelta(microseconds=len(chosen) - place)
            for place, one in enumerate(chosen)
        }

        def edit(record: ExperimentRecord) -> ExperimentRecord:
            moment = moments.get(record.id)
            return record if moment is None else record.model_copy(update={"queued": moment})

        self._notebook.change_all(edit)
        return tuple(map(self._notebook.kept, moments))

    def delete(self, experiments: Sequence[str]) -> tuple[ExperimentRecord, ...]:
        """Take experiments out of the notebook; all of them, or none.

        Their records go to the notebook's trash and their runs stay where they are: what was made
        of them goes on, and `undelete` brings them back.

        Args:
            experiments: their ids.

        Returns:
            Their records.

        Raises:
            UserError: there is no such experiment, or one is queued or runs.
        """
        watcher = Watcher(self._workspace)

        def check(record: ExperimentRecord) -> None:
            now = watcher.follow(record).status
            if not now.is_finished:
                raise UserError(
                    f"Experiment {record.id} is {now}; nothing was deleted.",
                    "experiments that have ended.",
                    f"stop it first: `hydra-tui stop {record.id}`.",
                )

        return self._notebook.delete(tuple(dict.fromkeys(experiments)), check)

    def undelete(self, experiments: Sequence[str]) -> tuple[ExperimentRecord, ...]:
        """Put deleted experiments back; all of them, or none.

        Args:
            experiments: their ids.

        Returns:
            Their records.

        Raises:
            UserError: one of them was not deleted.
        """
        return self._notebook.undelete(tuple(dict.fromkeys(experiments)))

    def deleted(self) -> tuple[ExperimentRecord, ...]:
        """The experiments that can be put back, the one deleted last at the end."""
        return self._notebook.deleted()


def _word(tag: str) -> str:
    word = tag.strip().lower()
    if not word or len(word.split()) != 1 or word[0] in "-!" or "," in word:
        raise UserError(
            f"`{tag}` is no tag.",
            "one word without commas, such as keep or to-check.",
            "several tags are separated by spaces.",
        )
    return word
