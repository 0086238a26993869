"""An error analysis as the errors screen shows it: rows of a list, bars of certainty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.text import Text

from app.palette import series_style
from app.presentation.text import figure, labels_told
from engine.analysis.reports import Calibration, ErrorAnalysis, RowLoss
from engine.competition.findings import Exhibit
from engine.experiment.record import ExperimentRecord

NONE = (
    "No experiments yet, so there are no errors to look at.\n\n"
    "Press 1 for the recipe, choose baseline and press enter."
)
_READ_OFF = "Errors are read off predictions of rows that no fit has seen"
_BAR = 24


def no_predictions(record: ExperimentRecord) -> str:
    """Why an experiment has no errors to look at, and which key brings some.

    Args:
        record: one of which no fold is done.
    """
    which = f"Experiment {record.id}"
    other = "or select another experiment in 1 or 3."
    if not record.status.is_finished:
        return (
            f"{which} has predicted nothing yet.\n\n{_READ_OFF}: wait until a fold is done, {other}"
        )
    why = f": {record.error.happened}" if record.error is not None else "."
    edits = "" if record.fit is None else "e runs an edited copy, "
    return (
        f"{which} {record.status.verb}{why}\n\n{_READ_OFF}, and it has left none. "
        f"u goes on with it, {edits}{other}"
    )


@dataclass(frozen=True)
class Listing:
    """Rows to look at.

    Args:
        title: what they have in common.
        heading: names of the columns.
        rows: their cells; the image's name, which may be long, stands last.
        exhibits: their pictures, one a row.
    """

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    exhibits: tuple[Exhibit, ...]


def listings(report: ErrorAnalysis) -> tuple[Listing, ...]:
    """What there is to look at, the most instructive first."""
    paths = dict(report.images)
    suspects = Listing(
        title=f"Labels that may be wrong: {len(report.suspects)}",
        heading=("Fit", "Label", "Likely", "Image"),
        rows=tuple(
            (figure(one.quality, 3), labels_told(one.given), labels_told(one.suggested), one.id)
            for one in report.suspects
        ),
        exhibits=tuple(
            Exhibit(
                id=one.id,
                path=paths.get(one.id, ""),
                labels=one.given,
                note=f"likely {labels_told(one.suggested)}",
            )
            for one in report.suspects
        ),
    )
    return (
        loss_listing("Top losses", report.top_losses, paths),
        loss_listing(
            "Wrong though surer than 90 %",
            report.confident_errors,
            paths,
            report.confident_count,
        ),
        suspects,
    )


def loss_listing(
    title: str, losses: Sequence[RowLoss], paths: dict[str, str], count: int = 0
) -> Listing:
    """Rows by what they cost.

    Args:
        title: what they have in common.
        losses: the rows.
        paths: file of each id, as far as they are known.
        count: how many there are, where that may be more than are listed.
    """
    some = f"{len(losses)} of {count}" if count > len(losses) else str(len(losses))
    return Listing(
        title=f"{title}: {some}",
        heading=("Loss", "Sure", "Truth", "Answer", "Image"),
        rows=tuple(
            (
                figure(one.loss, 3),
                f"{one.confidence:.0%}",
                labels_told(one.truth),
                labels_told(one.answer),
                one.id,
            )
            for one in losses
        ),
        exhibits=tuple(
            Exhibit(
                id=one.id,
                path=paths.get(one.id, ""),
                labels=one.truth,
                note=f"taken for {labels_told(one.answer)}, {one.confidence:.0%} sure",
            )
            for one in losses
        ),
    )


def calibration_text(calibration: Calibration) -> Text:
    """How often answers are right, by how sure they were; a line marks where they should be."""
    text = Text()
    text.append("sure    right\n", "dim")
    for one in calibration.before.bins:
        if one.confidence is None or one.accuracy is None:
            continue
        reached, due = round(_BAR * one.accuracy), min(_BAR - 1, round(_BAR * one.confidence))
        bar = "".join("█" if place < reached else " " for place in range(_BAR))
        text.append(f"{one.confidence:>4.0%}  ")
        text.append(bar[:due], series_style(0))
        text.append("┃", "bold")
        text.append(bar[due + 1 :], series_style(0))
        text.append(f" {one.accuracy:>4.0%}")
        text.append(f"  {one.count:,} row{'' if one.count == 1 else 's'}\n", "dim")
    before, after = calibration.before, calibration.after
    text.append("┃", "bold")
    text.append(" is where the bar should end\n", "dim")
    text.append(f"calibration error {before.error:.3f}, log-loss {before.log_loss:.4f}\n")
    text.append(
        f"tempered by {calibration.temperature:.2f}, cross-fitted: error {after.error:.3f}, "
        f"log-loss {after.log_loss:.4f}",
        "dim",
    )
    return text


def first_cell(text: str, image: str, left_out: Collection[str]) -> Text:
    """A row's first cell, with a cross where new specs do not train on its image.

    Args:
        text: what stands in it.
        image: the row's.
        left_out: ids of all images that are left out.
    """
    return Text(f"✗ {text}", "red") if image in left_out else Text(text)
