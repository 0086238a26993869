"""What a search varies: parsed, checked, and turned into the specs of its trials."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import exp, inf, log, prod

from engine.errors import UserError
from engine.experiment.compare import flat_fields
from engine.experiment.overrides import apply_overrides, bounds_of
from engine.experiment.search import Axis, SearchSpec, Value
from engine.experiment.spec import ExperimentSpec
from engine.tuning import linear_head

# A trial is one fold of a fit, and its images' labels are what it is scored by.
_FIXED = frozenset({"stage", "kind", "folds", "leave_out"})
# Takes the name of a whole set, which the spec does not keep.
_SET = "augmentation"
_DECADE = 10.0
_GRID_POINTS = 5
_DIGITS = 4


def parse_axis(text: str, base: ExperimentSpec) -> Axis:
    """Read one axis as it is typed.

    Args:
        text: `head.units=64,128,256` to choose from, or `head.dropout=0..0.5` for a range. A range
            of positive numbers that spans a decade is searched by magnitude.
        base: the spec that is varied; every value must suit it.

    Returns:
        The axis.

    Raises:
        UserError: an unknown field, a value that is not possible, or nothing to vary.
    """
    path, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        raise UserError(
            f"`{text}` does not say what to vary.",
            "field=value,value or field=low..high, as in phases.0.learning_rate=1e-4..1e-2.",
            f"write `{path or 'head.units'}=VALUE,VALUE`.",
        )
    if path in _FIXED:
        raise UserError(
            f"`{path}` can't be varied: a trial is one fold of a fit.",
            "a field that changes the network or its training.",
            "vary head.dropout, for instance; `hydra-tui promote --folds` runs more folds.",
        )
    if ".." in values:
        low, _, high = values.partition("..")
        return _range(path, low, high, base)
    chosen = tuple(dict.fromkeys(_checked(path, one, base) for one in values.split(",")))
    if len(chosen) < 2:
        raise UserError(
            f"`{text}` leaves nothing to choose from.",
            "two values or more, or a range.",
            f"write `{path}={chosen[0]},VALUE`, or set it for all trials: "
            f"`--set {path}={chosen[0]}`.",
        )
    return Axis(path=path, values=chosen)


def _range(path: str, low: str, high: str, base: ExperimentSpec) -> Axis:
    ends = [_end(path, end, (low, high), base) for end in (low, high)]
    if any(isinstance(end, bool | str) for end in ends):
        raise UserError(
            f"`{path}={low}..{high}` is no range: its values are no numbers.",
            "values to choose from, separated by commas.",
            f"write `{path}={low},{high}`.",
        )
    first, last = (float(end) for end in ends)
    if first >= last:
        raise UserError(
            f"`{path}={low}..{high}` is an empty range.",
            "the lower end first, then the higher one.",
            f"write `{path}={high}..{low}`." if first > last else "widen it.",
        )
    return Axis(path=path, low=first, high=last, log=first > 0 and last / first >= _DECADE)


def _end(path: str, end: str, ends: tuple[str, str], base: ExperimentSpec) -> Value:
    """One end of a range; where it lies outside what is possible, a range inside is named."""
    try:
        return _checked(path, end, base)
    except UserError as error:
        if path not in _fields(base):
            raise
        least, most = bounds_of(path)
        try:
            low, high = (min(max(float(one), least), most) for one in ends)
        except ValueError:
            raise error from None
        if low >= high or -inf in (low, high) or inf in (low, high):
            raise
        raise UserError(
            f"`{path}={ends[0]}..{ends[1]}` is not possible: it ends at {end}.",
            error.expected,
            f"write `{path}={low:g}..{high:g}`.",
        ) from error


def _checked(path: str, text: str, base: ExperimentSpec) -> Value:
    """One value as the spec takes it."""
    changed = _changed(base, {path: text.strip()})
    if path == _SET:
        return text.strip()
    if path not in _fields(base):
        raise UserError(
            f"`{path}` names a phase that the spec does not have.",
            f"a phase from 0 to {len(base.phases) - 1}.",
            f"add it first: `--set {path}={text.strip()}`.",
        )
    return _fields(changed)[path]


def _fields(spec: ExperimentSpec) -> dict[str, Value]:
    return flat_fields(spec.model_dump(mode="json"))


def default_axes(base: ExperimentSpec) -> tuple[Axis, ...]:
    """The few hyperparameters that matter most, the most important first.

    The learning rate comes before all others (Bengio 2012, section 3.1; Goodfellow et al. 2016,
    section 11.4): that of the last phase, whose weights are kept. Then what holds the network
    back: dropout, and the width of the head, or, where the head has no width, label smoothing.

    Args:
        base: the spec that is varied; its own values lie inside.
    """
    last = len(base.phases) - 1
    rate = base.phases[last].learning_rate
    axes = [
        Axis(
            path=f"phases.{last}.learning_rate",
            low=max(_rounded(rate / 10), 1e-7),
            high=min(_rounded(rate * 10), 1.0),
            log=True,
        ),
        Axis(path="head.dropout", low=0.0, high=max(0.6, base.head.dropout)),
    ]
    if base.head.layers:
        units = base.head.units
        widths = tuple(sorted({max(units // 2, 8), units, min(units * 2, 4096)}))
        axes.append(Axis(path="head.units", values=widths))
    elif base.loss.name != "sparsemax":
        most = max(0.2, base.loss.label_smoothing)
        axes.append(Axis(path="loss.label_smoothing", low=0.0, high=most))
    return tuple(axes)


def is_whole(axis: Axis, base: ExperimentSpec) -> bool:
    """Whether an axis' values are whole numbers.

    Args:
        axis: a range.
        base: the spec that is varied.
    """
    return isinstance(_fields(base)[axis.path], int)


def base_values(search: SearchSpec) -> dict[str, Value]:
    """Where the base lies on the axes; the nearest point where it lies outside.

    Args:
        search: the search.
    """
    fields, paths = _fields(search.base), {axis.path for axis in search.axes}
    # What is varied beside a set of augmentations need not be as the set has it.
    own = {path: value for path, value in fields.items() if path in paths}
    return {axis.path: _nearest(axis, search.base, own) for axis in search.axes}


def _nearest(axis: Axis, base: ExperimentSpec, own: Mapping[str, Value]) -> Value:
    # A set of augmentations goes by a name that the spec does not keep.
    for one in axis.values:
        if _changed(base, {**own, axis.path: one}) == base:
            return one
    value = own.get(axis.path)
    if axis.values:
        if value is None or isinstance(value, bool | str):
            return axis.values[0]
        return min(axis.values, key=lambda one: abs(float(one) - value))
    assert axis.low is not None
    assert axis.high is not None
    # A range has numbers only, and so has its field.
    number = min(max(float(value or 0), axis.low), axis.high)
    return int(number) if isinstance(value, int) else number


def grid(search: SearchSpec) -> list[dict[str, Value]]:
    """Every combination of the axes' values; of a range, a few points from end to end.

    Args:
        search: the search.
    """
    points = [_points(axis, search) for axis in search.axes]
    paths = [axis.path for axis in search.axes]
    return [dict(zip(paths, values, strict=True)) for values in product(*points)]


def grid_size(search: SearchSpec) -> int:
    """How many combinations `grid` has.

    Args:
        search: the search.
    """
    return prod(len(_points(axis, search)) for axis in search.axes)


def _points(axis: Axis, search: SearchSpec) -> Sequence[Value]:
    if axis.values:
        return axis.values
    assert axis.low is not None
    assert axis.high is not None
    shares = [step / (_GRID_POINTS - 1) for step in range(_GRID_POINTS)]
    if axis.log:
        low, high = log(axis.low), log(axis.high)
        found = [_rounded(exp(low + share * (high - low))) for share in shares]
    else:
        found = [_rounded(axis.low + share * (axis.high - axis.low)) for share in shares]
    if is_whole(axis, search.base):
        return list(dict.fromkeys(round(point) for point in found))
    return found


def readable(value: Value) -> Value:
    """A value with as many digits as matter, which is what a trial then uses.

    Args:
        value: as an oracle gives it.
    """
    return _rounded(value) if isinstance(value, float) else value


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def trial_spec(search: SearchSpec, values: Mapping[str, Value]) -> ExperimentSpec:
    """The spec of one trial.

    Args:
        search: the search.
        values: the trial's values by path.

    Returns:
        The base with those values; of a linear head, the nearest network.

    Raises:
        UserError: values that contradict each other.
    """
    if search.strategy == "head_grid":
        return linear_head.network(search.base, values)
    return _changed(search.base, values)


def _changed(base: ExperimentSpec, values: Mapping[str, Value]) -> ExperimentSpec:
    """The base with other values: those of one augmentation hold beside a set of them.

    A set says which changes there are; how many views of each image they make is the base's matter.
    """
    overrides = [f"{path}={value}" for path, value in values.items() if path != _SET]
    if _SET in values:
        kept = f"augmentation.bank={base.augmentation.bank}"
        overrides = [f"{_SET}={values[_SET]}", kept, *overrides]
    return apply_overrides(base, overrides)
