"""The selected experiment's curves, as every screen with a chart shows them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.desk import Desk
from app.presentation.curves import Series, range_series, rate_ticks, suggested_batch
from app.presentation.figures import (
    LOSS,
    best_epoch,
    best_of,
    falls_over_decades,
    figure_series,
    figures_of,
    fold_series,
    is_kept,
    is_measured,
    left_out_of_means,
    phases_of,
    slots,
    smooth,
    title_of,
)
from app.presentation.picture import Border, Picture
from app.presentation.view import View
from app.widgets.curve_chart import CurveChart
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec
from engine.experiment.spec import Stage
from engine.recipe.stages import OVERFIT_GATE

_PLAIN = View()


def draw_chart(chart: CurveChart, desk: Desk) -> None:
    """Hand a chart the loss of the selected experiment and of the marked ones.

    Args:
        chart: the chart.
        desk: the state.
    """
    figures, picture = charted(desk, _PLAIN)
    chart.show(picture(figures[0]))


def charted(desk: Desk, view: View) -> tuple[tuple[str, ...], Callable[[str], Picture]]:
    """The figures there are to show, and what makes the picture of one.

    Args:
        desk: the state.
        view: how they are looked at.
    """
    record = desk.record
    if record is not None and record.spec.kind == "range_test":
        return (LOSS,), lambda _: _range_test(record, desk, view)
    shown, others = _shown(desk, record)
    places = desk.places = slots(desk.places, [one.id for one in (*shown, *others)])
    best = best_epoch(shown[0], desk.means) if shown else None
    kept = best is None or is_kept(shown[0], best)

    def picture(figure: str) -> Picture:
        selected = shown[0] if shown else None
        series = figure_series(figure, selected, others, places, desk.means)
        # A rate is set, the same for all folds: there is nothing to average.
        look = view if is_measured(figure) else View(window=view.window, cursor=view.cursor)
        folds: tuple[Series, ...] = ()
        if selected is not None and is_measured(figure):
            # What trains now is always in sight.
            tasks = selected.tasks if look.has_folds else left_out_of_means(selected)
            folds = fold_series(figure, tasks, places[selected.id])
        manner = _manner(look, len(folds) if look.has_folds else 0)
        return Picture(
            title=_title(record, len(others), figure, manner),
            series=(*smooth(series, look.weight), *folds),
            log_scale=desk.log_scale and falls_over_decades(figure),
            gate=_gate(selected) if figure == LOSS else None,
            borders=phases_of(selected),
            hint=_hint(record, desk),
            window=view.window,
            cursor=view.cursor,
            best=best_of(figure, series, best, kept),
        )

    return figures_of((*shown, *others)), picture


def _shown(
    desk: Desk, record: ExperimentRecord | None
) -> tuple[list[ExperimentRecord], list[ExperimentRecord]]:
    """Whose curves are shown whole, and whose beside it."""
    if record is not None and isinstance(record.spec, EnsembleSpec):
        return [], [one for one in desk.snapshot.records if one.id in record.spec.members]
    records = desk.snapshot.records if desk.marked else ()
    marked = [one for one in records if one.id in desk.marked]
    others = [one for one in marked if record is None or one.id != record.id]
    return [record] if record is not None else [], others


def _title(record: ExperimentRecord | None, others: int, figure: str, manner: str) -> str:
    """The figure first: it is what tells the charts of a grid apart."""
    name = title_of(figure)
    name = name[0].upper() + name[1:]
    if record is None:
        return name + manner
    if isinstance(record.spec, SearchSpec) and others:
        # A search has no curve; what is shown is all of the marked ones.
        return f"{name}{manner} · {others} marked"
    whose = " of its members" if isinstance(record.spec, EnsembleSpec) else ""
    return f"{name}{whose}{manner} · {record.id} {record.name}"


def _manner(view: View, folds: int) -> str:
    """What is to be known about the picture before it is believed."""
    said = f" · smoothed {view.weight:g}" if view.weight else ""
    said += f" · mean of {folds} folds" if folds > 1 else ""
    return said + (f" · {view.window[0]} to {view.window[1]}" if view.window else "")


def _gate(record: ExperimentRecord | None) -> float | None:
    return OVERFIT_GATE if record is not None and record.stage is Stage.OVERFIT else None


def waiting(record: ExperimentRecord, desk: Desk) -> str:
    """What is to be said of an experiment that is queued.

    Args:
        record: the experiment.
        desk: the state.
    """
    before = desk.snapshot.before(record)
    return f"waits: {before} before it" if before else "waits: it comes next"


def _hint(record: ExperimentRecord | None, desk: Desk) -> str:
    if record is None:
        return ""
    if isinstance(record.spec, EnsembleSpec):
        return "its members are no longer in the notebook"
    if isinstance(record.spec, SearchSpec):
        return "a search has its curves in 7 (Search), as its trials"
    if record.status is Status.QUEUED:
        return waiting(record, desk)
    if record.status is Status.FAILED:
        return "it has failed: its log (2) says why, R runs it again"
    if record.status.is_halted:
        return f"it {record.status.verb}: u goes on with it, R runs it again"
    return "the curve begins with the first finished epoch"


def _range_test(record: ExperimentRecord, desk: Desk, view: View) -> Picture:
    rate = record.scores.suggested_rate
    advice = f", {rate:.1e} suggested" if rate is not None else ""
    series = smooth(range_series(record), view.weight)
    picture = Picture(
        title=f"Loss over learning rate{advice}{_manner(view, 0)} · {record.id} {record.name}",
        series=series,
        log_scale=desk.log_scale,
        borders=tuple(Border(batch) for batch in suggested_batch(record)),
        ticks=rate_ticks(record),
        hint="the curve begins with the first batch",
        window=view.window,
        cursor=view.cursor,
        unit="batch",
    )
    rates = desk.means.of(record, "learning_rate")
    if view.cursor is not None and view.cursor <= len(rates):
        return replace(picture, unit=f"rate {rates[view.cursor - 1]:.1e}, batch")
    return picture


def overlaid(
    desk: Desk, records: Sequence[ExperimentRecord], figure: str, view: View
) -> tuple[tuple[str, ...], Picture]:
    """One figure of several experiments over each other, coloured in their order.

    Args:
        desk: the state.
        records: whose curves; all are equals.
        figure: which; the first there is, where none of them has it.
        view: how they are looked at.

    Returns:
        The figures there are to show, and the picture of this one.
    """
    figures = figures_of(records)
    shown = figure if figure in figures else figures[0]
    places = slots({}, [one.id for one in records])
    look = view if is_measured(shown) else _PLAIN
    series = figure_series(shown, None, records, places, desk.means)
    name = title_of(shown)
    return figures, Picture(
        title=f"{name[0].upper()}{name[1:]}{_manner(look, 0)} · m: next figure",
        series=smooth(series, look.weight),
        log_scale=desk.log_scale and falls_over_decades(shown),
        hint="the curves begin with the first finished epoch",
    )
