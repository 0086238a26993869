"""What the recipe begins with: a plain network for small pictures, a pretrained for photographs."""

from engine.experiment.spec import ExperimentSpec, HeadSpec, PhaseSpec, Stage

SMALL_BASELINE = ExperimentSpec(
    stage=Stage.BASELINE,
    rows=0.5,
    backbone="plain_cnn",
    head=HeadSpec(layers=1, units=64),
    phases=(PhaseSpec(train="all", epochs=12, learning_rate=1e-3),),
)
SMALL_OVERFIT = ExperimentSpec(
    stage=Stage.OVERFIT,
    backbone="wide_cnn",
    head=HeadSpec(layers=1, units=256),
    phases=(PhaseSpec(train="all", epochs=15, learning_rate=1e-3),),
)
PHOTO_BASELINE = ExperimentSpec(
    stage=Stage.BASELINE,
    rows=0.5,
    image_size=224,
    backbone="efficientnet_lite0",
    weights="imagenet",
    head=HeadSpec(layers=0),
    phases=(PhaseSpec(train="head", epochs=15, learning_rate=1e-3),),
)
PHOTO_OVERFIT = PHOTO_BASELINE.model_copy(
    update={
        "stage": Stage.OVERFIT,
        "rows": 1.0,
        "head": HeadSpec(layers=1, units=512),
        "phases": (PhaseSpec(train="head", epochs=40, learning_rate=1e-3),),
    }
)
