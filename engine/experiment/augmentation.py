"""Which random changes training images go through, and when each is plausible."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from engine.experiment.frozen import Frozen


class AugmentationSpec(Frozen):
    """Random changes to training images; validation and test images are never changed."""

    horizontal_flip: Annotated[
        bool, Field(description="Mirror left and right. Not where side matters: text, digits.")
    ] = False
    vertical_flip: Annotated[
        bool,
        Field(description="Mirror top and bottom. For views from above; not for upright scenes."),
    ] = False
    rotation: Annotated[
        float,
        Field(
            ge=0,
            le=180,
            description="Largest rotation, degrees. Photographs bear 10 to 30; views from above "
            "any; digits little, since a 6 becomes a 9.",
        ),
    ] = 0.0
    shear: Annotated[
        float,
        Field(ge=0, le=1, description="Largest slant, share of the side. Things seen askew."),
    ] = 0.0
    translation: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            description="Largest shift, share of the image's side. Almost always plausible.",
        ),
    ] = 0.0
    zoom: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            description="Largest zoom in or out, share. Not where size is the label.",
        ),
    ] = 0.0
    brightness: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Largest change of brightness, share of white. Photographs under "
            "changing light bear 0.2.",
        ),
    ] = 0.0
    contrast: Annotated[
        float,
        Field(ge=0, le=1, description="Largest change of contrast. Photographs bear 0.2."),
    ] = 0.0
    hue: Annotated[
        float,
        Field(ge=0, le=1, description="Largest turn of hue. Not where colour is the label."),
    ] = 0.0
    saturation: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Largest change of saturation. Not where colour is the label.",
        ),
    ] = 0.0
    cutout: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of images that lose a rectangle (DeVries & Taylor 2017; Zhong "
            "et al. 2017). Not where the label is one small thing.",
        ),
    ] = 0.0
    rand_augment: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Strength of RandAugment (Cubuk et al. 2019), two changes drawn of many, "
            "colours among them. For photographs of things.",
        ),
    ] = 0.0
    aug_mix: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Strength of AugMix (Hendrycks et al. 2020), chains of changes blended. "
            "For photographs whose test set looks different.",
        ),
    ] = 0.0
    mixup: Annotated[
        float,
        Field(
            ge=0,
            le=2,
            description="Alpha of MixUp (Zhang et al. 2018), images and labels blended in pairs; "
            "0.2 is usual. For any classes; the training loss no longer nears 0.",
        ),
    ] = 0.0
    cutmix: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Alpha of CutMix (Yun et al. 2019), a rectangle and its share of the "
            "label from another image; 1 is usual. Not where the label is one small thing. With "
            "MixUp, batches take turns.",
        ),
    ] = 0.0

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

    @model_validator(mode="after")
    def _views_are_of_single_images(self) -> Self:
        if self.bank and (self.mixup or self.cutmix):
            raise ValueError(
                "a bank holds views of single images, which MixUp and CutMix blend anew each "
                "time; set bank=0, or mixup=0 and cutmix=0"
            )
        return self

    @property
    def is_active(self) -> bool:
        """Whether any image is changed at all."""
        return any(self.model_dump(exclude={"bank"}).values())

    @property
    def changes_views(self) -> bool:
        """Whether an image alone, without others to mix it with, has more than one view."""
        return any(self.model_dump(exclude={"mixup", "cutmix", "cutout", "bank"}).values())


# Named sets, for `augmentation=NAME`. Hydrangea: the entry to Kaggle's Invasive Species
# Monitoring competition from which the recipe comes.
PresetName = Literal["hydrangea", "photo", "from_above", "text", "digits"]
PRESETS: Final[dict[str, dict[str, float]]] = {
    "none": {},
    "hydrangea": {"rotation": 30, "shear": 0.2, "horizontal_flip": True},
    "photo": {
        "horizontal_flip": True,
        "rotation": 15,
        "translation": 0.1,
        "zoom": 0.1,
        "brightness": 0.2,
        "contrast": 0.2,
    },
    # Microscopes, satellites, skin: no side is up.
    "from_above": {
        "horizontal_flip": True,
        "vertical_flip": True,
        "rotation": 45,
        "translation": 0.1,
        "zoom": 0.1,
        "brightness": 0.2,
        "contrast": 0.2,
    },
    # Small and centred, for networks that begin with nothing.
    "digits": {"rotation": 10, "translation": 0.05, "zoom": 0.05},
    # Writing, signs, road scenes with a left and a right: mirrored it is something else.
    "text": {
        "rotation": 5,
        "translation": 0.05,
        "zoom": 0.1,
        "brightness": 0.2,
        "contrast": 0.2,
    },
}
