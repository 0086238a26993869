"""What the recipe begins with: the first networks of each family, sized for the pictures."""

from math import ceil

from engine.competition.findings import CompetitionSummary, TargetKind
from engine.experiment.augmentation import PRESETS, AugmentationSpec, PresetName
from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage
from engine.recipe.costs import batches_of
from engine.recipe.families import PHOTOGRAPH_SIDE, Family, usual_family

_BASELINE_STEPS, _OVERFIT_STEPS = 300, 500
_MOST_EPOCHS, _MOST_PATIENCE = 200, 100
_PHOTOGRAPH_SIZE, _SMALLER_SIZES = 224, (160, 128, 96)
# What all small pictures may take on disk, decoded, and the time that a frozen network needs for
# them grows alike.
_MOST_BYTES = 20e9
_SMOOTHING, _LEAST_SMOOTHED = 0.05, 0.2
_WEIGHTS = {Family.PLAIN: "none", Family.PRETRAINED: "imagenet"}


def baseline(family: Family, summary: CompetitionSummary) -> ExperimentSpec:
    """A cheap first run.

    Args:
        family: of which networks.
        summary: how large the pictures are, and how many.
    """
    if family is Family.PLAIN:
        backbone, train, epochs, head = "plain_cnn", "all", 12, HeadSpec(layers=1, units=64)
    else:
        backbone, train, epochs, head = "efficientnet_lite0", "head", 15, HeadSpec(layers=0)
    spec = ExperimentSpec(
        stage=Stage.BASELINE,
        rows=0.5,
        backbone=backbone,
        weights=_WEIGHTS[family],
        image_size=_size(family, summary),
        head=head,
        phases=(PhaseSpec(train=train, epochs=epochs, learning_rate=1e-3, patience=5),),
    )
    return _long_enough(spec, summary, _BASELINE_STEPS)


def changes_of(summary: CompetitionSummary, usual: PresetName, bank: int = 0) -> AugmentationSpec:
    """The changes of training images that leave their labels true.

    Args:
        summary: says which these are, where a person did.
        usual: the set for such networks while nobody has.
        bank: how many changed views of each image are kept.
    """
    return AugmentationSpec.model_validate(PRESETS[summary.augmentation or usual] | {"bank": bank})


def plausible(summary: CompetitionSummary) -> PresetName:
    """The set of changes that leave labels true: what a person said, or what suits the pictures.

    Args:
        summary: how large the pictures are; what the settings say of them.
    """
    is_written = usual_family(summary) is Family.PLAIN
    return summary.augmentation or ("digits" if is_written else "photo")


def smoothing(summary: CompetitionSummary) -> float:
    """The label smoothing that holds a network back without harm.

    It keeps a sigmoid from answering less than half of it, which may be more than a rare class or
    label has. Of many classes each bears little of it.

    Args:
        summary: how many images each class or label has.

    Returns:
        The share of each label that is spread over all classes; 0 where a sigmoid's is rare.
    """
    if summary.target is TargetKind.MULTICLASS:
        return _SMOOTHING
    rarest = min((count for _, count in summary.class_counts), default=0)
    return _SMOOTHING if rarest >= _LEAST_SMOOTHED * summary.labelled_images else 0.0


def overfit(family: Family, summary: CompetitionSummary) -> ExperimentSpec:
    """A run that is to learn the training set by heart.

    Args:
        family: of which networks.
        summary: how large the pictures are, and how many.
    """
    if family is Family.PLAIN:
        backbone, train, epochs, units = "wide_cnn", "all", 15, 256
    else:
        backbone, train, epochs, units = "efficientnet_lite0", "head", 40, 512
    spec = ExperimentSpec(
        stage=Stage.OVERFIT,
        backbone=backbone,
        weights=_WEIGHTS[family],
        image_size=_size(family, summary),
        head=HeadSpec(layers=1, units=units),
        phases=(PhaseSpec(train=train, epochs=epochs, learning_rate=1e-3),),
    )
    return _long_enough(spec, summary, _OVERFIT_STEPS)


def _long_enough(spec: ExperimentSpec, summary: CompetitionSummary, steps: int) -> ExperimentSpec:
    """More epochs, and more patience, where the set is so small that few hold hardly any steps."""
    first = spec.phases[0]
    epochs = min(_MOST_EPOCHS, max(first.epochs, ceil(steps / batches_of(spec, summary))))
    patience = min(_MOST_PATIENCE, ceil(first.patience * epochs / first.epochs))
    longer = first.model_copy(update={"epochs": epochs, "patience": patience})
    return spec.model_copy(update={"phases": (longer,)})


def _size(family: Family, summary: CompetitionSummary) -> int:
    """Side of the square that the network sees, pixels.

    A plain network sees pictures as they are, but for tiny ones, twice as large for room to pool.
    A pretrained one has learned from photographs, on which things are larger: of the features of
    5,000 pictures of 32 pixels, ten kinds, a linear head is 80 % right at 96 pixels, 84 % at 128,
    88 % at 160 and 89 % at 224. Hundreds of thousands would take hours to be seen at all, so these
    are smaller.
    """
    side = summary.median_side
    if family is Family.PRETRAINED:
        images = summary.labelled_images + summary.test_images
        fitting = (n for n in _SMALLER_SIZES if 3 * images * n**2 <= _MOST_BYTES)
        is_too_much = side < PHOTOGRAPH_SIDE and 3 * images * _PHOTOGRAPH_SIZE**2 > _MOST_BYTES
        return next(fitting, _SMALLER_SIZES[-1]) if is_too_much else _PHOTOGRAPH_SIZE
    return min(64, max(16, 2 * side if side <= 16 else -(-side // 8) * 8))
