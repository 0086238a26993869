"""What was recognised of a competition: plain values that any process can hold."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field

from engine.experiment.augmentation import PresetName
from engine.experiment.frozen import Frozen


class TargetKind(StrEnum):
    """What a prediction is."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"


MetricName = Literal[
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "auc",
    "macro_f1",
    "mean_f1",
    "mean_f2",
    "quadratic_kappa",
    "map_at_3",
    "map_at_5",
]

METRICS: tuple[MetricName, ...] = get_args(MetricName)
# How many classes an answer names, where these are scored by the mean average precision.
NAMED: dict[MetricName, int] = {"map_at_3": 3, "map_at_5": 5}
# How many times as much a missing tag costs as one too many, where each image's tags are scored.
BETAS: dict[MetricName, float] = {"mean_f1": 1.0, "mean_f2": 2.0}


class Finding(Frozen):
    """Something about the data that a person should know, in the three parts of every message."""

    severity: Literal["warning", "note"]
    happened: str
    expected: str
    fix: str
    files: Annotated[
        tuple[str, ...], Field(description="The first files or ids concerned, at most 20.")
    ] = ()
    count: Annotated[int, Field(description="How many files or ids are concerned.")] = 0


def concerning(
    files: Sequence[str], happened: str, expected: str, fix: str, severity: str = "warning"
) -> Finding:
    """A finding about some files.

    Args:
        files: their names, or ids.
        happened: what is odd.
        expected: what would not be.
        fix: what to do.
        severity: `warning`, or `note`.
    """
    return Finding(
        severity="note" if severity == "note" else "warning",
        happened=happened,
        expected=expected,
        fix=fix,
        files=tuple(files[:20]),
        count=len(files),
    )


class Conflict(Frozen):
    """Copies of one picture whose labels differ."""

    ids: Annotated[tuple[str, ...], Field(description="Of the labelled images.")]
    labels: Annotated[
        tuple[tuple[str, ...], ...],
        Field(description="Of each, its class or its labels, which may be none."),
    ]


class SubmissionFormat(Frozen):
    """How the answer file looks, read off the sample."""

    id_column: str
    answer_columns: tuple[str, ...]
    answers: Annotated[
        Literal["probability", "class"],
        Field(description="Probabilities, one a column, or the name of the predicted class."),
    ]
    rows: int
    file: Annotated[str, Field(description="The sample's name; empty when there was none.")]
    separator: Annotated[str, Field(description="The character between cells.")] = ","
    class_names: Annotated[
        tuple[str, ...],
        Field(description="The classes as answers spell them; empty: by their own names."),
    ] = ()
    tag_separator: Annotated[
        str, Field(description="What stands between an answer's tags, or ranked classes.")
    ] = " "
    ranks: Annotated[
        int, Field(description="How many classes an answer names, the likeliest first.")
    ] = 1
    id_place: Annotated[
        int, Field(description="How many of the answer columns stand before the id.")
    ] = 0
    counter: Annotated[
        str, Field(description="A column before all others that counts the rows; mostly none.")
    ] = ""
    counts_from: Annotated[int, Field(description="Its first number.")] = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the sample's order."""
        counter = (self.counter,) if self.counter else ()
        before, after = self.answer_columns[: self.id_place], self.answer_columns[self.id_place :]
        return (*counter, *before, self.id_column, *after)

    @property
    def is_one_cell(self) -> bool:
        """Whether an answer is the class's name, or all tags, in a cell of its own."""
        return self.answers == "class" and len(self.answer_columns) == 1


class Exhibit(Frozen):
    """A picture to show a person."""

    id: str
    path: str
    labels: Annotated[
        tuple[str, ...], Field(description="Its class, or its labels; none of a test image.")
    ] = ()
    answer: Annotated[str, Field(description="What an experiment answers to a test image.")] = ""
    note: Annotated[str, Field(description="What else is to be said of it.")] = ""


class Thumbnail(Frozen):
    """A picture small enough for a terminal, in its own proportions."""

    path: str
    width: int = 0
    height: int = 0
    png: Annotated[str, Field(description="The picture as a PNG file, in Base64.")] = ""
    problem: Annotated[str, Field(description="Why there is none.")] = ""


class CompetitionSummary(Frozen):
    """The numbers of the data screen."""

    name: str
    folder: str
    layout: Annotated[str, Field(description="What was recognised, in words.")]
    label_file: str | None
    target: TargetKind
    metric: MetricName
    class_counts: Annotated[
        tuple[tuple[str, int], ...], Field(description="Class name and labelled images.")
    ]
    labelled_images: int
    test_images: int
    submission: SubmissionFormat | None
    sizes: Annotated[
        tuple[tuple[int, int, int], ...],
        Field(description="Width, height and how many training images have them; common first."),
    ]
    median_side: Annotated[int, Field(description="Median of the longer sides, pixels.")]
    modes: Annotated[
        tuple[tuple[str, int], ...], Field(description="Colour mode and how many images.")
    ]
    folds: Annotated[int, Field(description="Number of frozen folds.")]
    grouped: Annotated[bool, Field(description="Whether folds keep groups together.")]
    findings: tuple[Finding, ...]
    conflicts: Annotated[
        tuple[Conflict, ...],
        Field(description="Pictures that no model can answer right: copies, labels differ."),
    ] = ()
    augmentation: Annotated[
        PresetName | None,
        Field(description="The changes that leave labels true, where somebody has said so."),
    ] = None
    fold_counts: Annotated[
        tuple[tuple[str, tuple[int, ...]], ...],
        Field(description="Class and its labelled images in each frozen fold; empty before."),
    ] = ()
