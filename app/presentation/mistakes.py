"""What is taken for what, as a table whose cells can be entered."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from app.presentation.text import figure
from engine.analysis.reports import ClassFigures, ErrorAnalysis, Matrix

_MOST_CLASSES = 24
# A column of counts needs no more of its class' name, and of many classes less. Rows have more of
# it, but stay in sight whatever is scrolled to, and on a small terminal leave room for counts.
_MOST_LETTERS, _FEW_LETTERS = 12, 6
_LETTERS_OF_ROW = 24
_MANY_CLASSES = 6
_ENTER = "enter: the cell's images"


@dataclass(frozen=True)
class Cell:
    """Rows of one truth and one answer.

    Args:
        label: whose, when multilabel; else empty.
        truth: the class, or yes or no of the label.
        answer: the same of the answer.
        what: the rows in words.
    """

    label: str
    truth: str
    answer: str
    what: str


@dataclass(frozen=True)
class Mistakes:
    """A table of mistakes.

    Args:
        heading: names of the columns.
        names: how many columns say what a row is, and stay in sight.
        rows: what stands in them.
        cells: what each of `rows` lists where it is entered; None lists nothing.
        above: what stands in the border above.
        below: and below.
    """

    heading: tuple[str, ...]
    names: int
    rows: tuple[tuple[Text, ...], ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    above: str
    below: str


def mistakes(report: ErrorAnalysis) -> Mistakes:
    """The confusion matrix of classes; of labels, how each fares, the worst first.

    Args:
        report: the analysis.
    """
    if len(report.confusion.matrices) == 1 and not report.confusion.matrices[0].label:
        return _of_classes(report.experiment, report.confusion.matrices[0])
    return _of_labels(report.experiment, report.confusion.classes, report.confusion.rows)


def _of_classes(experiment: str, matrix: Matrix) -> Mistakes:
    """Truth, the share that is right, and counts of every answer."""
    shown = shown_classes(matrix)
    rows, cells = [], []
    for one in shown:
        counts, total, truth = matrix.counts[one], sum(matrix.counts[one]), matrix.names[one]
        worst = max((counts[other] for other in range(len(counts)) if other != one), default=0)
        recall = f"{counts[one] / total:.1%}" if total else "-"
        row = [Text(_shortened(truth, _LETTERS_OF_ROW), "bold"), Text(recall, justify="right")]
        listed: list[Cell | None] = [None, None]
        for other in shown:
            row.append(_count(counts[other], one == other, counts[other] == worst))
            answer = matrix.names[other]
            what = f"{truth}, rightly" if one == other else f"{truth} taken for {answer}"
            listed.append(Cell("", truth, answer, what))
        rows.append(tuple(row))
        cells.append(tuple(listed))
    letters = _MOST_LETTERS if len(shown) < _MANY_CLASSES else _FEW_LETTERS
    some = "" if len(shown) == len(matrix.names) else f"the {len(shown)} most mistaken · "
    return Mistakes(
        heading=("Truth", "Recall", *(_shortened(matrix.names[one], letters) for one in shown)),
        names=2,
        rows=tuple(rows),
        cells=tuple(cells),
        above=f"Confusion of {experiment}",
        below=f"{some}columns: answers · {_ENTER}",
    )


def _of_labels(experiment: str, labels: Sequence[ClassFigures], count: int) -> Mistakes:
    """F1, recall and precision of every label, and the rows behind them."""
    rows, cells = [], []
    for one in worst_first(labels):
        missed, false = one.support - one.right, one.predicted - one.right
        worst = max(missed, false)
        shares = (f1(one) if one.support else None, one.recall, one.precision)
        rows.append(
            (
                Text(_shortened(one.name, _LETTERS_OF_ROW), "bold"),
                *(Text(figure(share, 3), justify="right") for share in shares),
                _count(one.right, is_right=True),
                _count(missed, is_worst=missed == worst),
                _count(false, is_worst=false == worst),
            )
        )
        listed = [
            Cell(one.name, "yes", "yes", f"{one.name}, rightly"),
            Cell(one.name, "yes", "no", f"{one.name}, missed"),
            Cell(one.name, "no", "yes", f"{one.name}, not there"),
        ]
        cells.append((None, None, None, None, *listed))
    return Mistakes(
        heading=("Label", "F1", "Recall", "Precision", "Found", "Missed", "False"),
        names=1,
        rows=tuple(rows),
        cells=tuple(cells),
        above=f"Labels of {experiment}, the worst first",
        below=f"of {count:,} rows, told from 50 % on · {_ENTER}",
    )


def f1(one: ClassFigures) -> float:
    """The harmonic mean of precision and recall; 0 where nothing was found.

    Args:
        one: how the label fares.
    """
    return 2 * one.right / max(one.support + one.predicted, 1)


def worst_first(labels: Sequence[ClassFigures]) -> list[ClassFigures]:
    """Labels by their F1; those that no row has stand last.

    Args:
        labels: how each fares.
    """
    return sorted(labels, key=lambda one: (not one.support, f1(one)))


def shown_classes(matrix: Matrix, room: int = _MOST_CLASSES) -> tuple[int, ...]:
    """Which classes a matrix has room for: those that are mistaken most, in their own order.

    Args:
        matrix: over all of them.
        room: how many there is room for.
    """
    count = len(matrix.names)
    if count <= room:
        return tuple(range(count))
    wrong = [
        sum(matrix.counts[one])
        + sum(row[one] for row in matrix.counts)
        - 2 * matrix.counts[one][one]
        for one in range(count)
    ]
    most = sorted(range(count), key=lambda one: -wrong[one])[:room]
    return tuple(sorted(most))


def _count(number: int, is_right: bool = False, is_worst: bool = False) -> Text:
    """A count; a row's largest mistake stands out by more than its colour."""
    if not number:
        return Text("·", "green" if is_right else "dim", justify="right")
    style = "green" if is_right else "bold reverse yellow" if is_worst else "yellow"
    return Text(str(number), style, justify="right")


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
