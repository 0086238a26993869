"""Draws Grad-CAM over errors, in a process of its own: `python -m engine.analysis.explain_errors`.

It answers as the helper does, by JSON lines; TensorFlow is imported when there is a map to draw.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.analysis.answers import both_sides, decided, is_right, names_of, sureness
from engine.analysis.overlay import write_overlay
from engine.analysis.reports import GradCam, GradCams
from engine.competition.competition import Competition, load_competition
from engine.competition.decoding import UnreadableImageError, read_picture
from engine.competition.depth import white_of
from engine.competition.findings import TargetKind
from engine.competition.source import competition_folder
from engine.competition.white import White
from engine.errors import UserError
from engine.experiment.spec import ExperimentSpec
from engine.helper.calls import Say
from engine.helper.serving import serve
from engine.jobs.tasks import WEIGHTS
from engine.jobs.workspace import Workspace
from engine.predictions.stored import (
    SideBySide,
    how_to_replace,
    outputs_of,
    side_by_side,
    task_of,
)
from engine.training.scores import row_log_loss

if TYPE_CHECKING:
    from engine.models.build import BuiltModel

FOLDER = "grad-cam"
# A large image's maps at once would take gigabytes.
_BATCH = 4
# The longer side of a picture as it is shown, pixels.
_SHOWN = 320
# Of a quoted name, and of what tells it from others that begin alike.
_LONGEST, _DIGITS = 100, 12


@dataclass(frozen=True)
class _Look:
    """One map to draw: of which file, and what is explained by the weights of which fit."""

    report: GradCam
    file: Path
    direction: NDArray[np.float32]
    weights: Path

    @property
    def is_drawn(self) -> bool:
        """Whether it lies there, and the fit has not gone on since."""
        png = Path(self.report.path)
        if not png.is_file():
            return False
        return not self.weights.is_file() or png.stat().st_mtime >= self.weights.stat().st_mtime


def grad_cams(
    say: Say,
    workspace: str,
    data: str,
    experiment: str,
    folds: list[int],
    member: str,
    spec: dict[str, Any],
    images: list[str] | None,
    count: int,
) -> Any:
    """Draw what is not drawn yet.

    Args:
        say: is told of progress.
        workspace: its folder.
        data: where the competition lies.
        experiment: whose predictions are looked at.
        folds: those it has done.
        member: whose networks explain them; the same, but of an ensemble.
        spec: the member's.
        images: ids; None for the errors that cost most.
        count: how many where none is named.

    Returns:
        `GradCams` as plain values.

    Raises:
        UserError: there is no such image, or weights, predictions or pixels are missing.
    """
    place = Workspace(Path(workspace))
    competition = load_competition(competition_folder(data, place), place)
    found = side_by_side(place, [(experiment, folds)], competition)
    if images is None:
        chosen = _costliest(competition, found, count)
    else:
        chosen = _named(competition, found, experiment, images)
    looks = _looks(competition, found, place, experiment, member, chosen)
    missing = [look for look in looks if not look.is_drawn]
    if missing:
        what = f"explaining images by experiment {member}"
        say({"progress": [what, 0, len(missing)]})
        _draw(
            missing,
            member,
            ExperimentSpec.model_validate(spec),
            competition,
            white_of(competition, place, lambda _done, _total: None),
            lambda done: say({"progress": [what, done, len(missing)]}),
        )
    reports = tuple(look.report for look in looks)
    told = GradCams(experiment=experiment, explained_by=member, images=reports)
    return told.model_dump(mode="json")


def _costliest(competition: Competition, found: SideBySide, count: int) -> list[int]:
    """Positions of the errors, and then of what was right, each by what it costs."""
    targets, predictions, kind = _predicted(competition, found)
    right = is_right(targets, predictions, kind, competition.metric).all(axis=1)
    losses = row_log_loss(targets, predictions, kind)
    return [int(position) for position in np.lexsort((-losses, right))[:count]]


def _named(
    competition: Competition, found: SideBySide, experiment: str, images: Sequence[str]
) -> list[int]:
    places = {competition.ids[row]: place for place, row in enumerate(found.rows)}
    for image in images:
        if image not in competition.ids:
            raise UserError(
                f"`{image}` is no labelled image of this competition.",
                "an id as the label file spells it.",
                f"see those that cost most: `hydra-tui errors {experiment}`.",
            )
        if image not in places:
            raise UserError(
                f"No fit of experiment {experiment} has held `{image}` out: the folds that did "
                "are not done.",
                f"an image of folds {', '.join(map(str, found.folds))}.",
                "run all folds: `--folds 5`.",
            )
    return [places[image] for image in dict.fromkeys(images)]


def _predicted(
    competition: Competition, found: SideBySide
) -> tuple[NDArray[np.floating], NDArray[np.floating], TargetKind]:
    return competition.targets[found.rows], found.validation[0], competition.kind


def _looks(
    competition: Competition,
    found: SideBySide,
    place: Workspace,
    experiment: str,
    member: str,
    chosen: Sequence[int],
) -> list[_Look]:
    targets, predictions, kind = _predicted(competition, found)
    answers = decided(predictions, kind, competition.metric)
    truth, explained = decided(targets, kind), _explained(targets, predictions, answers, kind)
    shares = both_sides(predictions, kind)
    looks = []
    for position in chosen:
        row, column = found.rows[position], int(explained[position])
        name, image = competition.classes[column], competition.ids[row]
        fold = int(found.fold_of_row[position])
        png = f"{_quoted(image)}-as-{_quoted(name)}.png"
        report = GradCam(
            id=image,
            path=str(place.run(experiment) / FOLDER / png),
            explained=name,
            truth=names_of(truth[position], competition.classes),
            answer=names_of(answers[position], competition.classes),
            probability=float(shares[position, column]),
            fold=fold,
        )
        weights = place.task(member, task_of(fold)) / WEIGHTS
        output = outputs_of(place, member, fold, competition).index(name)
        direction = _direction(kind, output, predictions.shape[1])
        looks.append(_Look(report, competition.paths[row], direction, weights))
    return looks


def _quoted(name: str) -> str:
    """A name as part of a file's, which may be 255 bytes long: quoting makes nine of one letter."""
    quoted = quote(name, safe="")
    if len(quoted) <= _LONGEST:
        return quoted
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{quoted[:_LONGEST]}-{digest}"


def _explained(
    targets: NDArray[np.floating],
    predictions: NDArray[np.floating],
    answers: NDArray[np.bool_],
    kind: TargetKind,
) -> NDArray[np.intp]:
    """The class that was answered; of labels the surest wrong one, or else the least sure."""
    if kind is not TargetKind.MULTILABEL:
        return np.asarray(answers.argmax(axis=1))
    right, sure = is_right(targets, predictions, kind), sureness(predictions, kind)
    surest_wrong = np.where(right, -np.inf, sure).argmax(axis=1)
    return np.asarray(np.where(right.all(axis=1), sure.argmin(axis=1), surest_wrong))


def _direction(kind: TargetKind, output: int, outputs: int) -> NDArray[np.float32]:
    direction = np.zeros(outputs, np.float32)
    if kind is TargetKind.BINARY:
        # The one output is the second class'; what speaks against it speaks for the first.
        direction[0] = 1 if output else -1
    else:
        direction[output] = 1
    return direction


def _draw(
    looks: Sequence[_Look],
    member: str,
    spec: ExperimentSpec,
    competition: Competition,
    white: White,
    progress: Callable[[int], None],
) -> None:
    from engine.analysis.grad_cam import grad_cam

    for look in looks:
        if not look.weights.is_file():
            raise _no_weights(look.weights, member, "is not there")
    built = _built(spec, competition.kind, len(competition.classes))
    done = 0
    for weights in dict.fromkeys(look.weights for look in looks):
        try:
            built.model.load_weights(weights)
        # What a damaged file raises is up to HDF5 and to Keras.
        except Exception as error:
            raise _no_weights(weights, member, "can't be read") from error
        of_fold = [look for look in looks if look.weights == weights]
        for start in range(0, len(of_fold), _BATCH):
            batch = of_fold[start : start + _BATCH]
            pixels = np.stack([_pixels(look.file, spec.image_size, white)[0] for look in batch])
            maps = grad_cam(built, pixels, np.stack([look.direction for look in batch]))
            for look, values in zip(batch, maps, strict=True):
                write_overlay(_shown(look.file, white), values, Path(look.report.path))
            done += len(batch)
            progress(done)


# Who looks at one error of an experiment looks at more.
@lru_cache(maxsize=1)
def _built(spec: ExperimentSpec, kind: TargetKind, classes: int) -> "BuiltModel":
    from engine.models.build import build_model

    # The fit's own weights come from its folder; those it began with may be gone.
    return build_model(spec.model_copy(update={"weights": "none"}), kind, classes)


def _no_weights(path: Path, member: str, how: str) -> UserError:
    return UserError(
        f"{path} {how}: the weights of experiment {member} are missing.",
        "the files its run left.",
        how_to_replace(member),
    )


def _shown(file: Path, white: White) -> Image.Image:
    """The picture in its own shape."""
    square, width, height = _pixels(file, _SHOWN, white)
    scale = _SHOWN / max(width, height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return Image.fromarray(square).resize(size, Image.Resampling.BILINEAR)


def _pixels(file: Path, size: int, white: White) -> tuple[NDArray[np.uint8], int, int]:
    try:
        picture = read_picture(file, size, white)
    except UnreadableImageError as error:
        raise UserError(
            f"{file} can't be shown: {error}.",
            "the image as it was when the experiment ran.",
            "put it back, or name other images.",
        ) from error
    return picture.pixels, picture.width, picture.height


if __name__ == "__main__":
    serve({"grad_cams": grad_cams})
