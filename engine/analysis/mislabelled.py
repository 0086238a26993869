"""Rows whose label may be wrong."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.analysis.answers import Array, both_sides, decided, names_of
from engine.analysis.reports import Suspect
from engine.competition.findings import TargetKind

# An answer that is less sure of itself than this tells of a weak network, not of a wrong label;
# unless the label is as good as ruled out, whichever of several others it is to be.
_SURE, _RULED_OUT = 0.7, 0.05


def likely_mislabelled(
    ids: Sequence[str],
    targets: Array,
    predictions: Array,
    kind: TargetKind,
    classes: tuple[str, ...],
) -> tuple[Suspect, ...]:
    """Find labels that the predictions contradict, by confident learning.

    Confident learning (Northcutt et al., 2021) estimates from the predictions how many rows of
    each class bear the label of another, and names that many, the least likely of them. Of a weak
    network these are mostly its own errors: only sure answers speak against a label, or such as
    rule it out. Every label of several is looked at by itself; one that all rows have, or none,
    can't be told wrong.

    Args:
        ids: of the rows.
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: out-of-fold probabilities of the same shape: a fit that saw a wrong label may
            have learned it by heart.
        kind: what a prediction is.
        classes: names of the classes, both when binary, or of the labels.

    Returns:
        The least likely label first.
    """
    given = decided(targets, kind)
    suggested, qualities = given.copy(), np.ones(len(given))
    if kind is TargetKind.MULTILABEL:
        for label in range(given.shape[1]):
            probabilities = both_sides(predictions[:, label : label + 1], TargetKind.BINARY)
            wrong, quality = _wrong(given[:, label].astype(int), probabilities)
            suggested[wrong, label] ^= True
            qualities[wrong] = np.minimum(qualities[wrong], quality[wrong])
    else:
        wrong, qualities = _wrong(given.argmax(axis=1), both_sides(predictions, kind))
        suggested[wrong] = decided(predictions, kind)[wrong]
    rows = np.flatnonzero((suggested != given).any(axis=1))
    return tuple(
        Suspect(
            id=ids[row],
            quality=float(qualities[row]),
            given=names_of(given[row], classes),
            suggested=names_of(suggested[row], classes),
        )
        for row in rows[np.argsort(qualities[rows], kind="stable")]
    )


def _wrong(
    labels: NDArray[np.integer], probabilities: Array
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which labels, (rows,), may be wrong, and the quality of all, (rows,)."""
    # Over a second to import, and only this analysis needs it.
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    probabilities = probabilities.astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    quality = np.asarray(get_label_quality_scores(labels, probabilities), np.float64)
    if len(np.unique(labels)) < 2:
        return np.zeros(len(labels), bool), quality
    with warnings.catch_warnings():
        # A class that no row has is no news, and standard error is no place for it.
        warnings.simplefilter("ignore", UserWarning)
        # As many as confident learning counts, those with the largest losses: its other filters
        # count by pairs of classes, and drop the plainest errors where a pair has few. In this
        # process: by itself it would start one on every core.
        wrong = find_label_issues(labels, probabilities, filter_by="low_self_confidence", n_jobs=1)
    told = (probabilities.max(axis=1) >= _SURE) | (quality < _RULED_OUT)
    return np.asarray(wrong, bool) & told, quality
