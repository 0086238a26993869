"""What stored predictions are of, and where those images and classes stand today.

A label file is corrected, a sample or the test images come later than the first runs: positions
and columns then mean something else. So predictions carry the names of what they are of.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.experiment.frozen import Frozen

# Its place in the file of predictions.
SUBJECT = "of"


class Subject(Frozen):
    """The names behind the rows and columns of predictions.

    Args:
        classes: as the competition had them, in the order of the outputs.
        ids: of all labelled images.
        test_ids: of all images to predict.
        blank: those of them that had no pixels, and were predicted from black.
        kind: what a prediction is; older files don't say.
        is_rank: whether predictions are mean ranks, which tell an order and no probability.
    """

    classes: tuple[str, ...]
    ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    blank: tuple[str, ...]
    kind: TargetKind | None = None
    is_rank: bool = False

    @classmethod
    def of(cls, competition: Competition, blank: Iterable[int], is_rank: bool = False) -> Self:
        """What is predicted of a competition now.

        Args:
            competition: as it is.
            blank: positions of the test images without pixels.
            is_rank: whether predictions are mean ranks.
        """
        return cls(
            classes=competition.classes,
            ids=competition.ids,
            test_ids=competition.test_ids,
            blank=tuple(competition.test_ids[place] for place in sorted(blank)),
            kind=competition.kind,
            is_rank=is_rank,
        )

    @classmethod
    def read(cls, stored: NDArray[np.uint8]) -> Self:
        """What `array` made."""
        return cls.model_validate(json.loads(stored.tobytes()))

    @property
    def array(self) -> NDArray[np.uint8]:
        """As an array, to lie beside the predictions."""
        return np.frombuffer(json.dumps(self.model_dump()).encode(), np.uint8)

    def has_classes_of(self, competition: Competition) -> bool:
        """Whether the outputs are the competition's, in whatever order."""
        return sorted(self.classes) == sorted(competition.classes)

    def columns(
        self, predictions: NDArray[np.floating], competition: Competition
    ) -> NDArray[np.floating]:
        """Predictions with the outputs in today's order.

        Args:
            predictions: (n, outputs), of a subject with the classes of the competition.
            competition: as it is now.
        """
        if self.classes == competition.classes:
            return predictions
        if competition.kind is TargetKind.BINARY:
            # The other class is the positive one by now.
            return np.asarray(1 - predictions, predictions.dtype)
        return predictions[:, places(competition.classes, self.classes)]


def places(names: Sequence[str], among: Sequence[str]) -> NDArray[np.intp]:
    """Where some names stand among others; -1 for one that does not.

    Args:
        names: what is looked for.
        among: each once.
    """
    if names == among:
        return np.arange(len(names))
    known = {name: place for place, name in enumerate(among)}
    return np.array([known.get(name, -1) for name in names], dtype=np.intp)
