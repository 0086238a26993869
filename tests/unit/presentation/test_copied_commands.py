"""The command that is copied runs the very spec, whatever the recipe would propose by now."""

import shlex
from pathlib import Path

import pytest

from app.command_line.grammar import parse_arguments
from app.presentation.text import command_of
from engine.experiment.overrides import apply_overrides
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.proposals import propose_specs
from engine.service import Service
from tests.unit.recipe.made_up import done, photographs

LITE = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=224", "phases.0.train=head")
TUNED = ("phases.1.train=last_blocks:3", "phases.1.learning_rate=1e-05", "augmentation=photo")
RUN = (
    done("1", Stage.OVERFIT, 0.3, *LITE, train=0.001),
    done("2", Stage.REGULARIZE, 0.2, *LITE, *TUNED, folds=5),
)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A workspace whose recipe has got on, with an image that new specs leave out."""
    monkeypatch.setattr(Service, "known_summary", lambda _: photographs())
    monkeypatch.setattr(Service, "records", lambda _: RUN)
    service = Service(tmp_path)
    service._notebook.note_left_out(["b"])
    return service


def rerun(service: Service, spec: ExperimentSpec) -> ExperimentSpec:
    """What the copied command would queue."""
    words = shlex.split(command_of(spec))
    assert words[0] == "hydra-tui"
    parsed = parse_arguments(words[1:])
    ((found, _),) = service.propose(
        Stage(parsed.stage), parsed.overrides, parsed.folds, is_plain=parsed.plain
    )
    return found


@pytest.mark.parametrize("stage", [Stage.BASELINE, Stage.REGULARIZE, Stage.WIDEN])
def test_what_the_recipe_proposed_comes_out_the_same(service: Service, stage: Stage) -> None:
    for spec, _ in propose_specs(stage, photographs(), RUN):
        assert rerun(service, spec) == spec


def test_two_phases_and_all_that_a_person_set_come_out_the_same(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a,b.h5").touch()
    spec = apply_overrides(
        ExperimentSpec(stage=Stage.REGULARIZE),
        [*LITE, *TUNED, "head.units=99", "deterministic=true", "folds=5", "pseudo.source=2"],
    )
    # Names that look like numbers, and a comma in a path.
    odd = {"leave_out": ("1e5",), "weights": "~/a,b.h5"}
    for changes in ({}, {"leave_out": ("7", "a b")}, odd):
        assert rerun(service, spec.model_copy(update=changes)) == spec.model_copy(update=changes)


def test_without_plain_the_recipe_s_proposal_is_changed(service: Service) -> None:
    parsed = parse_arguments(["run", "regularize", "--set", "head.units=64"])
    assert not parsed.plain
    ((found, parent),) = service.propose(Stage.REGULARIZE, parsed.overrides)
    assert (found.backbone, parent, found.leave_out) == ("efficientnet_lite0", "1", ("b",))
