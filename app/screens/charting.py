"""The selected experiment's curves, as every screen with a chart shows them."""

from app.desk import Desk
from app.presentation.curves import (
    loss_series,
    phase_borders,
    range_series,
    rate_ticks,
    suggested_batch,
)
from app.widgets.curve_chart import CurveChart
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.spec import Stage
from engine.recipe.stages import OVERFIT_GATE


def draw_chart(chart: CurveChart, desk: Desk) -> None:
    """Hand a chart the curves of the selected experiment and of the marked ones.

    Args:
        chart: the chart.
        desk: the state.
    """
    record = desk.record
    if record is not None and record.spec.kind == "range_test":
        rate = record.scores.suggested_rate
        advice = f", {rate:.1e} suggested" if rate is not None else ""
        chart.show(
            title=f"{record.id} {record.name} · loss over learning rate{advice}",
            series=range_series(record),
            log_scale=desk.log_scale,
            borders=suggested_batch(record),
            ticks=rate_ticks(record),
            hint="the curve begins with the first batch",
        )
        return
    if record is not None and isinstance(record.spec, EnsembleSpec):
        members = [one for one in desk.snapshot.records if one.id in record.spec.members]
        chart.show(
            title=f"{record.id} {record.name} · its members' validation log-loss",
            series=loss_series(None, members),
            log_scale=desk.log_scale,
            hint="its members are no longer in the notebook",
        )
        return
    marked = [one for one in desk.snapshot.records if one.id in desk.marked]
    others = [one for one in marked if record is None or one.id != record.id]
    chart.show(
        title=f"{record.id} {record.name} · log-loss" if record else "Log-loss",
        series=loss_series(record, others),
        log_scale=desk.log_scale,
        gate=OVERFIT_GATE if record and record.stage is Stage.OVERFIT else None,
        borders=phase_borders(record),
        hint="the curve begins with the first finished epoch" if record else "",
    )
