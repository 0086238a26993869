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


def lost(name: str, loss: float) -> RowLoss:
    """A rose taken for a tulip."""
    return RowLoss(
        id=name, loss=loss, truth=("rose",), answer=("tulip",), confidence=0.9,
    )  # fmt: skip


def figures(name: str, support: int, predicted: int, right: int) -> ClassFigures:
    return ClassFigures(
        name=name, support=support, predicted=predicted, right=right,
        precision=right / predicted, recall=right / support if support else None,
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
        top_losses=(lost("3", 2.3), lost("5", 1.1)),
        confident_errors=(),
        confident_count=0,
        calibration=Calibration(before=told, after=told, temperature=1.5),
        suspects=(Suspect(id="3", quality=0.04, given=("rose",), suggested=("tulip",)),),
        images=(("3", f"{folder}/3.png"), ("5", f"{folder}/5.png")),
    )


def of_labels(experiment: str, folder: str = "/pictures") -> ErrorAnalysis:
    """The same twelve rows, which have labels; no row has the last."""
    counts = {"red": (8, 6, 6), "tall": (4, 2, 1), "rare": (0, 1, 0)}
    matrices = tuple(
        Matrix(
            label=name,
            names=("no", "yes"),
            counts=((12 - there - told + right, told - right), (there - right, right)),
        )
        for name, (there, told, right) in counts.items()
    )
    classes = tuple(figures(name, *one) for name, one in counts.items())
    confusion = Confusion(rows=12, matrices=matrices, classes=classes)
    return analysis(experiment, folder).model_copy(update={"confusion": confusion})
