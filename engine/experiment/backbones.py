"""The backbones a spec may name, and the plain facts of each; imports nothing heavy.

The facts stand in `backbones.json`, which `python -m engine.models.catalogue` writes by looking
at the installed Keras.
"""

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

CATALOGUE = Path(__file__).with_name("backbones.json")


@dataclass(frozen=True)
class BackboneFacts:
    """What is known of a backbone without building it.

    Args:
        name: as a spec names it.
        keras: its builder in `keras.applications`; None for our own networks.
        preprocessing: what its images need: `tf`, `caffe` or `torch` as Keras calls them, or
            `inside` when the network does that itself.
        default_size: side of the images it was made for, pixels.
        smallest_size: side of the smallest images it takes, pixels.
        parameters: weights, without a head.
        activations: numbers that all layers put out for one image of the default size.
        largest: numbers that the most talkative layer puts out for it.
        convolutions: depthwise ones included.
        package: the Python package that brings its ImageNet weights; None when none does.
        file: the name of its ImageNet weights in Keras' cache; None when Keras has none.
        url: where Keras gets them.
        hash: their MD5 or SHA-256, in hexadecimal; None when Keras knows none.
    """

    name: str
    keras: str | None
    preprocessing: str
    default_size: int
    smallest_size: int
    parameters: int = 0
    activations: int = 0
    largest: int = 0
    convolutions: int = 0
    package: str | None = None
    file: str | None = None
    url: str | None = None
    hash: str | None = None

    @property
    def is_pretrained(self) -> bool:
        """Whether ImageNet weights of it exist."""
        return self.package is not None or self.file is not None


BACKBONES = {
    row["name"]: BackboneFacts(**row) for row in json.loads(CATALOGUE.read_text(encoding="utf-8"))
}


def facts_of(name: str) -> BackboneFacts:
    """What is known of a backbone.

    Args:
        name: as a spec names it.

    Raises:
        UserError: there is none of that name; the nearest is named.
    """
    if name not in BACKBONES:
        near = difflib.get_close_matches(name, BACKBONES, 1, 0.3)
        raise UserError(
            f"There is no backbone called {name}.",
            f"one of {', '.join(BACKBONES)}.",
            f"set backbone={near[0] if near else next(iter(BACKBONES))}.",
        )
    return BACKBONES[name]


def default_size(name: str) -> int:
    """The side of the images a backbone was made for, pixels.

    Args:
        name: as a spec names it.

    Raises:
        UserError: there is none of that name.
    """
    return facts_of(name).default_size


def check_size(facts: BackboneFacts, image_size: int) -> None:
    """Make sure that images are large enough for a backbone.

    Args:
        facts: the backbone.
        image_size: side of the square input, pixels.

    Raises:
        UserError: they are smaller than the smallest that it takes.
    """
    if image_size < facts.smallest_size:
        raise UserError(
            f"{facts.name} can't take images of {image_size} pixels.",
            f"at least {facts.smallest_size} pixels; it was made for {facts.default_size}.",
            f"set image_size={facts.smallest_size} or more, or choose a smaller backbone.",
        )
