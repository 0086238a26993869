"""What each stage runs: the specs that the recipe proposes for this competition."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.backbones import BACKBONES
from engine.experiment.record import ExperimentRecord, is_on_gpu
from engine.experiment.spec import (
    ExperimentSpec,
    HeadSpec,
    LossSpec,
    PhaseSpec,
    PseudoSpec,
    Stage,
)
from engine.recipe import beginnings
from engine.recipe.choosing import REGULARIZED, best_of, members_of, worth_widening
from engine.recipe.common_folds import leading_folds
from engine.recipe.families import (
    PHOTOGRAPH_SIDE,
    baselines,
    best_baseline,
    best_family,
    family_of,
    is_close,
    usual_family,
)
from engine.recipe.labelling import labeller_of, labellers
from engine.recipe.lengths import tuning_epochs
from engine.recipe.remedies import BANK

RUNNABLE = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL)
# Small images make the first runs fast; what is to be submitted sees more.
_LARGE, _LARGER = 288, 320
# No photograph can be made out on so few pixels.
_TINY = 16

Proposal = tuple[ExperimentSpec, str | None]


def propose_specs(
    stage: Stage, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> tuple[Proposal, ...]:
    """What a stage runs: one spec, or one for each backbone and resolution when it widens.

    Args:
        stage: one of `RUNNABLE`.
        summary: what was recognised of the competition.
        records: the notebook.

    Returns:
        Each spec with the id of the experiment it was derived from.

    Raises:
        UserError: there is nothing to widen, nothing to label the test images with, or none of
            these.
    """
    if stage is Stage.WIDEN:
        return widening(summary, records)
    if stage is Stage.PSEUDO_LABEL and not summary.test_images:
        raise UserError(
            f"{summary.name} has no test images that could be labelled.",
            "a folder of images to predict.",
            "put them into `test/`, or name the folder in hydra.toml: [competition] test.",
        )
    if stage is Stage.PSEUDO_LABEL:
        return (pseudo_labelling(records),)
    return (_first_steps(stage, summary, records),)


def widening(
    summary: CompetitionSummary, records: Sequence[ExperimentRecord], folds: int | None = None
) -> tuple[Proposal, ...]:
    """The best regularized spec over backbones and resolutions that have not been run yet.

    Args:
        summary: says which backbones suit the pictures.
        records: the notebook.
        folds: how many to run; by default all.

    Returns:
        The specs, the most promising first.

    Raises:
        UserError: nothing is regularized yet, or all of the grid has been run.
    """
    best = worth_widening(records)
    if best is None or (spec := best.fit) is None:
        raise UserError(
            "There is no regularized experiment to widen.",
            "a finished run of regularize.",
            "run it: `hydra-tui run regularize`.",
        )
    folds = folds or summary.folds
    done = {
        (one.backbone, one.image_size)
        for record in members_of(records)
        if record.stage in REGULARIZED and (one := record.fit) is not None and one.folds >= folds
    }
    if spec.folds < folds:
        done -= {(spec.backbone, spec.image_size)}
    proposals = []
    for backbone, size in _grid(spec, summary, records):
        if (backbone, size) not in done:
            changes = {"stage": Stage.WIDEN, "backbone": backbone, "image_size": size}
            # What was tried in a hurry on a part of the rows goes on with all of them.
            changes |= {"folds": folds, "rows": 1.0, "pseudo": PseudoSpec()}
            wider = spec.model_copy(update=changes)
            proposals.append((_fitting(wider, spec.backbone), best.id))
    rival = family_of(spec).rival
    if is_close(rival, records):
        other = _regularized(beginnings.overfit(rival, summary), summary)
        others = {"stage": Stage.WIDEN, "folds": folds, "seed": spec.seed}
        other = other.model_copy(update=others | {"leave_out": spec.leave_out})
        known = done | {(one.backbone, one.image_size) for one, _ in proposals}
        if (other.backbone, other.image_size) not in known:
            proposals.insert(1, (other, best.id))
    if not proposals:
        raise UserError(
            "Every backbone and resolution of the grid has been run.",
            "one that is missing.",
            "name others: `hydra-tui run widen --set backbone=.. --set image_size=..`.",
        )
    return tuple(proposals)


def leaving_out(proposals: Sequence[Proposal], left_out: Sequence[str]) -> tuple[Proposal, ...]:
    """The same specs, none of which trains on some images.

    Args:
        proposals: specs, each with the experiment it was derived from.
        left_out: ids of labelled images, beside those that a spec leaves out already.
    """
    return tuple(
        (spec.model_copy(update={"leave_out": tuple(sorted({*spec.leave_out, *left_out}))}), parent)
        for spec, parent in proposals
    )


def pseudo_labelling(records: Sequence[ExperimentRecord]) -> Proposal:
    """The best member again, with test images that the best predictions label.

    Args:
        records: the notebook.

    Raises:
        UserError: there are no predictions to label with.
    """
    best = worth_widening([one for one in records if one.stage is not Stage.PSEUDO_LABEL])
    # Each fold takes the labels of the source's fit of that fold, from the first on.
    sources = [] if best is None else [labeller_of(best, records), *labellers(records, 1)]
    source = next((one for one in sources if leading_folds(one)), None)
    if best is None or (spec := best.fit) is None or source is None:
        raise UserError(
            "There are no predictions to label the test images with.",
            "a finished run of regularize, better an ensemble.",
            "run the stages before: `hydra-tui run regularize --folds 5`.",
        )
    folds = min(spec.folds, leading_folds(source))
    changes = {"stage": Stage.PSEUDO_LABEL, "pseudo": PseudoSpec(source=source.id), "folds": folds}
    return spec.model_copy(update=changes | {"rows": 1.0}), best.id


def rival_baseline(
    summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Proposal | None:
    """A baseline of the family that has none yet, on as many rows as the other's.

    Args:
        summary: how large the pictures are.
        records: the notebook.

    Returns:
        Its spec, and the other one, with which it is compared row by row; None where neither
        family has a baseline, or both have.
    """
    usual = usual_family(summary)
    ran = [family for family in (usual, usual.rival) if baselines(records, family)]
    if len(ran) != 1 or summary.median_side <= _TINY:
        return None
    rival = beginnings.baseline(ran[0].rival, summary)
    first = best_baseline(records, ran[0])
    if first is None or first.fit is None:
        return rival, None
    # What stops in time, and what doesn't, are no fair match.
    patient = any(phase.patience for phase in first.fit.phases)
    phases = rival.phases if patient else (rival.phases[0].model_copy(update={"patience": 0}),)
    alike = {"rows": first.fit.rows, "seed": first.fit.seed, "phases": phases}
    return rival.model_copy(update=alike), first.id


def _first_steps(
    stage: Stage, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Proposal:
    """Baseline, overfit or regularize.

    Small grey pictures get plain networks. Photographs get EfficientNet-Lite0 with its ImageNet
    weights, frozen until regularize tunes its last blocks on a bank of augmented views, on larger
    images where the pictures are large. Where both have run as baselines, a rival that is clearly
    better goes on.
    Regularize starts from the best overfit run, since it is that run's validation loss which it
    must beat.
    """
    family = best_family(summary, records)
    if stage is Stage.BASELINE:
        return beginnings.baseline(family, summary), None
    overfit = beginnings.overfit(family, summary)
    if stage is Stage.OVERFIT:
        return overfit, None
    parent = best_of(records, Stage.OVERFIT)
    spec = overfit if parent is None or parent.fit is None else parent.fit
    return _regularized(spec, summary), None if parent is None else parent.id


def _regularized(spec: ExperimentSpec, summary: CompetitionSummary) -> ExperimentSpec:
    """The overfit spec held back: what suits a frozen backbone, or one that trains as a whole."""
    # Before epochs are counted: an overfit run on few rows has few batches in each.
    spec = spec.model_copy(update={"stage": Stage.REGULARIZE, "rows": 1.0})
    changes: dict[str, object] = {}
    if spec.trains_head_alone:
        epochs = tuning_epochs(spec, summary)
        if spec.image_size < _LARGE <= summary.median_side:
            changes["image_size"] = _LARGE
        changes |= {
            "head": HeadSpec(layers=0, dropout=0.5),
            "loss": LossSpec(label_smoothing=beginnings.smoothing(summary)),
            "augmentation": beginnings.changes_of(summary, "photo", BANK),
            "phases": (
                PhaseSpec(train="head", epochs=max(epochs // 2, 2), learning_rate=3e-3),
                PhaseSpec(
                    train="last_blocks:3",
                    epochs=epochs,
                    learning_rate=2e-4,
                    schedule="cosine",
                    warmup=1,
                    ema=0.98,
                ),
            ),
        }
    else:
        changes["head"] = spec.head.model_copy(update={"dropout": 0.25})
        changes["augmentation"] = beginnings.changes_of(summary, "digits")
        # Augmented images take longer to learn, and want small steps in the end.
        slower = {"schedule": "cosine"}
        changes["phases"] = tuple(
            p.model_copy(update=slower | {"epochs": min(round(2.5 * p.epochs), 1000)})
            for p in spec.phases
        )
    return spec.model_copy(update=changes)


def _grid(
    spec: ExperimentSpec, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> list[tuple[str, int]]:
    """Backbones with resolutions, the most promising first; the spec's own is the first."""
    return list(dict.fromkeys(_promising(spec, summary, records)))


def _promising(
    spec: ExperimentSpec, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> list[tuple[str, int]]:
    own = (spec.backbone, spec.image_size)
    if not BACKBONES[spec.backbone].is_pretrained:
        size = spec.image_size
        larger = min(96, -(-size * 3 // 2 // 8) * 8)
        return [own, ("wide_cnn", larger), ("plain_cnn", larger), ("wide_cnn", size)]
    sharper, another = ("efficientnet_lite0", _LARGE), ("efficientnet_lite1", 240)
    grid = [own, sharper, another]
    if summary.median_side < PHOTOGRAPH_SIDE:
        # A larger canvas shows little more of them than another network sees.
        grid = [own, another, ("efficientnet_lite2", 260), sharper]
    if summary.median_side >= _LARGER:
        grid.insert(1, ("efficientnet_lite0", _LARGER))
    grid += [("efficientnet_lite0", 224), ("efficientnet_lite2", 260)]
    if any(is_on_gpu(record.environment) for record in records):
        # What is strongest, and the articles' three: a GPU has time for them, on a CPU they take
        # hours. Small networks follow, for they make other mistakes.
        grid[1:1] = [("convnext_tiny", 224), ("efficientnet_v2b0", 224), ("inception_v3", 299)]
        grid += [("xception", 299), ("resnet50", 224)]
    return grid


def _fitting(spec: ExperimentSpec, former: str) -> ExperimentSpec:
    """A spec whose weights are those its backbone has: a file of the former's fits no other."""
    if spec.weights not in ("none", "imagenet") and spec.backbone == former:
        return spec
    pretrained = BACKBONES[spec.backbone].is_pretrained
    return spec.model_copy(update={"weights": "imagenet" if pretrained else "none"})
