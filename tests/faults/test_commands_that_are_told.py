"""Commands that a message tells to type can be typed: for this workspace, and quoted."""

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import run_command
from app.command_line import recipe, serving
from app.command_line.follow import print_log
from app.command_line.opening import command, located
from app.command_line.speaking import follow_or_leave
from engine.errors import UserError
from engine.events.types import TaskStarted
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Status
from engine.experiment.spec import PseudoSpec, Stage
from engine.pilot.flight import Flight
from engine.service import Service
from tests.functional.predicted import predict
from tests.functional.staging import BEGAN, fill, record, replace, say, three
from tests.unit.competition.builders import flowers

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose name a shell would split."""
    made = tmp_path / "my runs"
    made.mkdir()
    return made


def detached(**more: object) -> argparse.Namespace:
    return argparse.Namespace(detach=True, json=False, **more)


def test_a_command_names_the_workspace_where_it_lies_elsewhere(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("log 9 -f", root) == f"hydra-tui log 9 -f -w '{root}'"
    told = "see `hydra-tui ls`; or `hydra-tui`, `hydra-tui demo DIR`, `hydra-tui run --help`, `mv`."
    assert located(told, root) == (
        f"see `hydra-tui ls -w '{root}'`; or `hydra-tui -w '{root}'`, `hydra-tui demo DIR`, "
        "`hydra-tui run --help`, `mv`."
    )
    assert located("`hydra-tui -w DIR --data X`", root) == "`hydra-tui -w DIR --data X`"
    monkeypatch.chdir(root)
    assert located(told, root) == told


def test_what_is_advised_of_an_error_is_for_the_same_workspace(root: Path, capsys: Capture) -> None:
    assert run_command(["show", "9", "-w", str(root), "--json"]) == 2
    said = capsys.readouterr()
    advice = f"`hydra-tui run baseline -w '{root}'`"
    assert advice in said.err
    assert advice in json.loads(said.out)["error"]["fix"]
    assert run_command(["ls", "-w", str(root)]) == 0
    assert f"hydra-tui run baseline -w '{root}'" in capsys.readouterr().out


def test_what_was_queued_can_be_followed_and_what_was_made_at_once_be_seen(
    root: Path, capsys: Capture
) -> None:
    queued = record(1, status=Status.QUEUED)
    made = {"stage": Stage.ENSEMBLE, "spec": EnsembleSpec(members=("1",)), "name": "ensemble"}
    blend = record(2).model_copy(update=made)
    follow_or_leave(Service(root), (queued, blend), detached())
    assert capsys.readouterr().out.splitlines() == [
        f"1 {queued.name} is queued; follow it: hydra-tui log 1 -f -w '{root}'",
        f"2 ensemble is done; see it: hydra-tui show 2 -w '{root}'",
    ]


def test_a_damaged_notebook_can_be_set_aside_as_told(root: Path, capsys: Capture) -> None:
    fill(root, [record(1)])
    (root / "experiments.json").write_text("damaged")
    for lost in (False, True):
        if lost:
            shutil.rmtree(root / ".hydra")
            (root / "experiments.json").write_text("damaged")
        assert run_command(["ls", "-w", str(root)]) == 2
        found = re.search(r"`(mv [^`]*)`", capsys.readouterr().err)
        assert found is not None
        subprocess.run(["/bin/sh", "-c", found[1]], check=True)
        assert (root / "experiments.corrupt.json").read_text() == "damaged"
        assert len(Service(root).records()) == (0 if lost else 1)


def test_a_missing_workspace_can_be_made_as_told(tmp_path: Path, capsys: Capture) -> None:
    gone = tmp_path / "his runs"
    assert run_command(["ls", "-w", str(gone)]) == 2
    found = re.search(r"`(mkdir [^`]*)`", capsys.readouterr().err)
    assert found is not None
    assert shlex.split(found[1]) == ["mkdir", "-p", str(gone)]


def test_a_stop_in_json_is_one_document(
    root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.pilot.flight.Pilot.stop", lambda _self: None)
    flight = Flight(status="running", began=BEGAN, budget=60.0)
    monkeypatch.setattr("engine.pilot.flight.Pilot.flight", lambda _self: flight)
    assert run_command(["recipe", "--stop", "--json", "-w", str(root)]) == 0
    assert json.loads(capsys.readouterr().out)["autopilot"]["status"] == "running"
    assert run_command(["recipe", "--stop", "-w", str(root)]) == 0
    assert "asked to stop" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "folder"),
    [((), "hydra-demo"), (("a",), "a"), (("-w", "b"), "b"), (("c", "-w", "c"), "c")],
)
def test_the_demo_goes_where_it_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], folder: str
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr(recipe, "write_demo", lambda place: place.mkdir())
    monkeypatch.setattr(recipe, "_start", lambda *_: None)
    monkeypatch.setattr(recipe, "_follow", lambda *_: 0)
    assert run_command(["demo", *words, "--headless"]) == 0
    assert os.listdir(root) == [folder]


@pytest.mark.parametrize("words", [("a", "-w", "b"), ("a", "--data", "b"), ("--data", "b")])
def test_the_demo_goes_to_one_place(root: Path, capsys: Capture, words: tuple[str, ...]) -> None:
    assert run_command(["demo", *words]) == 2
    assert "To fix it" in capsys.readouterr().err
    assert os.listdir(root) == []


@pytest.mark.parametrize("port", ["99999", "-5", "0", "65536"])
def test_a_port_that_is_none(root: Path, capsys: Capture, port: str) -> None:
    assert run_command(["serve", f"--port={port}", "-w", str(root)]) == 2
    assert f"{port} is no port." in capsys.readouterr().err


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        with pytest.raises(UserError, match="can't be used"):
            serving._check_port(taken.getsockname()[1])


def test_who_follows_the_log_of_what_waits_has_it_begun(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = record(1, status=Status.QUEUED)
    fill(root, [waiting])
    service = Service(root)
    attended: list[Callable[[], None]] = []

    def attend() -> None:
        attended.append(attend)
        replace(root, record(1))

    monkeypatch.setattr(service, "attend", attend)
    print_log(service, "1", keep_on=False)
    assert attended == []
    print_log(service, "1", keep_on=True)
    assert len(attended) == 1


def test_a_log_that_is_not_there_is_missed(root: Path, capsys: Capture) -> None:
    fill(root, [record(1), record(2, status=Status.QUEUED)])
    for experiment, told in (("1", "has no log"), ("2", "has said nothing yet")):
        print_log(Service(root), experiment, keep_on=False)
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", f"Experiment {experiment} {told}.\n")
    say(root, "2", TaskStarted())
    print_log(Service(root), "2", keep_on=False)
    assert not capsys.readouterr().err


def test_an_ensemble_s_ablation_is_refused_without_advice_that_can_not_be_followed(
    root: Path,
) -> None:
    made = {"stage": Stage.ENSEMBLE, "spec": EnsembleSpec(members=("1",)), "name": "ensemble"}
    fill(root, [record(1), record(2).model_copy(update=made)])
    with pytest.raises(UserError) as refused:
        Service(root).workbench.contributions("2")
    assert "no factors" in refused.value.happened
    assert "`hydra-tui ablate 2`" not in refused.value.fix


def test_an_ablation_without_seeds_is_found_by_what_it_was_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _: None)
    monkeypatch.setattr("engine.service.ensure_supervisor", lambda _: None)
    root = flowers(tmp_path / "garden")
    *before, last = three()
    assert last.fit is not None
    # On more folds than 1, which is the same without what 3 has over it.
    more = last.model_copy(update={"spec": last.fit.model_copy(update={"folds": 2})})
    fill(root, [*before, more])
    ablate = ("-w", str(root), "ablate", "3")
    assert run_command([*ablate, "--against", "1", "--seeds", "1", "--detach"]) == 0
    capsys.readouterr()
    assert run_command([*ablate, "--show", "--against", "1"]) == 0
    assert "FACTOR" in capsys.readouterr().out
    assert run_command([*ablate, "--show", "--against", "2"]) == 2
    assert "never ablated against 2" in capsys.readouterr().err


def test_an_ablation_that_has_all_been_run_is_shown_as_it_is_told(
    tmp_path: Path, capsys: Capture
) -> None:
    root = flowers(tmp_path / "garden")
    fill(root, three())
    predict(root, "1", 0.5)
    assert run_command(["-w", str(root), "ablate", "3", "--against", "1", "--seeds", "1"]) == 2
    refused = capsys.readouterr().err
    assert "All that tells what 3 has over 1 has been run: 1." in refused
    (told,) = re.findall(r"`hydra-tui (ablate [^`]*)`", refused)
    assert run_command(["-w", str(root), *shlex.split(told)]) == 0
    assert "FACTOR" in capsys.readouterr().out


def test_a_reference_without_predictions_is_told_once(tmp_path: Path, capsys: Capture) -> None:
    root = flowers(tmp_path / "garden")
    fill(root, [record(number, Stage.REGULARIZE, loss=0.3) for number in (1, 2, 3)])
    predict(root, "1", 0.5)
    predict(root, "3", 0.5)
    assert run_command(["compare", "1", "2", "3", "--reference", "2", "-w", str(root)]) == 0
    said = capsys.readouterr().out
    assert "Nothing can be held against 2: The predictions of experiment 2 are missing." in said
    assert said.count("missing") == 1
    assert run_command(["compare", "1", "2", "3", "--reference", "1", "-w", str(root)]) == 0
    assert "Nothing can be held" not in capsys.readouterr().out


def test_a_comparison_for_scripts_has_the_figures_of_the_one_for_people(
    tmp_path: Path, capsys: Capture
) -> None:
    root = flowers(tmp_path / "garden")
    fill(root, [record(1, loss=0.4), record(2, loss=0.3)])
    assert run_command(["compare", "1", "2", "--json", "-w", str(root)]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert {name: one["val_log_loss"] for name, one in scores.items()} == {"1": 0.4, "2": 0.3}
    assert scores["2"]["train_log_loss"] == 0.15


def test_a_preview_without_predictions_says_what_brings_them(root: Path) -> None:
    """What was told could not be done: to rerun a range test, or a blend of what is gone."""
    made = {"stage": Stage.ENSEMBLE, "spec": EnsembleSpec(members=("1",))}
    ranging = record(3).spec.model_copy(update={"kind": "range_test"})
    waiting, blended = record(4, status=Status.QUEUED), record(2).model_copy(update=made)
    known = [record(1), blended, record(3, spec=ranging), waiting]
    fill(root, known)
    bench = Service(root).workbench
    for source, happened, fix in (
        ("1", "predictions of experiment 1 are missing", "`hydra-tui rerun 1`"),
        ("2", "those of its members: 1", "`hydra-tui rerun 1`"),
        ("3", "predicts nothing", "run its spec"),
        ("4", "is queued", "wait for its end"),
    ):
        with pytest.raises(UserError) as refused:
            bench.preview_pseudo(PseudoSpec(source=source))
        assert happened in refused.value.happened
        assert fix in refused.value.fix


def test_who_blends_a_run_with_itself_is_told(tmp_path: Path, capsys: Capture) -> None:
    root = flowers(tmp_path / "garden")
    runs = [record(number, Stage.REGULARIZE, loss=0.3) for number in (1, 2)]
    fill(root, runs)
    predict(root, "1", 0.5)
    predict(root, "2", 0.5)
    assert run_command(["ensemble", "1", "2", "-w", str(root)]) == 0
    assert "1 and 2 are the same run twice" in capsys.readouterr().err
    # By default one of them alone is left, which is no blend.
    assert run_command(["ensemble", "-w", str(root)]) == 2
    assert "Experiment 1 alone is no blend" in capsys.readouterr().err
