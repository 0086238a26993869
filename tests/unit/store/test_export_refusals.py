"""What can't be exported yet is told apart from what never will be; what is sent is what was."""

import hashlib
import subprocess
import sys
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.presentation.text import decided_text
from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Scores, Status, TaskRecord
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from engine.submission.kaggle import competition_name
from engine.submissions import Submissions
from tests.support import note_experiment

# What Kaggle's client says of what was taken.
TAKEN = "Successfully submitted to Flowers"


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (Status.QUEUED, "wait for its end"),
        (Status.FAILED, "`hydra-tui rerun 1`"),
        # It goes on from its checkpoint.
        (Status.STOPPED, "`hydra-tui resume 1`"),
    ],
)
def test_the_remedy_fits_the_status(tmp_path: Path, status: Status, remedy: str) -> None:
    note_experiment(tmp_path, status)
    with pytest.raises(UserError) as refused:
        Service(tmp_path).submissions.export("1")
    assert remedy in refused.value.fix
    assert status.verb in refused.value.happened


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """One experiment that is done; of its predictions it matters only that they are there."""

    def written(_: Submissions, _call: str, path: str, **_rest: Any) -> dict[str, Any]:
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_bytes(b"id,answer\n1,0.5\n")
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return {"path": path, "rows": 1, "columns": ("id", "answer"), "digest": digest}

    monkeypatch.setattr(Submissions, "_ask", written)
    note_experiment(tmp_path, Status.DONE)
    fold = Workspace(tmp_path).task("1", "fold0")
    fold.mkdir(parents=True)
    (fold / PREDICTIONS).touch()
    return Service(tmp_path)


def test_a_file_that_was_overwritten_is_not_sent_as_what_it_was(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(service.submissions.export("1").path)
    sent: list[list[str]] = []

    def send(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        sent.append(command)
        return subprocess.CompletedProcess(command, 0, TAKEN, "")

    monkeypatch.setattr("engine.submission.kaggle.shutil.which", lambda *_, **__: "kaggle")
    monkeypatch.setattr("engine.submission.kaggle.subprocess.run", send)
    assert service.submissions.upload(1, "flowers").uploaded is not None
    path.write_bytes(b"id,answer\n1,0.9\n")
    with pytest.raises(UserError, match=r"was overwritten since \d.*hydra-tui export 1"):
        service.submissions.upload(1, "flowers")
    path.unlink()
    with pytest.raises(UserError, match=r"can't be read: No such file"):
        service.submissions.upload(1, "flowers")
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (0, "Could not submit to competition", "Could not submit to competition"),
        (0, "", "no reason given"),
        (1, "403 - Forbidden", "403 - Forbidden"),
        (
            1,
            "A newer version is there.\n\nAuthentication required. To log in:\n"
            "  1. Open your account's settings\n  2. Save the token to ~/.kaggle/access_token",
            "Authentication required. To log in: a login",
        ),
    ],
)
def test_what_kaggle_did_not_take_is_not_noted_as_uploaded(
    service: Service, monkeypatch: pytest.MonkeyPatch, status: int, said: str, told: str
) -> None:
    """Its client ends well, too, where it could not submit."""

    def send(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, status, said, "")

    service.submissions.export("1")
    monkeypatch.setattr("engine.submission.kaggle.shutil.which", lambda *_, **__: "kaggle")
    monkeypatch.setattr("engine.submission.kaggle.subprocess.run", send)
    with pytest.raises(UserError, match=f"did not submit it: {told}"):
        service.submissions.upload(1, "flowers")
    assert service.submissions.entry(1).uploaded is None
    assert service.submissions.entry(1).competition == ""


@pytest.mark.parametrize(
    "text",
    [
        "flowers",
        "https://www.kaggle.com/competitions/flowers/overview",
        "kaggle.com/c/flowers/leaderboard?tab=public",
        "https://www.kaggle.com/competitions/flowers",
    ],
)
def test_a_competition_is_named_by_any_of_its_addresses(text: str) -> None:
    assert competition_name(text) == "flowers"


@pytest.mark.parametrize("text", ["", "https://www.kaggle.com/", "two words", "a/b"])
def test_what_names_no_competition_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"competition"):
        competition_name(text)


def test_a_file_of_ones_own_is_not_overwritten_among_the_submissions(
    service: Service, tmp_path: Path
) -> None:
    mine = tmp_path / "submissions" / "best.csv"
    mine.parent.mkdir()
    mine.write_text("my own blend\n", "utf-8")
    with pytest.raises(UserError, match="is no submission that was exported"):
        service.submissions.export("1", mine)
    assert mine.read_text("utf-8") == "my own blend\n"
    other = tmp_path / "submissions" / "other.csv"
    service.submissions.export("1", other)
    service.submissions.export("1", other)


def test_the_folds_done_before_a_power_loss_are_submitted(service: Service, tmp_path: Path) -> None:
    done = TaskRecord(name="fold0", fold=0, status=Status.DONE)
    cut_off = TaskRecord(name="fold1", fold=1, status=Status.RUNNING)
    changes = {"status": Status.RUNNING, "tasks": (done, cut_off)}
    Notebook(Workspace(tmp_path)).change("1", lambda one: one.model_copy(update=changes))
    assert service.record("1").status is Status.INTERRUPTED
    assert service.submissions.export("1").rows == 1


def test_only_probabilities_can_be_worse_than_the_class_shares(
    service: Service, tmp_path: Path
) -> None:
    def warned(method: Method) -> str:
        spec = EnsembleSpec(members=("1",), method=method)
        scores = Scores(val_log_loss=0.9, prior_log_loss=0.3, metric="auc", val_metric=0.99)
        changes = {"spec": spec, "stage": spec.stage, "scores": scores}
        Notebook(Workspace(tmp_path)).change("1", lambda one: one.model_copy(update=changes))
        return service.submissions.export("1").warning

    assert "it has learned little" in warned(Method.MEAN)
    # The log-loss of ranks says nothing of how well they order.
    assert warned(Method.RANK) == ""


def client(folder: Path) -> Path:
    """A client like Kaggle's, that only writes down what it was asked."""
    folder.mkdir()
    program = folder / "kaggle"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\necho "{TAKEN}"\n', "utf-8")
    program.chmod(0o755)
    return folder / "asked"


def test_the_client_is_the_one_installed_beside_the_program(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.venv/bin/hydra-tui` is run without its folder on the path."""
    service.submissions.export("1")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    with pytest.raises(UserError, match="Kaggle's client is not installed"):
        service.submissions.upload(1, "flowers")
    monkeypatch.setenv("PATH", f"{tmp_path / 'elsewhere'}:/bin:/usr/bin")
    elsewhere, beside = client(tmp_path / "elsewhere"), tmp_path / "bin"
    assert service.submissions.upload(1, "flowers").uploaded is not None
    asked = client(beside)
    service.submissions.upload(1, "flowers", "third try")
    assert len(elsewhere.read_text("utf-8").splitlines()) == 1
    assert asked.read_text("utf-8").startswith("competitions submit flowers -m third try -f ")


def test_what_is_exported_of_a_deleted_experiment_stands_in_the_ledger(service: Service) -> None:
    service.tidying.delete(["1"])
    service.submissions.export("1")
    assert [one.experiment for one in service.submissions.ledger()] == ["1"]


def test_the_ledger_holds_what_the_answers_as_written_are_worth(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Submissions._ask

    def by_thresholds(one: Submissions, call: str, **arguments: Any) -> dict[str, Any]:
        worth = {"metric": "macro_f1", "fitted": 0.62, "plain": 0.48}
        return dict(ask(one, call, **arguments)) | worth

    monkeypatch.setattr(Submissions, "_ask", by_thresholds)
    exported = service.submissions.export("1")
    assert decided_text(exported) == (
        "Answered by thresholds fitted to macro F1: 0.6200 on held-out rows, 0.4800 without."
    )
    (entry,) = service.submissions.ledger()
    assert (entry.metric, entry.validation) == ("macro_f1", 0.62)


@pytest.mark.parametrize("score", [nan, inf, -inf])
def test_what_is_no_number_is_no_score(service: Service, tmp_path: Path, score: float) -> None:
    service.submissions.export("1")
    with pytest.raises(UserError, match="finite number"):
        service.submissions.score(1, score)
    with pytest.raises(ValidationError):
        Notebook(Workspace(tmp_path)).change_submission(1, leaderboard=score)
    assert service.submissions.score(1, 0.5).leaderboard == 0.5
    assert [one.leaderboard for one in Service(tmp_path).submissions.ledger()] == [0.5]


@pytest.mark.parametrize(
    ("metric", "name", "score"),
    [
        ("accuracy", "accuracy", 84.7),
        ("auc", "AUC", 1.7),
        ("log_loss", "log-loss", -1),
        ("log_loss", "log-loss", 31),
        ("log_loss", "log-loss", 16.3),
    ],
)
def test_what_no_leaderboard_shows_is_refused(
    service: Service, tmp_path: Path, metric: str, name: str, score: float
) -> None:
    (tmp_path / "hydra.toml").write_text(f'[competition]\nmetric = "{metric}"\n')
    service.submissions.export("1")
    with pytest.raises(UserError, match=f"can't be a score by {name}"):
        service.submissions.score(1, score)
    assert [one.leaderboard for one in service.submissions.ledger()] == [None]


def test_a_score_that_was_mistyped_is_taken_back(service: Service) -> None:
    service.submissions.export("1")
    # The worst that can be: all answers wrong, and as sure as they are written.
    assert service.submissions.score(1, 16.118).leaderboard == 16.118
    assert service.submissions.score(1, None).leaderboard is None
    assert [one.leaderboard for one in service.submissions.ledger()] == [None]


def test_the_gap_is_by_the_metric_that_was_corrected(service: Service, tmp_path: Path) -> None:
    scores = Scores(val_log_loss=0.3, val_auc=0.95, metric="log_loss", val_metric=0.3)
    Notebook(Workspace(tmp_path)).change(
        "1", lambda record: record.model_copy(update={"scores": scores})
    )
    service.submissions.export("1")
    assert service.submissions.score(1, 0.94).gap == pytest.approx(0.94 - 0.3)
    (tmp_path / "hydra.toml").write_text('[competition]\nmetric = "auc"\n')
    (entry,) = service.submissions.ledger()
    assert (entry.metric, entry.validation) == ("auc", 0.95)
    assert entry.gap == pytest.approx(-0.01)
    assert service.submissions.score(1, 0.96).gap == pytest.approx(0.01)


def test_only_an_earlier_submission_is_written_over(service: Service, tmp_path: Path) -> None:
    labels, link, mine = (tmp_path / name for name in ("labels.csv", "link.csv", "mine.csv"))
    labels.write_text("id,label\n")
    link.symlink_to(labels)
    for path in (labels, link, tmp_path / "submissions" / ".." / "experiments.json"):
        with pytest.raises(UserError, match="hydra-tui export 1 -o "):
            service.submissions.export("1", path)
    assert labels.read_text() == "id,label\n"
    assert len(service.records()) == 1
    for _ in range(2):
        assert service.submissions.export("1", mine).path == str(mine)
        service.submissions.export("1")
    assert len(service.submissions.ledger()) == 1


def test_what_was_written_first_is_what_the_ledger_names_while_it_is_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(_: Submissions, _call: str, path: str, experiment: str, **_rest: Any) -> Any:
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(f"id,answer\n1,0.{experiment}\n")
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return {"path": path, "rows": 1, "columns": ("id", "answer"), "digest": digest}

    monkeypatch.setattr(Submissions, "_ask", written)
    for _ in range(2):
        note_experiment(tmp_path, Status.DONE)
    for number in "12":
        fold = Workspace(tmp_path).task(number, "fold0")
        fold.mkdir(parents=True)
        (fold / PREDICTIONS).touch()
    submissions, new = Service(tmp_path).submissions, tmp_path / "new.csv"
    own = Path(submissions.export("1").path)
    for number in "12":
        submissions.export(number, new)
    assert [one.file for one in submissions.ledger()] == [f"submissions/{own.name}", "new.csv"]
    own.unlink()
    submissions.export("1", tmp_path / "again.csv")
    assert [one.file for one in submissions.ledger()] == ["again.csv", "new.csv"]
