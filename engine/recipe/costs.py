"""What an experiment will take, judged by what experiments took before."""

from collections.abc import Sequence
from math import ceil
from statistics import median

from engine.competition.findings import CompetitionSummary
from engine.experiment.backbones import BACKBONES
from engine.experiment.record import SLOTS, ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import RANGE_STEPS, ExperimentSpec, PhaseSpec
from engine.recipe.families import family_of

# Passes of an image through the whole network that an epoch is worth, forward and backward.
_HEAD, _ALL = 0.02, 3.0
_FIRST_BLOCK, _MORE_BLOCKS, _MOST_BLOCKS = 0.45, 0.18, 3.0
# What an epoch takes besides, whatever trains: reading, validating, each batch's own step.
_BESIDES = 0.25
# The share of its epochs after which a phase with patience gets no better.
_BEST_AT = 0.5
# Plain networks take so much longer for each of their activations: their convolutions are dense,
# and TensorFlow, which trains them, is slower than what runs frozen layers.
_DENSE = 20
# A view is changed, and then seen.
_VIEW = 1.5
# What a worker does before its first image and behind its last, seconds.
_START_SECONDS = 4.0


def estimate_seconds(
    spec: ExperimentSpec, summary: CompetitionSummary | None, records: Sequence[ExperimentRecord]
) -> float | None:
    """How long an experiment will take on this machine.

    Where the same kind of fit has run, its epochs are scaled; else passes through the network are
    counted at the speed that any fit has shown.

    Args:
        spec: what is to run.
        summary: how many images there are; None when nobody has looked.
        records: the notebook.

    Returns:
        Seconds until all folds are done; None while nothing has been measured.
    """
    kept = [record for record in records if _is_measured(record)]
    if summary is None or not kept:
        return None
    measured = _of_this_device(kept)
    if spec.kind == "range_test":
        spec = _as_fit(spec, summary)
    # What has told its pace knows best; others may have read most of it from the cache.
    telling = [one for one in measured if any(task.images_per_second for task in one.tasks)]
    pace = median(_pace(record, summary) for record in telling or measured)
    frozen = pace * _weight_of(spec) * _once(spec, summary, kept)
    alike = [record for record in measured if _is_alike(record.fit, spec)]
    if alike:
        same = [one for one in alike if one.fit is not None and one.fit.backbone == spec.backbone]
        once, each = _scaled(spec, (same or alike)[-1], summary, frozen if telling else None)
    else:
        once = frozen
        each = _START_SECONDS + pace * _weight_of(spec) * _again(spec, summary)
    return once + ceil(spec.folds / _side_by_side(measured)) * each


def _as_fit(spec: ExperimentSpec, summary: CompetitionSummary) -> ExperimentSpec:
    """A fit that trains on as many batches as a range test does."""
    batches = batches_of(spec, summary)
    epochs = ceil(RANGE_STEPS / batches)
    rows = spec.rows * RANGE_STEPS / (epochs * batches)
    phase = spec.phases[0].model_copy(update={"epochs": epochs, "patience": 0})
    return spec.model_copy(update={"rows": rows, "phases": (phase,), "views": 1})


def _weight_of(spec: ExperimentSpec) -> float:
    """One image's way through a network, in units that are comparable between networks."""
    facts = BACKBONES[spec.backbone]
    numbers = facts.activations or 1_000_000
    if not facts.is_pretrained:
        numbers *= _DENSE
    return numbers * (spec.image_size / (facts.default_size or spec.image_size)) ** 2


def batches_of(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Batches in an epoch of a fold, at least one.

    Args:
        spec: its share of the rows and its batches' size.
        summary: how many images there are.
    """
    return max(1.0, _training_rows(spec, summary) / spec.batch_size)


def relative_epoch(spec: ExperimentSpec, phase: PhaseSpec) -> float:
    """What an epoch of a phase takes, in units in which the phases of a spec are comparable.

    Args:
        spec: whose phases.
        phase: one of them.
    """
    computed_anew = 1.0 if _is_frozen(spec) and _is_changed_anew(spec) else 0.0
    return _passes_of(phase) + computed_anew + _BESIDES


def _is_measured(record: ExperimentRecord) -> bool:
    spec = record.fit
    return spec is not None and record.status is Status.DONE and record.seconds > 0


def _newest(measured: Sequence[ExperimentRecord]) -> ExperimentRecord:
    return max(measured, key=lambda record: record.finished or record.queued)


def _of_this_device(measured: Sequence[ExperimentRecord]) -> list[ExperimentRecord]:
    """Those that ran where the newest did: a notebook may have moved from a CPU to a GPU."""
    device = _newest(measured).environment.get("device")
    return [record for record in measured if record.environment.get("device") == device]


def _side_by_side(measured: Sequence[ExperimentRecord]) -> int:
    """Folds that run at once, each on a GPU of its own, as the newest was told they did."""
    return int(_newest(measured).environment.get(SLOTS, 1))


def _is_alike(known: ExperimentSpec | None, spec: ExperimentSpec) -> bool:
    """Whether the same layers train on images that were changed in the same way."""
    return (
        known is not None
        and family_of(known) is family_of(spec)
        and [phase.train for phase in known.phases] == [phase.train for phase in spec.phases]
        and known.augmentation.bank == spec.augmentation.bank
        and known.augmentation.is_active == spec.augmentation.is_active
    )


def _scaled(
    spec: ExperimentSpec,
    record: ExperimentRecord,
    summary: CompetitionSummary,
    frozen: float | None,
) -> tuple[float, float]:
    """As one of the same kind took: what all folds share, and each fold.

    `frozen` is what the frozen layers take, if that is known.
    """
    known = record.fit
    assert known is not None
    size = _weight_of(spec) / _weight_of(known)
    rows = _rows_seen(spec, summary) / _rows_seen(known, summary)
    done = [task for task in record.tasks if task.status is Status.DONE]
    overheads = [task.seconds - sum(task.epoch_seconds) for task in done]
    # Of the first fold's overhead most is computed once for all folds.
    later = min(overheads)
    # Else what the only fold did at first can't be told from what every fold does.
    is_told_apart = len(done) > 1 or (frozen is not None and _is_frozen(spec))
    if frozen is None or not _is_frozen(spec):
        frozen = size * (max(overheads) - later)
    elif len(done) == 1 and done[0].images_per_second:
        computed = _once(known, summary, ()) / done[0].images_per_second
        later = max(later - computed, min(later, _START_SECONDS))
    lasting = [_lasting(done, number) for number in range(len(spec.phases))]
    # It takes as long whatever the images' size and number are.
    compiling = sum(first for first, _ in lasting)
    training = rows * sum(
        epoch * _likely_epochs(phase)
        for (_, epoch), phase in zip(lasting, spec.phases, strict=True)
    )
    if _reads_features(spec) and is_told_apart:
        # One vector for each image, whatever its size was.
        return frozen, later + compiling + training
    start = min(later, _START_SECONDS)
    return frozen, start + compiling + size * (later - start + training)


def _lasting(done: Sequence[TaskRecord], number: int) -> tuple[float, float]:
    """What a phase took once, to be compiled and begun, and an epoch of it after that, seconds."""
    told = []
    for task in done:
        phases = task.seconds_by_phase
        # Notebooks of before have no phases.
        seconds = (phases[number] if number < len(phases) else ()) or task.epoch_seconds or (0.0,)
        epoch = median(seconds[1:] or seconds)
        told.append((max(seconds[0] - epoch, 0.0), epoch))
    firsts, epochs = zip(*told, strict=True)
    return median(firsts), median(epochs)


def _rows_seen(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Rows that an epoch trains on, and those it is validated on, which it sees forward only."""
    held_out = summary.labelled_images / summary.folds
    return _training_rows(spec, summary) + _pseudo_rows(spec, summary) + held_out / _ALL


def _training_rows(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Labelled rows that a fold is trained on."""
    return spec.rows * summary.labelled_images * (1 - 1 / summary.folds)


def _pace(record: ExperimentRecord, summary: CompetitionSummary) -> float:
    """Seconds a pass and unit of weight: as the frozen layers told, or by all that was done."""
    spec = record.fit
    assert spec is not None
    told = [task.images_per_second for task in record.tasks if task.images_per_second]
    if told:
        return 1 / (max(told) * _weight_of(spec))
    working = max(record.seconds - _START_SECONDS * spec.folds, 1.0)
    return working / max(_passes(spec, summary) * _weight_of(spec), 1e-9)


def _pseudo_rows(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Test images that a fold is trained on, too, at the most."""
    if not spec.pseudo.source:
        return 0.0
    labelled = _training_rows(spec, summary)
    return min(summary.test_images, spec.pseudo.share / (1 - spec.pseudo.share) * labelled)


def _passes(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Passes of an image through the network, over all folds, while nothing is cached."""
    return _once(spec, summary, ()) + spec.folds * _again(spec, summary)


def _once(
    spec: ExperimentSpec, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> float:
    """Passes through frozen layers, which all folds share, and which others may have made."""
    if not _is_frozen(spec):
        return 0.0
    fits = [one.fit for one in records if one.fit is not None and _shares_cache(one.fit, spec)]
    images = 0 if fits else summary.labelled_images + summary.test_images
    views = summary.labelled_images * _missing_views(spec, fits)
    if spec.pseudo.source:
        labelling = [fit for fit in fits if fit.pseudo.source]
        views += summary.test_images * _missing_views(spec, labelling)
    return images + _VIEW * views


def _missing_views(spec: ExperimentSpec, fits: Sequence[ExperimentSpec]) -> int:
    """Views of an image that are in no bank of the same changes; more of them begin alike."""
    bank = spec.augmentation.bank
    kept = [
        fit.augmentation.bank
        for fit in fits
        if fit.seed == spec.seed
        and fit.augmentation.model_copy(update={"bank": bank}) == spec.augmentation
    ]
    return max(bank - max(kept, default=0), 0)


def _shares_cache(known: ExperimentSpec, spec: ExperimentSpec) -> bool:
    """Whether what one has kept of the frozen layers is what the other needs, or derives."""
    network = ("backbone", "weights", "image_size")
    trained = [{phase.train for phase in one.phases} for one in (known, spec)]
    return (
        all(getattr(known, name) == getattr(spec, name) for name in network)
        and _is_frozen(known)
        and trained[1] in ({"head"}, trained[0])
    )


def _is_frozen(spec: ExperimentSpec) -> bool:
    return spec.phases[0].train != "all"


def _reads_features(spec: ExperimentSpec) -> bool:
    """Whether a fold sees nothing of the images but the pooled features that are cached."""
    is_pooled = spec.head.pooling != "none"
    return spec.trains_head_alone and is_pooled and spec.views == 1 and not _is_changed_anew(spec)


def _is_changed_anew(spec: ExperimentSpec) -> bool:
    """Whether every epoch sees the images otherwise, so that nothing of them can be cached."""
    return spec.augmentation.is_active and not spec.augmentation.bank


def _again(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Passes that every fold makes anew."""
    images = summary.labelled_images + summary.test_images
    rows = _training_rows(spec, summary) + _pseudo_rows(spec, summary)
    frozen = _is_frozen(spec)
    computed_anew = 1.0 if frozen and _is_changed_anew(spec) else 0.0
    epochs = sum(
        _likely_epochs(phase) * (_passes_of(phase) + computed_anew) for phase in spec.phases
    )
    # The first view of what is frozen is read from the cache; the others go all the way.
    held_out = summary.test_images + summary.labelled_images / summary.folds
    predicted = images * (0.1 if frozen else 1.0) + held_out * (spec.views - 1)
    return rows * epochs + predicted


def _likely_epochs(phase: PhaseSpec) -> float:
    """What is stopped when it gets no better is rarely trained to the end."""
    if not phase.patience:
        return phase.epochs
    return min(phase.epochs, _BEST_AT * phase.epochs + phase.patience)


def _passes_of(phase: PhaseSpec) -> float:
    kind, _, count = phase.train.partition(":")
    if kind in ("head", "all"):
        return _HEAD if kind == "head" else _ALL
    # Most of the work is near the image: what lies behind the last blocks costs little.
    return min(_FIRST_BLOCK + _MORE_BLOCKS * (int(count) - 1), _MOST_BLOCKS)
