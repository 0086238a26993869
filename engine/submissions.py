"""Submissions: written, entered in the ledger, uploaded, and scored."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from math import isfinite
from pathlib import Path

from engine.asking import Asking
from engine.competition.last_look import recall
from engine.competition.settings import load_settings
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.frozen import Frozen
from engine.experiment.ledger import Submitted
from engine.experiment.metrics import LOG_LOSS, by_metric, in_words
from engine.experiment.record import ExperimentRecord
from engine.jobs.tasks import has_predictions
from engine.lost import not_done, refuse_lost
from engine.recipe.common_folds import folds_done
from engine.recipe.standing_in import best_there
from engine.submission.kaggle import competition_name, kaggles_client, submit
from engine.submission.kept import Kept, KeptFiles
from engine.submission.place import check_place, default_place
from engine.watching import Watcher

# As many images as a warning can name.
_MOST_NAMED = 5
# The log-loss of answers that are all wrong, as near to 0 as they are written: -ln(1e-7).
_WORST_LOSS = 16.12


class Exported(Frozen):
    """A submission as it was written.

    Args:
        path: the CSV.
        rows: its rows, without the header.
        columns: its columns.
        digest: its SHA-256.
        guessed: the test images that could not be read, answered by the shares of the classes.
        warning: why it is better not submitted, in a sentence; empty where nothing speaks against.
        metric: what the competition scores by.
        fitted: its value on held-out rows, where the answers are by thresholds fitted to it.
        plain: its value of the likeliest classes, where thresholds were tried.
    """

    path: str
    rows: int
    columns: tuple[str, ...]
    digest: str
    guessed: tuple[str, ...] = ()
    warning: str = ""
    metric: str = LOG_LOSS
    fitted: float | None = None
    plain: float | None = None


class Submissions(Asking):
    """Writes CSVs and remembers what became of them; the ledger is the notebook's."""

    def best(
        self, records: Sequence[ExperimentRecord], metric: str | None
    ) -> ExperimentRecord | None:
        """What to submit: the best whose predictions are on this disk, or at least the best.

        Args:
            records: the notebook.
            metric: what the competition scores by; None where nobody has looked.

        Returns:
            The experiment; None while nothing is done.
        """
        best, lost = best_there(records, metric, partial(has_predictions, self._workspace))
        return best or next(iter(lost), None)

    def export(self, experiment: str, path: Path | None = None, guess: bool = False) -> Exported:
        """Write an experiment's submission, checked against the sample.

        Args:
            experiment: its id.
            path: the CSV; by default in `submissions/`, named after the experiment.
            guess: whether test images that can't be read are answered by the class shares.

        Returns:
            What was written.

        Raises:
            UserError: it is not done, its predictions are missing, the CSV is not valid, or there
                is something else in its place.
        """
        # After a power loss the notebook says that it runs; its folder says that it doesn't.
        record = Watcher(self._workspace).follow(self._notebook.record(experiment))
        if not record.predicts:
            raise not_done(record)
        refuse_lost(self._workspace, [record], self._notebook.records())
        target = (path or default_place(self._workspace, record)).resolve()
        check_place(self._workspace, target, self._notebook.ledger(), record)
        answer = self._ask(
            "export",
            experiment=record.id,
            folds=folds_done(record),
            path=str(target),
            guess=guess,
        )
        exported = Exported.model_validate(answer)
        place = self._workspace.portable(str(target))
        # What these very answers are worth, over all held-out rows at once.
        worth = exported.plain if exported.fitted is None else exported.fitted

        def entry(number: int) -> Submitted:
            return Submitted(
                number=number,
                at=datetime.now(UTC),
                experiment=record.id,
                file=place,
                digest=exported.digest,
                metric=record.scores.metric or LOG_LOSS if worth is None else exported.metric,
                validation=record.scores.val_metric if worth is None else worth,
            )

        # The CSV is written; a notebook that can't be is no reason to call that a failure.
        with suppress(UserError):
            self._notebook.change(
                experiment, lambda known: known.model_copy(update={"submission": place})
            )
        # By itself: an experiment that was deleted can't be changed, and what was made of it is.
        with suppress(UserError):
            self._notebook.note_submission(entry, self._is_intact)
        warnings = filter(None, (_guesses(exported.guessed), _warning(record)))
        return exported.model_copy(update={"warning": " ".join(warnings)})

    def _is_intact(self, entry: Submitted) -> bool:
        with suppress(UserError):
            _check_unchanged(entry, self._workspace.root / entry.file)
            return True
        return False

    def ledger(self) -> tuple[Submitted, ...]:
        """What was submitted, oldest first, validated by what the competition scores by now."""
        metric = self._metric()
        return tuple(self._validated(entry, metric) for entry in self._notebook.ledger())

    def kept(self, entries: Iterable[Submitted]) -> dict[int, Kept]:
        """What became of the CSVs of submissions, by their numbers.

        Args:
            entries: the submissions.
        """
        return {entry.number: self._files.look(entry) for entry in entries}

    @cached_property
    def _files(self) -> KeptFiles:
        return KeptFiles(self._workspace.root)

    def entry(self, number: int) -> Submitted:
        """One of them.

        Args:
            number: its number in the ledger.

        Raises:
            UserError: there is no such entry.
        """
        return self._validated(self._notebook.submission(number), self._metric())

    def score(self, number: int, leaderboard: float | None) -> Submitted:
        """Note what Kaggle said of a submission.

        Args:
            number: its number in the ledger.
            leaderboard: the score; None takes back what was noted.

        Raises:
            UserError: there is no such entry, or the score is none that its metric can have.
        """
        if leaderboard is not None and not isfinite(leaderboard):
            raise UserError(
                f"{leaderboard} is no score.",
                "a finite number, as the leaderboard shows it.",
                f"write it in digits: `hydra-tui ledger {number} --score 0.123`.",
            )
        if leaderboard is not None:
            _check_possible(leaderboard, self.entry(number))
        changed = self._notebook.change_submission(number, leaderboard=leaderboard)
        return self._validated(changed, self._metric())

    def _metric(self) -> str | None:
        """What the competition scores by, as far as is known without looking at it."""
        with suppress(UserError):
            if (named := load_settings(self._workspace).competition.metric) is not None:
                return named
        look = recall(self._workspace, self._data())
        return None if look is None else look.metric

    def _validated(self, entry: Submitted, metric: str | None) -> Submitted:
        """Kaggle's score says nothing beside one by another metric, which was corrected since."""
        if metric in (None, entry.metric):
            return entry
        with suppress(UserError):
            value = by_metric(self._notebook.record(entry.experiment).scores, str(metric))
            return entry.model_copy(update={"metric": metric, "validation": value})
        return entry

    def refuse_without_client(self) -> None:
        """Stop before anything is asked for an upload that can't be.

        Raises:
            UserError: Kaggle's client is not installed.
        """
        kaggles_client()

    def upload(self, number: int, competition: str, message: str = "") -> Submitted:
        """Send a CSV to Kaggle, through Kaggle's own client.

        Args:
            number: its number in the ledger.
            competition: the competition's name in Kaggle's addresses, or one of these.
            message: what Kaggle shows beside it; by default the experiment and its score.

        Returns:
            The entry, with the time it was sent.

        Raises:
            UserError: no competition is named, the CSV is no longer what was exported, the client
                is not installed or not logged in, or Kaggle did not take it.
        """
        name = competition_name(competition)
        entry = self.entry(number)
        path = self._workspace.root / entry.file
        _check_unchanged(entry, path)
        told = message or _described(entry)
        again = f"hydra-tui ledger {number} --upload {name}"
        submit(path, name, told, again)
        sent = datetime.now(UTC)
        return self._notebook.change_submission(number, uploaded=sent, competition=name)


def _described(entry: Submitted) -> str:
    """What Kaggle shows beside a submission."""
    score = "" if entry.validation is None else f", {in_words(entry.metric)} {entry.validation:.5g}"
    return f"hydra-tui {entry.experiment}{score}"


def _check_unchanged(entry: Submitted, path: Path) -> None:
    """What is sent must be what the ledger says of it."""
    try:
        with path.open("rb") as file:
            is_same = hashlib.file_digest(file, "sha256").hexdigest() == entry.digest
    except OSError as error:
        happened = f"{entry.file} can't be read: {error.strerror}."
    else:
        if is_same:
            return
        happened = f"{entry.file} was overwritten since {entry.at.astimezone():%Y-%m-%d %H:%M}."
    raise UserError(
        happened,
        f"the answers of experiment {entry.experiment} that submission {entry.number} stands for.",
        f"export it again: `hydra-tui export {entry.experiment}`.",
    )


def _check_possible(leaderboard: float, entry: Submitted) -> None:
    """Refuse what no leaderboard shows, as a comma that was forgotten spoils every average."""
    is_loss = entry.metric == LOG_LOSS
    if 0 <= leaderboard <= _WORST_LOSS if is_loss else abs(leaderboard) <= 1:
        return
    name = in_words(entry.metric)
    raise UserError(
        f"{leaderboard:g} can't be a score by {name}.",
        f"from 0 to {_WORST_LOSS:.1f}, that of answers which are all wrong, as in 0.347."
        if is_loss
        else "at most 1, as in 0.847.",
        "write it as the leaderboard shows it; where that counts something else, name the metric "
        "in `[competition]` of `hydra.toml`.",
    )


def _guesses(images: Sequence[str]) -> str:
    if not images:
        return ""
    named = ", ".join(images[:_MOST_NAMED])
    others = f" and {len(images) - _MOST_NAMED} more" if len(images) > _MOST_NAMED else ""
    return f"Guessed by the class shares, for they can't be read: {named}{others}."


def _warning(record: ExperimentRecord) -> str:
    if isinstance(record.spec, EnsembleSpec) and record.spec.is_rank:
        # Of ranks a log-loss tells nothing.
        return ""
    loss, shares = record.scores.val_log_loss, record.scores.prior_log_loss
    if loss is None or shares is None or loss < shares:
        return ""
    return (
        f"Its validation log-loss, {loss:.3f}, is no better than the {shares:.3f} of the class "
        "shares: it has learned little that holds for other images, or is far too sure of its "
        f"answers, which `hydra-tui ensemble {record.id} --calibrated` mends."
    )
