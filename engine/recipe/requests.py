"""What a person asks a stage to run: the recipe's specs, with changes."""

from collections.abc import Iterable, Sequence

from engine.competition.findings import CompetitionSummary, TargetKind
from engine.errors import UserError
from engine.experiment.backbones import BACKBONES
from engine.experiment.overrides import apply_overrides, swept
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.experiment.weights_file import check_weights
from engine.recipe.proposals import Proposal, leaving_out, propose_specs


def requested(
    stage: Stage,
    overrides: Iterable[str],
    folds: int | None,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left_out: Sequence[str] = (),
    is_plain: bool = False,
) -> tuple[Proposal, ...]:
    """What a stage runs here: one spec, or several when it widens or fields are swept.

    Args:
        stage: one of `RUNNABLE`.
        overrides: `field=value` changes to it; several values, separated by commas, are swept.
        folds: how many folds to run.
        summary: what was recognised of the competition.
        records: the notebook.
        left_out: ids of the labelled images that are not to be trained on.
        is_plain: whether the changes are to the fields' defaults, not to what the recipe proposes.

    Returns:
        Each spec with the experiment it was derived from.

    Raises:
        UserError: a wrong override, more folds than there are, or nothing to begin with.
    """
    changes = [*overrides, *([f"folds={folds}"] if folds is not None else [])]
    begun: tuple[Proposal, ...] = (
        ((plain_spec(stage), None),) if is_plain else propose_specs(stage, summary, records)
    )
    # What differed only in what is changed is the same now: each runs once, from its first parent.
    parents: dict[ExperimentSpec, str | None] = {}
    for spec, parent in leaving_out(begun, left_out):
        for one in with_each(spec, changes):
            parents.setdefault(one, parent)
    for spec in parents:
        check_possible(spec, summary, records)
    return tuple(parents.items())


def with_each(
    spec: ExperimentSpec, overrides: Iterable[str], most: int | None = None
) -> tuple[ExperimentSpec, ...]:
    """A spec with changes; where they name several values, one for each combination that differs.

    Args:
        spec: the spec to start from; it is not changed.
        overrides: `field=value` changes to it; several values, separated by commas, are swept.
        most: how many there may be; by default any number.

    Raises:
        UserError: a wrong override, or more combinations than there may be.
    """
    each = swept(overrides)
    if most is not None and len(each) > most:
        raise UserError(
            f"These values make {len(each):,} experiments.",
            f"at most {most} at once.",
            "name fewer values, or vary one field after the other.",
        )
    # Values that are written otherwise may be the same, as 1e-3 and 0.001 are.
    return tuple(dict.fromkeys(apply_overrides(spec, one) for one in each))


def plain_spec(stage: Stage) -> ExperimentSpec:
    """A stage's spec with every other field as `docs/spec.md` has it by default.

    Args:
        stage: one of `RUNNABLE`.
    """
    return ExperimentSpec.model_validate({"stage": stage})


def check_possible(
    spec: ExperimentSpec,
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> None:
    """See that a spec can run here, whose values are possible by themselves.

    Args:
        spec: the spec.
        summary: what was recognised of the competition; None where nobody has looked.
        records: the notebook.

    Raises:
        UserError: the competition has fewer folds, or targets of a kind that the loss is not for;
            the weights name a file that is not there; the backbone has fewer layers than are to be
            trained; or what is to label the test images is not there, or not in all folds, or
            predicts ranks.
    """
    check_weights(spec)
    _check_layers(spec)
    _check_source(spec, records)
    if summary is not None:
        _check_loss(spec, summary.target)
    if summary is not None and spec.folds > summary.folds:
        raise UserError(
            f"folds={spec.folds} is not possible: this competition has {summary.folds}.",
            f"at most {summary.folds}.",
            f"set folds={summary.folds}.",
        )


def _check_loss(spec: ExperimentSpec, target: TargetKind) -> None:
    if spec.loss.name == "sparsemax" and target is not TargetKind.MULTICLASS:
        raise UserError(
            f"loss.name=sparsemax is not possible: the targets of this competition are {target}.",
            "cross_entropy or focal; sparsemax is for one of several classes.",
            "set loss.name=cross_entropy, or loss.name=focal.",
        )


def _check_layers(spec: ExperimentSpec) -> None:
    """See that the backbone has as many convolutions as are to be trained."""
    facts = BACKBONES[spec.backbone]
    if not facts.is_pretrained:
        # Of our own networks larger images make deeper ones.
        return
    there = facts.convolutions
    for number, phase in enumerate(spec.phases):
        unit, _, wanted = phase.train.partition(":")
        if unit == "last_convolutions" and int(wanted) > there:
            raise UserError(
                f"phases.{number}.train={phase.train} is not possible: {spec.backbone} has {there} "
                "convolutions.",
                f"at most last_convolutions:{there}.",
                f"set phases.{number}.train=all, or ask for fewer.",
            )


def _check_source(spec: ExperimentSpec, records: Sequence[ExperimentRecord]) -> None:
    """See that what is to label the test images is there, in every fold that is to be run."""
    source = spec.pseudo.source
    if not source:
        if spec.stage is Stage.PSEUDO_LABEL:
            raise UserError(
                "A run of pseudo-label without pseudo.source is trained on no test images.",
                "the id of the experiment that labels them.",
                "set pseudo.source=ID, or `hydra-tui pseudo ID`.",
            )
        return
    found = next((one for one in records if one.id == source), None)
    if found is None or found.spec.kind not in ("fit", "ensemble"):
        raise UserError(
            f"pseudo.source={source} "
            + ("names no experiment." if found is None else "has no predictions to label with."),
            "the id of a fit, or of an ensemble.",
            "`hydra-tui ls` lists them.",
        )
    if found.is_rank:
        raise UserError(
            f"pseudo.source={source} is a blend of ranks, which tell the order of the images and "
            "not how probable anything is.",
            "a source whose predictions are probabilities.",
            "name a fit, or blend by another method than rank.",
        )
    # What is queued before it will be done by then.
    able = {
        task.fold
        for task in found.tasks
        if task.status is Status.DONE or not task.status.is_finished
    }
    missing = sorted(set(range(spec.folds)) - able)
    if missing:
        raise UserError(
            f"Experiment {source} has not predicted in fold {missing[0]}, which is to be run.",
            "a source with every fold that is to be run.",
            f"set folds={missing[0]}, or run {source} on more folds."
            if missing[0]
            else f"name another source, or run {source} again: `hydra-tui rerun {source}`.",
        )
