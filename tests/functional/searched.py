"""Searches as their workers would have left them."""

from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.search import TrialState, Value
from engine.experiment.spec import ExperimentSpec, Stage
from engine.tuning.planning import plan_search
from tests.functional.staging import record

SEARCH = plan_search(ExperimentSpec(stage=Stage.REGULARIZE), ["head.units=64,128,256"], "grid")
DONE = TrialState(id="1", status="done", values={"head.units": 128}, score=0.31, seconds=4.0)
FAILED = TrialState(id="2", status="failed", values={"head.units": 64}, error="It broke.")


def search(number: int, status: Status, *trials: TrialState) -> ExperimentRecord:
    scores = Scores(val_log_loss=0.31) if status is Status.DONE else Scores()
    # Its events lie where those of a fit would, so that the same hand can write them.
    task = TaskRecord(name="fold0", fold=0, status=status, scores=scores, trials=trials)
    name = "search grid plain_cnn 64px"
    return record(
        number, Stage.REGULARIZE, status, spec=SEARCH, name=name, tasks=(task,), scores=scores
    )


def many(count: int = 12) -> tuple[TrialState, ...]:
    """Trials of a search over the learning rate and the head's units; the sixth fails."""
    trials = []
    for number in range(count):
        rate, units = 10 ** (-4 + 2 * number / count), (64, 128, 256)[number % 3]
        is_failed = number == 5
        values: dict[str, Value] = {"phases.0.learning_rate": rate, "head.units": units}
        trials.append(
            TrialState(
                id=str(number + 1),
                status="failed" if is_failed else "done",
                values=values,
                epoch=3 if is_failed else 10,
                score=None if is_failed else 0.3 + abs(number - 7) / 40 + units / 5000,
                seconds=20.0 + number,
                error="The loss is not a number." if is_failed else "",
            )
        )
    return tuple(trials)


WIDE = plan_search(
    ExperimentSpec(stage=Stage.REGULARIZE),
    ["phases.0.learning_rate=1e-4..1e-2", "head.units=64,128,256"],
    trials=20,
)


def wide_search(number: int, status: Status = Status.DONE) -> ExperimentRecord:
    one = search(number, status, *many())
    return one.model_copy(update={"spec": WIDE, "name": "search bayesian plain_cnn 64px"})
