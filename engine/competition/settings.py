"""`hydra.toml`: the user's overrides of what is recognised. Light: the supervisor reads it too."""

import difflib
import tomllib
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from engine.competition.findings import MetricName
from engine.errors import UserError
from engine.experiment.augmentation import PresetName
from engine.experiment.frozen import Frozen
from engine.jobs.workspace import Workspace

Text = Annotated[str, Field(min_length=1)]


class CompetitionSettings(Frozen):
    """What the competition is, where that isn't recognised; paths start at the data folder."""

    labels: Annotated[Text | None, Field(description="The label CSV.")] = None
    id_column: Annotated[Text | None, Field(description="Its column that names the image.")] = None
    target_columns: Annotated[
        tuple[Text, ...] | None,
        Field(min_length=1, description="Its columns to predict: one, or one a class."),
    ] = None
    train: Annotated[Text | None, Field(description="The folder of labelled images.")] = None
    test: Annotated[Text | None, Field(description="The folder of images to predict.")] = None
    sample_submission: Annotated[Text | None, Field(description="The sample answer file.")] = None
    target: Annotated[
        Literal["multiclass", "multilabel"] | None,
        Field(description="What a cell of the label column is: one class, or several tags."),
    ] = None
    positive: Annotated[
        Text | None, Field(description="Of two classes, the one that probabilities are of.")
    ] = None
    classes: Annotated[
        tuple[Text, ...] | None,
        Field(min_length=3, description="The classes in their order, as for quadratic_kappa."),
    ] = None
    metric: Annotated[MetricName | None, Field(description="How answers are scored.")] = None
    augmentation: Annotated[
        PresetName | None,
        Field(description="The changes that leave labels true, as the recipe proposes them."),
    ] = None
    answers: Annotated[
        Literal["probability", "class"] | None,
        Field(description="What the answer file holds: probabilities, or class names."),
    ] = None


class FoldSettings(Frozen):
    """How the rows are split; used once, when `folds.csv` is first written."""

    count: Annotated[int, Field(ge=2, le=20, description="Number of folds.")] = 5
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Seeds the split.")] = 0
    group_column: Annotated[
        str | None,
        Field(
            description="Rows with the same value here stay in one fold; by default of a column "
            "that surely tells patients, or the like, apart. Empty for none."
        ),
    ] = None


class JobSettings(Frozen):
    """How tasks are run."""

    slots: Annotated[
        int | None,
        Field(ge=1, le=1024, description="Tasks at once; by default one a GPU, or one on CPU."),
    ] = None


class CacheSettings(Frozen):
    """What is kept of computations."""

    trunk: Annotated[
        bool,
        Field(
            description="Whether what frozen layers compute is kept; without it work is slower, "
            "and images change anew in every epoch where augmentation.bank would keep views."
        ),
    ] = True
    limit_gb: Annotated[
        float | None,
        Field(
            gt=0,
            description="Gigabytes that may be kept of it; by default half of the free disk, and "
            "50 at most.",
        ),
    ] = None


class Settings(Frozen):
    """The whole of `hydra.toml`; every part may be absent."""

    competition: CompetitionSettings = CompetitionSettings()
    folds: FoldSettings = FoldSettings()
    jobs: JobSettings = JobSettings()
    cache: CacheSettings = CacheSettings()


_SECTIONS: dict[str, type[Frozen]] = {
    "competition": CompetitionSettings,
    "folds": FoldSettings,
    "jobs": JobSettings,
    "cache": CacheSettings,
}


def load_settings(workspace: Workspace) -> Settings:
    """Read the workspace's `hydra.toml`.

    Args:
        workspace: the workspace; a missing file means the defaults.

    Returns:
        The validated settings.

    Raises:
        UserError: the file is no TOML, or holds an unknown key or a value out of range.
    """
    try:
        text = workspace.settings.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{workspace.settings} can't be read: {error}.",
            "a TOML file in UTF-8.",
            "correct the file or its permissions, or remove it to use the defaults.",
        ) from error
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"{workspace.settings} is not valid TOML: {error}.",
            '`[section]` lines and `key = value` lines, text in quotes, as in `metric = "auc"`.',
            "correct that line.",
        ) from error
    except ValidationError as error:
        raise _refusal(workspace, error.errors()[0]) from error


def _refusal(workspace: Workspace, fault: Any) -> UserError:
    location = [str(part) for part in fault["loc"]]
    dotted = ".".join(location)
    if fault["type"] == "extra_forbidden":
        return _unknown_key(workspace, location)
    return UserError(
        f"{workspace.settings}: `{dotted}` is {fault['input']!r}.",
        f"{_meaning(location)} {fault['msg'].replace('Input should', 'It should')}.",
        f"correct `{dotted}`, or remove it to use the default.",
    )


def _unknown_key(workspace: Workspace, location: list[str]) -> UserError:
    *section, key = location
    if section:
        known = list(_SECTIONS[section[0]].model_fields)
        where, elsewhere = (
            f"[{section[0]}]",
            {k: s for s, m in _SECTIONS.items() for k in m.model_fields},
        )
    else:
        known = list(_SECTIONS)
        where, elsewhere = "the file", {k: s for s, m in _SECTIONS.items() for k in m.model_fields}
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    if near:
        fix = f"write `{near[0]}` instead of `{key}`."
    elif key in elsewhere:
        fix = f"move `{key}` below a line `[{elsewhere[key]}]`."
    else:
        fix = f"remove `{key}`, or use one of the known ones."
    return UserError(
        f"{workspace.settings}: `{key}` is not known in {where}.",
        f"one of {', '.join(known)}.",
        fix,
    )


def _meaning(location: list[str]) -> str:
    model = _SECTIONS.get(location[0])
    if model is None or len(location) < 2 or location[1] not in model.model_fields:
        return "a section `[competition]`, `[folds]`, `[jobs]` or `[cache]`."
    return model.model_fields[location[1]].description or ""
