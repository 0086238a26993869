"""Everything needed to repeat an experiment, and nothing else."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.errors import UserError
from engine.experiment.augmentation import AugmentationSpec
from engine.experiment.backbones import BACKBONES, check_size
from engine.experiment.choices import OneOf
from engine.experiment.frozen import Frozen
from engine.experiment.phase import PhaseSpec


class Stage(StrEnum):
    """The stations of the recipe, in order."""

    DATA = "data"
    BASELINE = "baseline"
    OVERFIT = "overfit"
    REGULARIZE = "regularize"
    WIDEN = "widen"
    ENSEMBLE = "ensemble"
    PSEUDO_LABEL = "pseudo-label"
    SUBMIT = "submit"


__all__ = [
    "AugmentationSpec",
    "ExperimentSpec",
    "HeadSpec",
    "LossSpec",
    "PhaseSpec",
    "PseudoSpec",
    "Stage",
]
TrainingStage = Literal[
    Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL
]
BackboneName = Annotated[
    str,
    OneOf(
        tuple(BACKBONES),
        "plain_cnn, wide_cnn, efficientnet_lite0 to 2, or any of keras.applications, such as "
        "inception_v3, xception, resnet50",
    ),
]
Weights = Annotated[
    str,
    OneOf(
        ("none", "imagenet"),
        "none, imagenet, or a file: its whole path, or one from ~/, ending in .h5",
        # Workers don't know where a relative path was typed.
        r"(/|~/).*\.h5",
    ),
]
MOST_PHASES = 20
RANGE_STEPS = 150
PRETRAINED = frozenset(facts.name for facts in BACKBONES.values() if facts.is_pretrained)


class HeadSpec(Frozen):
    """What stands between the backbone's last activations and the prediction."""

    pooling: Annotated[
        Literal["none", "avg", "max"],
        Field(description="How the feature map is flattened; `none` keeps every position."),
    ] = "avg"
    layers: Annotated[
        int, Field(ge=0, le=3, description="Dense layers before the output; 0 is linear.")
    ] = 1
    units: Annotated[int, Field(ge=8, le=4096, description="Units of each dense layer.")] = 128
    activation: Annotated[
        Literal["relu", "gelu", "silu", "elu", "tanh"],
        Field(description="What follows each dense layer; the output's is the target's."),
    ] = "relu"
    dropout: Annotated[
        float, Field(ge=0, le=0.9, description="Share of activations dropped before each dense.")
    ] = 0.0
    batch_norm: Annotated[
        bool, Field(description="Batch normalisation before each dense layer.")
    ] = False


class LossSpec(Frozen):
    """What training minimises; the competition's metric is a separate matter."""

    name: Annotated[
        Literal["cross_entropy", "focal", "sparsemax"],
        Field(
            description="`cross_entropy`; `focal` (Lin et al. 2017) for rare classes; `sparsemax` "
            "(Martins & Astudillo 2016), whose predictions hold zeros, for multiclass targets."
        ),
    ] = "cross_entropy"
    label_smoothing: Annotated[
        float, Field(ge=0, le=0.5, description="Share of each label spread over all classes.")
    ] = 0.0
    focal_gamma: Annotated[
        float, Field(ge=0, le=10, description="How much `focal` turns to hard rows; 2 is usual.")
    ] = 2.0
    balanced: Annotated[
        bool,
        Field(description="Whether every class counts the same, however rare (class weights)."),
    ] = False

    @model_validator(mode="after")
    def _smoothing_is_heard(self) -> Self:
        if self.name == "sparsemax" and self.label_smoothing:
            raise ValueError(
                "sparsemax has no label smoothing; "
                "set loss.label_smoothing=0, or loss.name=cross_entropy or focal"
            )
        return self


class PseudoSpec(Frozen):
    """Test images trained on under labels that an earlier experiment predicted (Lee 2013)."""

    source: Annotated[
        str,
        OneOf((), "empty, or the id of an experiment", r"[0-9]*"),
        Field(
            description="Id of the experiment, or ensemble, that labels the test images; empty "
            "is none. A fold takes the labels of the fit that never saw its validation rows.",
        ),
    ] = ""
    labels: Annotated[
        Literal["soft", "hard"],
        Field(description="`soft` are the probabilities as predicted, `hard` the likeliest class."),
    ] = "soft"
    threshold: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Least probability of the likeliest class; hard labels want 0.95.",
        ),
    ] = 0.0
    share: Annotated[
        float,
        Field(
            ge=0.01,
            le=0.9,
            description="Most of the rows trained on that may be pseudo-labelled; the surest come "
            "first.",
        ),
    ] = 0.5


class ExperimentSpec(Frozen):
    """One experiment: with the same data, the same spec gives the same run."""

    # The parts' own defaults are constructed, not validated, for which every part's schema would be
    # built as soon as this is imported.

    stage: Annotated[TrainingStage, Field(description="The recipe's stage this belongs to.")]
    seed: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="Seeds weights, batch order and augmentation.")
    ] = 0
    rows: Annotated[
        float,
        Field(ge=0.01, le=1, description="Share of each fold's training rows used, stratified."),
    ] = 1.0
    folds: Annotated[
        int, Field(ge=1, le=20, description="How many of the frozen folds are run; 1 is a holdout.")
    ] = 1
    image_size: Annotated[
        int, Field(ge=8, le=1024, description="Side of the square input, pixels.")
    ] = 64
    backbone: Annotated[BackboneName, Field(description="The convolutional network.")] = "plain_cnn"
    weights: Annotated[Weights, Field(description="The backbone's weights at the start.")] = "none"
    head: Annotated[HeadSpec, Field(description="The layers on top of the backbone.")] = (
        HeadSpec.model_construct()
    )
    phases: Annotated[
        tuple[PhaseSpec, ...],
        Field(
            min_length=1, max_length=MOST_PHASES, description="The stretches of training, in order."
        ),
    ] = (PhaseSpec.model_construct(),)
    augmentation: Annotated[
        AugmentationSpec, Field(description="Random changes to training images.")
    ] = AugmentationSpec.model_construct()
    loss: Annotated[LossSpec, Field(description="What training minimises.")] = (
        LossSpec.model_construct()
    )
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Images a gradient step.")] = 32
    views: Annotated[
        int,
        Field(
            ge=1,
            le=32,
            description="Test-time augmentation: predictions are means over this many views of "
            "each image, the image itself and augmented ones; 1 is the image alone. Flips come in "
            "turn: 2 views of a horizontal flip are each image and its mirror image.",
        ),
    ] = 1
    pseudo: Annotated[
        PseudoSpec, Field(description="Test images trained on under predicted labels.")
    ] = PseudoSpec.model_construct()
    leave_out: Annotated[
        tuple[str, ...],
        Field(
            description="Ids of labelled images that are not trained on, separated by commas: "
            "those whose label is wrong. They stay in validation.",
        ),
    ] = ()
    precision: Annotated[
        Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"],
        Field(description="Arithmetic; `auto` is mixed_float16 on a GPU with tensor cores."),
    ] = "auto"
    deterministic: Annotated[
        bool,
        Field(description="Same numbers at every run on the same machine; slower on a GPU."),
    ] = False
    kind: Annotated[
        Literal["fit", "range_test"],
        Field(
            description="`fit`; or `range_test` (Smith 2017): the first phase's rate rises from "
            "1e-7 to 1 over 150 batches, to show which rates learn. It leaves no predictions."
        ),
    ] = "fit"

    @model_validator(mode="after")
    def _weights_exist(self) -> Self:
        if self.weights == "imagenet" and self.backbone not in PRETRAINED:
            raise ValueError(
                f"{self.backbone} has no ImageNet weights; "
                "set weights=none and phases.0.train=all, or backbone=efficientnet_lite0"
            )
        if self.weights == "none" and self.phases[0].train != "all" and self.backbone in PRETRAINED:
            raise ValueError(
                "a frozen backbone without weights learns nothing; "
                "set weights=imagenet or phases.0.train=all"
            )
        return self

    @model_validator(mode="after")
    def _views_differ(self) -> Self:
        if self.views > 1 and not self.augmentation.changes_views:
            raise ValueError(
                f"{self.views} views of an image that nothing changes are one; "
                "set augmentation.horizontal_flip=true, for instance, or views=1"
            )
        return self

    @model_validator(mode="after")
    def _images_are_large_enough(self) -> Self:
        try:
            check_size(BACKBONES[self.backbone], self.image_size)
        except UserError as error:
            raise ValueError(f"{error.happened.rstrip('.')}; {error.fix.rstrip('.')}") from error
        return self

    @property
    def epochs(self) -> int:
        """Epochs of all phases together; batches of a range test."""
        if self.kind == "range_test":
            return RANGE_STEPS
        return sum(phase.epochs for phase in self.phases)

    @property
    def is_left_random(self) -> bool:
        """Whether the backbone has no weights at the start, and no phase trains it."""
        return self.weights == "none" and self.trains_head_alone

    @property
    def trains_head_alone(self) -> bool:
        """Whether no phase trains any of the backbone."""
        return all(phase.train == "head" for phase in self.phases)
