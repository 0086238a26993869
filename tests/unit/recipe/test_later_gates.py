"""The gates behind regularize: widen, ensemble, pseudo-label; floors, and gates passed."""

from math import log
from typing import Any

import pytest

from engine.blending.methods import Method
from engine.experiment.compare import Difference, judged
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from engine.pilot.telling import told_of
from engine.recipe.choosing import best_to_submit, members_of
from engine.recipe.floors import floor_of_smoothing, reachable_floor
from engine.recipe.proposals import pseudo_labelling, widening
from engine.recipe.stages import GateState, Rung, climb
from tests.unit.recipe.made_up import blend, done, photographs


def rung(
    stage: Stage,
    *records: ExperimentRecord,
    passed: frozenset[str] = frozenset(),
    metric: str = "log_loss",
) -> Rung:
    ladder = climb(photographs(metric=metric), records, passed)
    (found,) = [one for one in ladder if one.stage is stage]
    return found


@pytest.mark.parametrize(
    ("classes", "hard", "smoothed"), [(2, -log(0.95), 0.1985), (10, -log(0.91), 0.5003)]
)
def test_smoothing_sets_a_floor(classes: int, hard: float, smoothed: float) -> None:
    assert floor_of_smoothing(0.1, classes) == pytest.approx((hard, smoothed), abs=1e-4)
    assert floor_of_smoothing(0.0, classes) == (0.0, 0.0)


def test_the_overfit_gate_shows_its_floor() -> None:
    smooth = done("1", Stage.OVERFIT, 0.3, "rows=1", "loss.label_smoothing=0.1", train=0.06)
    assert reachable_floor(smooth.fit, photographs()) == pytest.approx(0.0513, abs=1e-4)  # type: ignore[arg-type] # a fit
    assert rung(Stage.OVERFIT, smooth).reading == "train 0.0600, floor 0.0513"
    # Training ends there, and may pass by a lower loss on the way.
    lower = done("1", Stage.OVERFIT, 0.3, "rows=1", "loss.label_smoothing=0.1", train=0.05)
    assert rung(Stage.OVERFIT, lower).reading == "train 0.0500, floor about 0.0513"
    plain = done("1", Stage.OVERFIT, 0.3, "rows=1", train=0.005)
    assert rung(Stage.OVERFIT, plain).reading == "train 0.0050"
    few = done("1", Stage.OVERFIT, 0.3, "rows=0.1", train=0.005)
    assert rung(Stage.OVERFIT, few).reading == "train 0.0050, 10% of rows"


def test_a_baseline_must_be_soon_and_on_half_of_the_rows() -> None:
    assert rung(Stage.BASELINE, done("1", Stage.BASELINE, 0.2)).state is GateState.OPEN
    for seconds in (899.9, 900.0):
        soon = done("1", Stage.BASELINE, 0.2, seconds=seconds)
        assert rung(Stage.BASELINE, soon).state is GateState.OPEN
    slow = done("1", Stage.BASELINE, 0.2, seconds=900.1)
    assert rung(Stage.BASELINE, slow).state is GateState.SHUT
    assert rung(Stage.BASELINE, slow).reading == "took 15 min, not 15"
    # It is the slowest fold that one waits for.
    two = done("1", Stage.BASELINE, 0.2, folds=2)
    uneven = tuple(
        one.model_copy(update={"seconds": seconds})
        for one, seconds in zip(two.tasks, (1200.0, 10.0), strict=True)
    )
    slowest = rung(Stage.BASELINE, two.model_copy(update={"tasks": uneven}))
    assert slowest.reading == "took 20 min, not 15"
    most = done("1", Stage.BASELINE, 0.2, "rows=0.51")
    assert rung(Stage.BASELINE, most).state is GateState.SHUT
    # A second one that meets all conditions opens it, though its loss is higher.
    assert rung(Stage.BASELINE, most, done("2", Stage.BASELINE, 0.3)).experiment == "2"


def test_widening_counts_backbones_and_sizes() -> None:
    two = [
        done("1", Stage.REGULARIZE, 0.3, "image_size=32", folds=5),
        done("2", Stage.WIDEN, 0.3, "image_size=48", folds=5),
        done("3", Stage.WIDEN, 0.3, "image_size=48", folds=5),
        done("4", Stage.WIDEN, 0.3, "image_size=64", folds=1),
    ]
    assert rung(Stage.WIDEN, *two).reading == "2 different, 1 more wanted"
    third = done("5", Stage.WIDEN, 0.3, "image_size=48", "backbone=wide_cnn", folds=5)
    assert rung(Stage.WIDEN, *two, third).state is GateState.OPEN
    assert {one.id for one in members_of([*two, third])} == {"1", "2", "3", "5"}


@pytest.mark.parametrize(
    ("gain", "state"),
    [
        ((0.0196, 0.01), GateState.SHUT),
        ((0.01961, 0.01), GateState.OPEN),
        ((-0.5, 0.01), GateState.SHUT),
    ],
)
def test_an_ensemble_beats_its_best_member_beyond_noise(
    gain: tuple[float, float], state: GateState
) -> None:
    assert rung(Stage.ENSEMBLE, blend("3", 0.2, ("1", "2"), gain=gain)).state is state


def test_pseudo_labels_are_judged_alone_and_in_the_blend() -> None:
    clean = {"parent_gain": -0.001, "parent_gain_error": 0.001}
    mine = done("3", Stage.PSEUDO_LABEL, 0.2, "pseudo.source=1", folds=5, scores=clean)
    before = blend("4", 0.19, ("1", "2"))
    assert rung(Stage.PSEUDO_LABEL, mine, before).reading.endswith("not blended yet")
    # Of 0.01 each: their difference is noise up to 0.0277.
    better = blend("5", 0.16, ("1", "2", "3"))
    assert rung(Stage.PSEUDO_LABEL, mine, before, better).state is GateState.OPEN
    no_better = blend("5", 0.17, ("1", "2", "3"))
    found = rung(Stage.PSEUDO_LABEL, mine, before, no_better)
    told = "blend 0.170 vs 0.190 of 4, noise 0.028: within noise"
    assert (found.state, found.reading) == (GateState.SHUT, told)
    # Held against each other row by row.
    paired = no_better.blend and no_better.blend.model_copy(update={"against": (("4", 0.002),)})
    known = no_better.model_copy(update={"blend": paired})
    assert rung(Stage.PSEUDO_LABEL, mine, before, known).state is GateState.OPEN
    worse = done(
        "3", Stage.PSEUDO_LABEL, 0.2, "pseudo.source=1", folds=5,
        scores={"parent_gain": -0.01, "parent_gain_error": 0.001},
    )  # fmt: skip
    assert rung(Stage.PSEUDO_LABEL, worse, before, better).state is GateState.SHUT


def test_a_run_without_a_source_is_no_pseudo_labelling() -> None:
    clean = {"parent_gain": 0.02, "parent_gain_error": 0.001}
    mine = done("3", Stage.PSEUDO_LABEL, 0.2, folds=5, scores=clean)
    before, better = blend("4", 0.19, ("1", "2")), blend("5", 0.16, ("1", "2", "3"))
    found = rung(Stage.PSEUDO_LABEL, mine, before, better)
    assert (found.state, found.experiment) == (GateState.WAITING, None)


def test_blends_with_and_without_pseudo_labels_are_judged_on_the_folds_of_both() -> None:
    clean = {"parent_gain": -0.001, "parent_gain_error": 0.001}
    mine = done("3", Stage.PSEUDO_LABEL, 0.2, "pseudo.source=1", folds=5, scores=clean)
    # The first fold is easy for both: over all folds the one without stands at 0.26.
    folds = [0.10, 0.30, 0.30, 0.30, 0.30]
    whole = blend("4", 0.26, ("1", "2"))
    tasks = [
        task.model_copy(update={"scores": task.scores.model_copy(update={"val_log_loss": loss})})
        for task, loss in zip(whole.tasks, folds, strict=True)
    ]
    before = whole.model_copy(update={"tasks": tuple(tasks)})
    after = blend("5", 0.12, ("1", "2", "3"), folds=1)
    found = rung(Stage.PSEUDO_LABEL, mine, before, after)
    told = "blend 0.120 vs 0.100 of 4, noise 0.028: within noise"
    assert (found.state, found.reading) == (GateState.SHUT, told)


def test_a_gate_that_a_person_passed_is_behind() -> None:
    shut = done("1", Stage.OVERFIT, 0.3, train=0.3)
    found = rung(Stage.OVERFIT, shut, passed=frozenset({"overfit"}))
    assert (found.state, found.state.is_behind) == (GateState.PASSED, True)
    opened = done("1", Stage.OVERFIT, 0.3, train=0.001)
    assert rung(Stage.OVERFIT, opened, passed=frozenset({"overfit"})).state is GateState.OPEN


def test_what_is_submitted_is_the_best_on_the_same_rows() -> None:
    lone = done("1", Stage.OVERFIT, 0.5)
    many = done("2", Stage.REGULARIZE, 0.3, folds=5)
    assert best_to_submit([lone, many]) is many
    # Far better where both were: more folds are worth less than that.
    great = done("3", Stage.REGULARIZE, 0.1)
    assert best_to_submit([lone, many, great]) is great
    ensemble = blend("4", 0.05, ("2", "3"))
    assert best_to_submit([lone, many, great, ensemble]) is ensemble
    assert best_to_submit([]) is None


def test_a_far_better_fit_is_widened_though_another_has_more_folds() -> None:
    poor = done("1", Stage.REGULARIZE, 0.56, folds=5)
    great = done("2", Stage.REGULARIZE, 0.03)
    assert {parent for _, parent in widening(photographs(), [poor])} == {"1"}
    assert {parent for _, parent in widening(photographs(), [poor, great])} == {"2"}
    assert pseudo_labelling([poor, great])[1] == "2"


@pytest.mark.parametrize("status", [Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
def test_folds_that_were_done_count_though_the_others_were_not(status: Status) -> None:
    lone = done("1", Stage.OVERFIT, 0.5)
    whole = done("2", Stage.REGULARIZE, 0.3, folds=5)
    last = whole.tasks[-1].model_copy(update={"status": status, "scores": Scores()})
    halted = whole.model_copy(update={"status": status, "tasks": (*whole.tasks[:-1], last)})
    assert best_to_submit([lone, halted]) is halted
    assert members_of([lone, halted]) == [halted]
    assert members_of([whole.model_copy(update={"id": "3"}), halted])[0].id == "3"
    none = halted.model_copy(update={"tasks": (last,)})
    assert best_to_submit([lone, none]) is lone


def by_auc(ensemble: ExperimentRecord, gain: Difference | None, **scores: Any) -> ExperimentRecord:
    """The ensemble in a competition that is scored by AUC."""
    assert ensemble.blend is not None
    known = {"metric": "auc", "val_metric": 0.97, "val_auc": 0.97} | scores
    tasks = tuple(
        task.model_copy(update={"scores": task.scores.model_copy(update=known)})
        for task in ensemble.tasks
    )
    return ensemble.model_copy(
        update={
            "scores": ensemble.scores.model_copy(update=known),
            "tasks": tasks,
            "blend": ensemble.blend.model_copy(update={"metric_gain": gain, "metric_best": "1"}),
        }
    )


@pytest.mark.parametrize(
    ("by_metric", "by_loss", "state", "reading"),
    [
        (
            (-0.010, 0.002),
            (0.02, 0.001),
            GateState.SHUT,
            "AUC 0.970 vs 0.980 of 1, noise 0.004: worse",
        ),
        (
            (0.010, 0.002),
            (-0.02, 0.001),
            GateState.OPEN,
            "AUC 0.970 vs 0.960 of 1, noise 0.004: better",
        ),
        # As good an order, and better probabilities.
        ((0.001, 0.002), (0.02, 0.001), GateState.OPEN, "0.200 vs 0.220 of 1, noise 0.002: better"),
        (
            (0.001, 0.002),
            (0.00, 0.001),
            GateState.SHUT,
            "0.200 vs 0.200 of 1, noise 0.002: within noise",
        ),
    ],
)
def test_a_blend_must_not_be_worse_by_the_metric(
    by_metric: tuple[float, float], by_loss: tuple[float, float], state: GateState, reading: str
) -> None:
    found = rung(
        Stage.ENSEMBLE, by_auc(blend("9", 0.2, ("1", "2"), gain=by_loss), judged(*by_metric))
    )
    assert (found.state, found.reading) == (state, reading)


def test_ranks_open_the_gate_by_their_order_alone() -> None:
    ranks = blend("9", 0.2, ("1", "2"))
    assert isinstance(ranks.spec, EnsembleSpec)
    ranks = ranks.model_copy(update={"spec": ranks.spec.model_copy(update={"method": Method.RANK})})
    nothing = {"val_log_loss": None, "parent_gain": None, "parent_gain_error": None}
    better = by_auc(ranks, judged(0.01, 0.002), **nothing)
    assert (
        rung(Stage.ENSEMBLE, better, metric="auc").reading
        == "AUC 0.970 vs 0.960 of 1, noise 0.004: better"
    )
    same = by_auc(ranks, judged(0.01, 0.02), **nothing)
    assert rung(Stage.ENSEMBLE, same, metric="auc").state is GateState.SHUT
    noted_before = by_auc(ranks, None)
    assert noted_before.scores.parent_gain is not None
    assert rung(Stage.ENSEMBLE, noted_before, metric="auc").state is GateState.SHUT
    # They can be submitted all the same.
    assert best_to_submit([better]) is better
    assert told_of(better) == "val AUC 0.9700 in 0 s"


def test_a_blend_of_poor_members_does_not_open_the_gate() -> None:
    single = done("1", Stage.REGULARIZE, 0.17, folds=5)
    good = blend("8", 0.169, ("1", "2"), gain=(0.001, 0.001))
    poor = blend("9", 0.20, ("3", "4"), gain=(0.05, 0.001))
    # Of two blends, the best is judged, which is the one that will be submitted.
    found = rung(Stage.ENSEMBLE, single, good, poor)
    assert (found.state, found.experiment) == (GateState.SHUT, "8")
    # One that leaves the best run out is held against that run.
    alone = rung(Stage.ENSEMBLE, single, poor)
    assert (alone.state, alone.reading) == (
        GateState.SHUT,
        "0.200 vs 0.170 of 1, noise 0.028: worse",
    )
    assert rung(Stage.ENSEMBLE, single, blend("9", 0.1, ("3", "4"))).state is GateState.OPEN
    # Nor is a blend over five folds held against a run of one.
    short = done("1", Stage.REGULARIZE, 0.17)
    assert rung(Stage.ENSEMBLE, short, poor).state is GateState.OPEN


def test_a_blend_with_the_twin_of_the_best_run_is_held_against_its_members() -> None:
    first = done("1", Stage.REGULARIZE, 0.1701, folds=5)
    again = done("2", Stage.REGULARIZE, 0.17, folds=5)
    assert rung(Stage.ENSEMBLE, first, again, blend("9", 0.169, ("1",))).state is GateState.OPEN
    later = done("3", Stage.PSEUDO_LABEL, 0.16, folds=5)
    assert rung(Stage.ENSEMBLE, first, later, blend("9", 0.169, ("1",))).state is GateState.OPEN


def test_a_blend_must_not_be_worse_than_the_best_run_by_the_metric() -> None:
    known = {"metric": "auc", "val_metric": 0.99, "val_auc": 0.99}
    single = done("1", Stage.REGULARIZE, 0.3, folds=5, scores=known)
    other = by_auc(blend("9", 0.2, ("3", "4")), judged(0.01, 0.002))
    found = rung(Stage.ENSEMBLE, single, other, metric="auc")
    assert (found.state, found.reading) == (
        GateState.SHUT,
        "AUC 0.970 vs 0.990 of 1, noise 0.024: within noise",
    )


def run_with_auc(
    identifier: str, stage: Stage, loss: float, auc: float, *overrides: str
) -> ExperimentRecord:
    known = {"metric": "auc", "val_metric": auc, "val_auc": auc}
    return done(identifier, stage, loss, *overrides, folds=5, scores=known)


@pytest.mark.parametrize(("loss", "method"), [(None, Method.RANK), (0.2, Method.MEAN)])
def test_by_another_metric_the_best_run_is_beaten_by_that_metric(
    loss: float | None, method: Method
) -> None:
    """Ranks have no log-loss at all; a blend of probabilities may have the same."""
    members = [
        run_with_auc(str(n), Stage.REGULARIZE, 0.3, 0.9, f"image_size={32 + 16 * n}")
        for n in (1, 2, 3)
    ]
    rival = run_with_auc("4", Stage.OVERFIT, 0.2, 0.91, "image_size=128")
    ensemble = blend("5", 0.2, ("1", "2", "3"))
    ensemble = ensemble.model_copy(
        update={"spec": EnsembleSpec(members=("1", "2", "3"), method=method)}
    )
    told = {"val_log_loss": loss} | ({} if loss else {"parent_gain": None})
    good, poor = (
        by_auc(ensemble, judged(0.067, 0.005), val_metric=auc, val_auc=auc, **told)
        for auc in (0.97, 0.905)
    )
    found = rung(Stage.ENSEMBLE, *members, rival, good, metric="auc")
    assert (found.state, found.reading) == (
        GateState.OPEN,
        "AUC 0.970 vs 0.910 of 4, noise 0.042: better",
    )
    assert best_to_submit([*members, rival, good], "auc") is good
    found = rung(Stage.ENSEMBLE, *members, rival, poor, metric="auc")
    assert (found.state, found.reading) == (
        GateState.SHUT,
        "AUC 0.905 vs 0.910 of 4, noise 0.043: within noise",
    )


def test_a_blend_of_a_blend_is_not_held_against_what_is_in_it() -> None:
    fits = [
        done(str(n), Stage.REGULARIZE, loss, f"image_size={32 * n}", folds=5)
        for n, loss in ((3, 0.300), (4, 0.305), (5, 0.310))
    ]
    first = blend("6", 0.288, ("3", "4"), gain=(0.012, 0.004))
    second = blend("7", 0.282, ("6", "5"), gain=(0.006, 0.002))
    found = rung(Stage.ENSEMBLE, *fits, first, second)
    assert (found.state, found.experiment) == (GateState.OPEN, "7")
    assert found.reading == "0.282 vs 0.288 of 6, noise 0.004: better"


def test_a_blend_with_ranks_in_it_counts_by_its_order() -> None:
    fit = run_with_auc("1", Stage.REGULARIZE, 0.3, 0.86)
    mixed = by_auc(blend("2", 0.3, ("1",)), None, val_log_loss=None, parent_gain=None)
    assert best_to_submit([fit, mixed], "auc") is mixed
