"""What an analysis found: plain values that any process can hold."""

from typing import Annotated

from pydantic import Field

from engine.experiment.frozen import Frozen


class ClassFigures(Frozen):
    """How one class, or label, fares; a probability of 0.5 or more says that a label is there."""

    name: str
    support: Annotated[int, Field(description="Rows that have it.")]
    predicted: Annotated[int, Field(description="Rows it was predicted for.")]
    right: Annotated[int, Field(description="Rows that have it and were predicted to.")]
    precision: Annotated[float | None, Field(description="None where it was never predicted.")]
    recall: Annotated[float | None, Field(description="None where no row has it.")]


class Matrix(Frozen):
    """Counts of rows by truth and answer."""

    label: Annotated[str, Field(description="Whose, when multilabel; else empty.")]
    names: tuple[str, ...]
    counts: Annotated[
        tuple[tuple[int, ...], ...], Field(description="A row for each truth, a column an answer.")
    ]


class Confusion(Frozen):
    """What is taken for what."""

    rows: int
    matrices: Annotated[
        tuple[Matrix, ...], Field(description="One over the classes; one a label when multilabel.")
    ]
    classes: Annotated[tuple[ClassFigures, ...], Field(description="Every class, or every label.")]


class RowLoss(Frozen):
    """One row, what was predicted of it, and what is true."""

    id: str
    loss: Annotated[float, Field(description="Log-loss of the row, nats.")]
    truth: Annotated[tuple[str, ...], Field(description="Its class, or its labels.")]
    answer: Annotated[tuple[str, ...], Field(description="The class or labels predicted.")]
    confidence: Annotated[
        float,
        Field(
            description="Probability of the answer; when multilabel, of the surest of its wrong "
            "labels, or of the least sure where all are right."
        ),
    ]


class Bin(Frozen):
    """Answers given with about the same confidence."""

    lower: float
    upper: float
    count: int
    confidence: Annotated[float | None, Field(description="Mean; None where the bin is empty.")]
    accuracy: Annotated[float | None, Field(description="Share of right answers.")]


class Reliability(Frozen):
    """How often answers are right, by how sure they were."""

    bins: tuple[Bin, ...]
    error: Annotated[
        float,
        Field(description="Expected calibration error: mean gap of confidence and accuracy."),
    ]
    log_loss: Annotated[float, Field(description="Mean over the rows, nats.")]


class Calibration(Frozen):
    """Predictions as they are, and at the temperature that suits them."""

    before: Reliability
    after: Annotated[
        Reliability, Field(description="Each row at the temperature fitted on the other folds.")
    ]
    temperature: Annotated[
        float, Field(description="Fitted on all rows; above 1 where predictions are too sure.")
    ]


class Suspect(Frozen):
    """A row whose label may be wrong."""

    id: str
    quality: Annotated[float, Field(description="How well the label fits the predictions, 0 to 1.")]
    given: Annotated[tuple[str, ...], Field(description="The class or labels it has.")]
    suggested: Annotated[tuple[str, ...], Field(description="Those it should likely have.")]


class ErrorAnalysis(Frozen):
    """Where an experiment errs, on rows that its fits never saw."""

    experiment: str
    confusion: Confusion
    top_losses: tuple[RowLoss, ...]
    confident_errors: Annotated[
        tuple[RowLoss, ...], Field(description="Wrong though surer than 90 %; the surest of many.")
    ]
    confident_count: Annotated[int, Field(description="How many of them there are in all.")]
    calibration: Calibration
    suspects: Annotated[tuple[Suspect, ...], Field(description="Labels that may be wrong.")]
    images: Annotated[
        tuple[tuple[str, str], ...], Field(description="Id and file of every row named above.")
    ]


class GradCam(Frozen):
    """What a network saw in one image that its fit was not trained on."""

    id: str
    path: Annotated[str, Field(description="The PNG: the image, and the map over it in grey.")]
    explained: Annotated[str, Field(description="The class, or label, that the map speaks for.")]
    truth: Annotated[tuple[str, ...], Field(description="Its class, or its labels.")]
    answer: Annotated[tuple[str, ...], Field(description="The class or labels predicted.")]
    probability: Annotated[
        float, Field(description="What the experiment gives the explained class.")
    ]
    fold: Annotated[int, Field(description="The fold whose fit is explained.")]


class GradCams(Frozen):
    """Where an experiment's networks looked (Grad-CAM, Selvaraju et al. 2017)."""

    experiment: str
    explained_by: Annotated[
        str,
        Field(description="Whose networks these are: an ensemble is explained by its best member."),
    ]
    images: tuple[GradCam, ...]
