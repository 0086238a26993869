"""Everything needed to repeat an experiment, and nothing else."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


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


TrainingStage = Literal[Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE]
BackboneName = Literal["plain_cnn", "wide_cnn", "efficientnet_lite0"]
MOST_PHASES = 5
PRETRAINED: frozenset[str] = frozenset({"efficientnet_lite0"})


class Frozen(BaseModel):
    """A value: immutable, strict about field names, equal when its fields are."""

    # A schema is built when its model is first used: most commands use few.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


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
    dropout: Annotated[
        float, Field(ge=0, le=0.9, description="Share of activations dropped before each dense.")
    ] = 0.0
    batch_norm: Annotated[
        bool, Field(description="Batch normalisation before each dense layer.")
    ] = False


class PhaseSpec(Frozen):
    """One stretch of training with one set of trainable layers."""

    train: Annotated[
        str,
        Field(
            pattern=r"^(head|all|last_(convolutions|blocks):[1-9][0-9]{0,2})$",
            description="What trains: `head`, `last_convolutions:N` or `last_blocks:N` (and the "
            "head), or `all`. A block is a residual or inception block, or what lies between two.",
        ),
    ] = "all"
    epochs: Annotated[int, Field(ge=1, le=1000, description="Passes over the training rows.")] = 10
    learning_rate: Annotated[float, Field(ge=1e-7, le=1, description="Adam's learning rate.")] = (
        1e-3
    )
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="Epochs without a better validation log-loss before the phase ends and "
            "its best weights are restored; 0 trains all epochs.",
        ),
    ] = 0


class AugmentationSpec(Frozen):
    """Random changes to training images; validation and test images are never changed."""

    horizontal_flip: Annotated[bool, Field(description="Mirror left and right.")] = False
    vertical_flip: Annotated[bool, Field(description="Mirror top and bottom.")] = False
    rotation: Annotated[float, Field(ge=0, le=180, description="Largest rotation, degrees.")] = 0.0
    translation: Annotated[
        float, Field(ge=0, le=0.5, description="Largest shift, share of the image's side.")
    ] = 0.0
    zoom: Annotated[float, Field(ge=0, le=0.5, description="Largest zoom in or out, share.")] = 0.0
    brightness: Annotated[
        float, Field(ge=0, le=1, description="Largest change of brightness, share of white.")
    ] = 0.0
    contrast: Annotated[float, Field(ge=0, le=1, description="Largest change of contrast.")] = 0.0
    bank: Annotated[
        int,
        Field(
            ge=0,
            le=64,
            description="Changed views of each image that go through the frozen layers once and "
            "are drawn from in every epoch; 0 changes the images anew each time. Without effect "
            "while nothing is frozen.",
        ),
    ] = 0

    @property
    def is_active(self) -> bool:
        """Whether any image is changed at all."""
        return any(self.model_dump(exclude={"bank"}).values())


class LossSpec(Frozen):
    """What training minimises; the competition's metric is a separate matter."""

    name: Annotated[
        Literal["cross_entropy", "focal"],
        Field(description="`cross_entropy`, or `focal` (Lin et al. 2017) for rare classes."),
    ] = "cross_entropy"
    label_smoothing: Annotated[
        float, Field(ge=0, le=0.5, description="Share of each label spread over all classes.")
    ] = 0.0


class ExperimentSpec(Frozen):
    """One experiment: with the same data, the same spec gives the same run."""

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
    weights: Annotated[
        Literal["none", "imagenet"], Field(description="The backbone's weights at the start.")
    ] = "none"
    head: Annotated[HeadSpec, Field(description="The layers on top of the backbone.")] = HeadSpec()
    phases: Annotated[
        tuple[PhaseSpec, ...],
        Field(
            min_length=1, max_length=MOST_PHASES, description="The stretches of training, in order."
        ),
    ] = (PhaseSpec(),)
    augmentation: Annotated[
        AugmentationSpec, Field(description="Random changes to training images.")
    ] = AugmentationSpec()
    loss: Annotated[LossSpec, Field(description="What training minimises.")] = LossSpec()
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Images a gradient step.")] = 32

    @model_validator(mode="after")
    def _weights_exist(self) -> Self:
        if self.weights == "imagenet" and self.backbone not in PRETRAINED:
            known = ", ".join(sorted(PRETRAINED))
            raise ValueError(
                f"{self.backbone} has no ImageNet weights; set weights=none, or backbone={known}"
            )
        if self.weights == "none" and self.phases[0].train != "all" and self.backbone in PRETRAINED:
            raise ValueError(
                "a frozen backbone without weights learns nothing; "
                "set weights=imagenet or phases.0.train=all"
            )
        return self

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(phase.epochs for phase in self.phases)
