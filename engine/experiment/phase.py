"""One stretch of training: what trains, for how long, by which optimizer and schedule."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.experiment.frozen import Frozen

OptimizerName = Literal["adam", "adamw", "nadam", "sgd", "rmsprop", "lion"]
ScheduleName = Literal["constant", "cosine", "one_cycle", "plateau"]


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
    optimizer: Annotated[
        OptimizerName,
        Field(description="`sgd` has momentum 0.9; `lion` wants a tenth of Adam's rate."),
    ] = "adam"
    learning_rate: Annotated[
        float, Field(ge=1e-7, le=1, description="The largest learning rate of the phase.")
    ] = 1e-3
    schedule: Annotated[
        ScheduleName,
        Field(
            description="How the rate moves: `constant`; `cosine`, down to nothing; `one_cycle` "
            "(Smith 2018), up for 30 % of the phase, then down; `plateau`, a fifth of it after "
            "two epochs without a better validation log-loss."
        ),
    ] = "constant"
    warmup: Annotated[
        int, Field(ge=0, le=100, description="First epochs, in which the rate rises from nothing.")
    ] = 0
    depth_decay: Annotated[
        float,
        Field(
            ge=0.001,
            le=1,
            description="Discriminative rates (Howard & Ruder 2018): the last third of the "
            "backbone trains at this share of the rate, the middle one at its square, the first "
            "at its cube; 1 is the same rate for all.",
        ),
    ] = 1.0
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="Epochs without a better validation log-loss before the phase ends and "
            "its best weights are restored; 0 trains all epochs.",
        ),
    ] = 0
    clip_norm: Annotated[
        float, Field(ge=0, le=100, description="Longest gradient, over all weights; 0 is any.")
    ] = 0.0
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Decoupled decay of kernels (Loshchilov & Hutter 2019); biases and "
            "normalisations don't decay.",
        ),
    ] = 0.0
    ema: Annotated[
        float,
        Field(
            ge=0,
            le=0.9999,
            description="Momentum of the moving average of the weights, which is validated and "
            "kept in their place; 0 keeps the weights themselves.",
        ),
    ] = 0.0
    batch_norm: Annotated[
        bool,
        Field(
            description="Whether a pretrained backbone's batch normalisation trains with its "
            "layers; small batches spoil its statistics."
        ),
    ] = False

    @model_validator(mode="after")
    def _schedules_agree(self) -> Self:
        if self.warmup and self.schedule in ("one_cycle", "plateau"):
            raise ValueError(
                f"{self.schedule} has no warm-up of its own; "
                "set warmup=0, or schedule=cosine or constant"
            )
        if self.warmup >= self.epochs and self.warmup:
            raise ValueError(
                f"{self.warmup} epochs of warm-up leave none of {self.epochs} to train; "
                f"set warmup to at most {self.epochs - 1}"
            )
        return self
