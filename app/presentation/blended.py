"""What made a blend, beside its scores: names and values."""

from app.presentation.comparing import difference_text
from app.presentation.figures import title_of
from app.presentation.text import figure
from engine.experiment.compare import judged
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.metrics import LOG_LOSS
from engine.experiment.record import ExperimentRecord


def blend_facts(record: ExperimentRecord) -> list[tuple[str, str]]:
    """How a blend does on the rows it was fitted to, what it gains, and what it is made of.

    Args:
        record: the experiment; of others than blends there is nothing to tell.
    """
    report, scores, spec = record.blend, record.scores, record.spec
    if report is None or not isinstance(spec, EnsembleSpec):
        return []
    metric = scores.metric or LOG_LOSS
    in_sample = [
        f"{title_of(name)} {figure(value)}"
        for name, value in (
            (LOG_LOSS, report.in_sample_log_loss),
            (metric, report.in_sample_metric if metric != LOG_LOSS else None),
        )
        if value is not None
    ]
    fitted = "; what stands above is cross-fitted" if spec.is_fitted else "; nothing was fitted"
    facts = [("in-sample", f"{', '.join(in_sample)}{fitted}")] if in_sample else []
    if report.metric_gain is not None:
        told = f"{difference_text(report.metric_gain)}, over {report.metric_best}"
        facts.append((f"{title_of(metric)} gain", told))
    if scores.parent_gain is not None and scores.val_log_loss is not None:
        gain = judged(scores.parent_gain, scores.parent_gain_error)
        facts.append(("log-loss gain", f"{difference_text(gain)}, over {record.parent}"))
    weights = [f"{one.id} {one.weight:.3f}" for one in report.members if one.weight is not None]
    facts += [("weights", ", ".join(weights))] if weights else []
    if report.temperature is not None:
        facts.append(("temperature", f"{report.temperature:.3f}"))
    return facts
