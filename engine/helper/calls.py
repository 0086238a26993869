"""What the helper process can be asked; heavy libraries are imported by the calls that need them.

Every call takes plain values, says how far it is where it takes long, and returns plain values.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.competition.source import competition_folder
from engine.jobs.workspace import Workspace

if TYPE_CHECKING:
    from engine.competition.competition import Competition

Say = Callable[[dict[str, Any]], None]
Folds = Sequence[tuple[str, Sequence[int]]]


def _loaded(workspace: str, data: str) -> tuple["Competition", Workspace]:
    from engine.competition.competition import load_competition

    place = Workspace(Path(workspace))
    return load_competition(competition_folder(data, place), place), place


def summary(say: Say, workspace: str, data: str) -> Any:
    """Look at the data."""
    from engine.competition.summary import summarise

    place = Workspace(Path(workspace))

    def progress(done: int, total: int) -> None:
        say({"progress": ["looking at every image", done, total]})

    return summarise(competition_folder(data, place), place, progress).model_dump(mode="json")


def export(
    _say: Say,
    workspace: str,
    data: str,
    experiment: str,
    folds: list[int],
    path: str,
    guess: bool,
) -> Any:
    """Write a submission."""
    from engine.submission.export import export_submission

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    written = export_submission(folder, place, experiment, folds, Path(path), guess)
    return written.model_dump(mode="json")


def demo(_say: Say, folder: str) -> Any:
    """Write the built-in competition."""
    from engine.competition.demo import write_digits

    write_digits(Path(folder))


def compare(_say: Say, workspace: str, data: str, reference: str, experiments: Folds) -> Any:
    """Hold experiments against one of them."""
    from engine.predictions.comparing import compare_experiments

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    return compare_experiments(folder, place, reference, experiments).model_dump(mode="json")


def blend(
    _say: Say, workspace: str, data: str, members: Folds, spec: dict[str, Any], keep: str | None
) -> Any:
    """Blend experiments, and keep the result where that is wanted."""
    from engine.experiment.ensemble import EnsembleSpec
    from engine.predictions.blend import blend_experiments

    place = Workspace(Path(workspace))
    return blend_experiments(
        competition_folder(data, place),
        place,
        members,
        EnsembleSpec.model_validate(spec),
        None if keep is None else Path(keep),
    )


def preview_pseudo(
    _say: Say, workspace: str, data: str, folds: list[int], spec: dict[str, Any]
) -> Any:
    """Say what pseudo-labels would bring."""
    from engine.experiment.spec import PseudoSpec
    from engine.predictions.pseudo_preview import preview

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    return preview(folder, place, folds, PseudoSpec.model_validate(spec))


def errors(_say: Say, workspace: str, data: str, experiment: str, folds: list[int]) -> Any:
    """Say where an experiment errs."""
    from engine.predictions.errors import analyse_errors

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    return analyse_errors(folder, place, experiment, folds).model_dump(mode="json")


def ids(_say: Say, workspace: str, data: str) -> Any:
    """The ids of all labelled images."""
    return _loaded(workspace, data)[0].ids


def errors_in_cell(
    _say: Say,
    workspace: str,
    data: str,
    experiment: str,
    folds: list[int],
    label: str,
    truth: str,
    answer: str,
) -> Any:
    """The rows of one cell of a confusion matrix."""
    from engine.predictions.errors import rows_in_cell

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    rows = rows_in_cell(folder, place, experiment, folds, (label, truth, answer))
    return [row.model_dump(mode="json") for row in rows]


def samples(
    _say: Say, workspace: str, data: str, classes: list[str], first: int, count: int
) -> Any:
    """Labelled images of some classes, or of all."""
    from engine.competition.exhibits import samples_of

    competition, _ = _loaded(workspace, data)
    return [one.model_dump() for one in samples_of(competition, classes, first, count)]


def unlabelled(
    _say: Say, workspace: str, data: str, experiment: str, folds: list[int], count: int
) -> Any:
    """Test images, as an experiment answers them."""
    from engine.predictions.unlabelled import answered

    place = Workspace(Path(workspace))
    folder = competition_folder(data, place)
    return [one.model_dump() for one in answered(folder, place, experiment, folds, count)]


def copies(_say: Say, workspace: str, data: str, count: int) -> Any:
    """Pictures that are the same, pair by pair."""
    from engine.competition.exhibits import copies_of

    competition, place = _loaded(workspace, data)
    return [one.model_dump() for one in copies_of(competition, place, count)]


def paths(_say: Say, workspace: str, data: str, ids: list[str]) -> Any:
    """The files of some labelled images."""
    competition, _ = _loaded(workspace, data)
    known = dict(zip(competition.ids, map(str, competition.paths), strict=True))
    return {one: known[one] for one in ids if one in known}


def thumbnails(_say: Say, workspace: str, paths: list[str], side: int) -> Any:
    """Pictures small enough for a terminal."""
    from engine.competition.exhibits import thumbnail
    from engine.competition.white import last_known

    white = last_known(Workspace(Path(workspace)).cache)
    return [thumbnail(path, side, white).model_dump() for path in paths]


def importance(_say: Say, axes: list[dict[str, Any]], trials: list[dict[str, Any]]) -> Any:
    """Say which hyperparameters of a search mattered."""
    from engine.experiment.search import Axis, TrialState
    from engine.tuning.importance import importance as judged

    known = judged(
        [Axis.model_validate(axis) for axis in axes],
        [TrialState.model_validate(trial) for trial in trials],
    )
    return [one.model_dump(mode="json") for one in known]


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        summary,
        export,
        demo,
        compare,
        blend,
        preview_pseudo,
        errors,
        errors_in_cell,
        ids,
        samples,
        unlabelled,
        copies,
        paths,
        thumbnails,
        importance,
    )
}
