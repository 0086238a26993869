"""What an experiment will take, judged by what experiments took before."""

from collections.abc import Sequence
from statistics import median

from engine.competition.findings import CompetitionSummary
from engine.experiment.backbones import BACKBONES
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, PhaseSpec

# Forward and backward through the last blocks, in passes of an image through the whole network.
_PASSES = {"head": 0.02, "last_blocks": 1.4, "last_convolutions": 1.4, "all": 3.0}
_PREDICTIONS = 1.0


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
        Seconds of work, over all folds; None while nothing has been measured.
    """
    measured = [record for record in records if _is_measured(record)]
    if summary is None or not measured:
        return None
    alike = [record for record in measured if _is_alike(record.fit, spec)]
    if alike:
        return _scaled(spec, alike[-1])
    pace = median(_pace(record, summary) for record in measured)
    return pace * _passes(spec, summary) * weight_of(spec)


def weight_of(spec: ExperimentSpec) -> float:
    """One image's way through a network, in units that are comparable between networks."""
    facts = BACKBONES[spec.backbone]
    numbers = facts.activations or 1_000_000
    return numbers * (spec.image_size / (facts.default_size or spec.image_size)) ** 2


def _is_measured(record: ExperimentRecord) -> bool:
    spec = record.fit
    return spec is not None and record.status is Status.DONE and record.seconds > 0


def _is_alike(known: ExperimentSpec | None, spec: ExperimentSpec) -> bool:
    """Whether the same layers train on images that were changed in the same way."""
    return (
        known is not None
        and known.backbone == spec.backbone
        and [phase.train for phase in known.phases] == [phase.train for phase in spec.phases]
        and known.augmentation.bank == spec.augmentation.bank
        and known.augmentation.is_active == spec.augmentation.is_active
    )


def _scaled(spec: ExperimentSpec, record: ExperimentRecord) -> float:
    known = record.fit
    assert known is not None
    size = (spec.image_size / known.image_size) ** 2
    rows = spec.rows / known.rows * (1 / (1 - spec.pseudo.share) if spec.pseudo.source else 1)
    done = [task for task in record.tasks if task.status is Status.DONE]
    overheads = [task.seconds - sum(task.epoch_seconds) for task in done]
    epochs = median(sum(task.epoch_seconds) / max(len(task.epoch_seconds), 1) for task in done)
    # Of the first fold's overhead most is computed once for all folds.
    later = min(overheads)
    return size * (max(overheads) - later + spec.folds * (later + rows * epochs * spec.epochs))


def _pace(record: ExperimentRecord, summary: CompetitionSummary) -> float:
    """Seconds a pass and unit of weight, by all that an experiment did."""
    spec = record.fit
    assert spec is not None
    return record.seconds / max(_passes(spec, summary) * weight_of(spec), 1e-9)


def _passes(spec: ExperimentSpec, summary: CompetitionSummary) -> float:
    """Passes of an image through the network, over all folds."""
    images = summary.labelled_images + summary.test_images
    rows = spec.rows * summary.labelled_images * (1 - 1 / summary.folds)
    if spec.pseudo.source:
        rows /= 1 - spec.pseudo.share
    frozen = spec.phases[0].train != "all"
    once = images * (1 + spec.augmentation.bank) if frozen else 0.0
    on_the_fly = spec.augmentation.is_active and not spec.augmentation.bank
    epochs = sum(
        phase.epochs * (_passes_of(phase) + (1.0 if frozen and on_the_fly else 0.0))
        for phase in spec.phases
    )
    predicted = images * spec.views * (0.1 if frozen else _PREDICTIONS)
    return once + spec.folds * (rows * epochs + predicted)


def _passes_of(phase: PhaseSpec) -> float:
    return _PASSES[phase.train.partition(":")[0]]
