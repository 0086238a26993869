"""Which test images are trained on, and under which labels (Lee 2013, "Pseudo-Label")."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.experiment.spec import PseudoSpec

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class PseudoLabels:
    """The test images chosen.

    Args:
        rows: their positions among the test images, in order, (n,).
        targets: float32, (n, outputs): probabilities, or hard labels.
    """

    rows: NDArray[np.intp]
    targets: NDArray[np.float32]

    @classmethod
    def none(cls, outputs: int) -> "PseudoLabels":
        """No images at all."""
        return cls(np.zeros(0, np.intp), np.zeros((0, outputs), np.float32))


def refuse_leak(
    source: str,
    fold: int,
    trained_on: NDArray[np.integer],
    predicted: NDArray[np.integer],
    held_out: NDArray[np.integer],
) -> None:
    """See that no row which validates a fold was seen by what labels for it.

    Args:
        source: the id of the experiment that labels.
        fold: which.
        trained_on: the rows that the source's fit of that fold was trained on, or its blend
            fitted on.
        predicted: the rows that the source held out in that fold itself.
        held_out: the rows that are to validate.

    Raises:
        UserError: some were.
    """
    seen = np.intersect1d(trained_on, held_out)
    if len(seen):
        # What a fit holds out it was not trained on, wherever the folds were drawn.
        is_fitted = bool(np.isin(predicted, trained_on).any())
        raise UserError(
            f"Experiment {source} was trained or fitted on {len(seen)} of the rows that fold "
            f"{fold} holds out: its labels would leak into the validation.",
            "a source that was run on the same folds; of one fold alone, a blend that fits "
            "nothing, of members that fit nothing.",
            "label by a single fit, or by a plain mean of such, without a temperature"
            " (`hydra-tui ensemble ID .. --method mean`)."
            if is_fitted
            else f"run the source again (`hydra-tui rerun {source}`), then this one on its result.",
        )


def refuse_ranks(source: str, is_rank: bool) -> None:
    """See that what labels are probabilities.

    Args:
        source: the id of the experiment that labels.
        is_rank: whether what it predicted are mean ranks.

    Raises:
        UserError: they are.
    """
    if is_rank:
        raise UserError(
            f"Experiment {source} is a blend of ranks, which tell the order of the images and not "
            "how probable anything is.",
            "a source whose predictions are probabilities.",
            "blend the same members by mean, weighted or selection, and label by that.",
        )


def seen_by_source(
    able: NDArray[np.bool_], tests: Floats, blank: NDArray[np.integer]
) -> tuple[NDArray[np.bool_], Floats]:
    """Leave out the test images that the source has no answer for.

    Args:
        able: whether each test image has pixels now, (test images,).
        tests: the source's predictions, (test images, outputs); NaN where it saw none.
        blank: the test images that had no pixels when it predicted.

    Returns:
        Whether each can be labelled, and the predictions as numbers throughout.
    """
    seen = able & ~np.isnan(tests).any(axis=1)
    seen[blank] = False
    return seen, np.nan_to_num(tests)


def confidence(probabilities: Floats, kind: TargetKind) -> Floats:
    """How sure each prediction is.

    Args:
        probabilities: (rows, outputs).
        kind: what a prediction is.

    Returns:
        (rows,): the probability of the likeliest class; of the least sure label when multilabel.
    """
    if kind is TargetKind.MULTICLASS:
        return np.asarray(probabilities.max(axis=1))
    return np.asarray(np.maximum(probabilities, 1 - probabilities).min(axis=1))


def hardened(probabilities: Floats, kind: TargetKind) -> NDArray[np.float32]:
    """The likeliest class of each row, one-hot; which labels it has, otherwise; (rows, outputs)."""
    if kind is TargetKind.MULTICLASS:
        one_hot: NDArray[np.float32] = np.eye(probabilities.shape[1], dtype=np.float32)
        likeliest: NDArray[np.float32] = one_hot[probabilities.argmax(axis=1)]
        return likeliest
    hard: NDArray[np.float32] = (probabilities >= 0.5).astype(np.float32)
    return hard


def choose(
    probabilities: Floats,
    kind: TargetKind,
    spec: PseudoSpec,
    labelled: int,
    able: NDArray[np.bool_],
) -> PseudoLabels:
    """Choose test images by how sure their predictions are, the surest first.

    Args:
        probabilities: of the test images, (test images, outputs).
        kind: what a prediction is.
        spec: threshold, share, and whether labels are soft.
        labelled: labelled rows that are trained on.
        able: whether each test image can be trained on, (test images,).

    Returns:
        The images and their labels; none when nothing is sure enough.
    """
    sure = np.where(able, confidence(probabilities, kind), -1.0)
    most = int(spec.share / (1 - spec.share) * labelled)
    order = np.argsort(-sure, kind="stable")[:most]
    rows = np.sort(order[sure[order] >= max(spec.threshold, 0.0)])
    chosen = probabilities[rows]
    targets = hardened(chosen, kind) if spec.labels == "hard" else chosen.astype(np.float32)
    return PseudoLabels(rows, targets)
