"""An error analysis as the engine would give it."""

from engine.analysis.reports import (
    Bin,
    Calibration,
    ClassFigures,
    Confusion,
    ErrorAnalysis,
    Matrix,
    Reliability,
    RowLoss,
    Suspect,
)


def lost(name: str, row: int, loss: float) -> RowLoss:
    """A rose taken for a tulip."""
    return RowLoss(
        id=name, row=row, loss=loss, truth=("rose",), answer=("tulip",), confidence=0.9,
        probabilities=(0.1, 0.9),
    )  # fmt: skip


def figures(name: str, support: int, predicted: int, right: int) -> ClassFigures:
    return ClassFigures(
        name=name, support=support, predicted=predicted, right=right,
        precision=right / predicted, recall=right / support,
    )  # fmt: skip


def analysis(experiment: str, folder: str = "/pictures") -> ErrorAnalysis:
    """Twelve rows of two classes, two of them mistaken."""
    told = Reliability(
        bins=(Bin(lower=0.9, upper=1.0, count=4, confidence=0.95, accuracy=0.5),),
        error=0.2,
        log_loss=0.5,
    )
    return ErrorAnalysis(
        experiment=experiment,
        confusion=Confusion(
            rows=12,
            matrices=(Matrix(label="", names=("rose", "tulip"), counts=((6, 2), (0, 4))),),
            classes=(figures("rose", 8, 6, 6), figures("tulip", 4, 6, 4)),
        ),
        top_losses=(lost("3", 0, 2.3), lost("5", 1, 1.1)),
        confident_errors=(),
        confident_count=0,
        calibration=Calibration(before=told, after=told, temperature=1.5),
        suspects=(Suspect(id="3", row=0, quality=0.04, given=("rose",), suggested=("tulip",)),),
        images=(("3", f"{folder}/3.png"), ("5", f"{folder}/5.png")),
    )
