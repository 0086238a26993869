"""Which ways to blend are tried beside each other, and which only when somebody asks."""

import pytest

from app.presentation import ways
from app.presentation.text import network_text
from app.presentation.ways import Way, ways_to_blend
from engine.blending.methods import MetaLearner, Method
from engine.experiment.ensemble import EnsembleSpec
from engine.installing import is_installed
from engine.queue import name_of
from tests.unit.recipe.made_up import blend, photographs


def names(found: tuple[Way, ...]) -> list[str]:
    return [one.told + (" (slow)" if one.is_slow else "") for one in found]


SOON = ["mean", "mean, tempered", "geometric", "weighted", "weighted, tempered", "selection",
        "selection, tempered", "stack, logistic"]  # fmt: skip


@pytest.fixture(autouse=True)
def without_boosting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "is_installed", lambda _: False)


def test_what_takes_long_is_last_and_waits_to_be_asked() -> None:
    assert names(ways_to_blend("log_loss", photographs())) == [*SOON, "stack, forest (slow)"]


def test_ranks_are_offered_where_only_the_order_counts() -> None:
    found = names(ways_to_blend("auc", photographs()))
    assert found == [*SOON[:3], "rank", *SOON[3:], "stack, forest (slow)"]


def test_in_a_big_competition_a_stack_waits_to_be_asked() -> None:
    counts = tuple((str(number), 200) for number in range(100))
    for about in (photographs(20_000, class_counts=counts), None):
        assert names(ways_to_blend("accuracy", about))[7:] == [
            "stack, logistic (slow)", "stack, forest (slow)",
        ]  # fmt: skip


def test_boosting_is_offered_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "is_installed", "xgboost".__eq__)
    assert names(ways_to_blend("auc", photographs()))[-2] == "stack, boosting (slow)"


def test_whether_a_package_is_there_is_known_without_it() -> None:
    assert is_installed("numpy")
    assert not is_installed("no_such_package_anywhere")


def test_no_two_ways_make_the_same_blend() -> None:
    found = [one.of(("1", "2")) for one in ways_to_blend("auc", photographs())]
    assert len(set(found)) == len(found)
    assert EnsembleSpec(members=("1", "2"), method=Method.WEIGHTED, calibrated=True) in found
    assert found[-1].learner is MetaLearner.FOREST


def test_tables_tell_blends_apart() -> None:
    members = ("1", "2", "3")

    def told(method: Method, learner: str = "logistic", calibrated: bool = False) -> str:
        spec = EnsembleSpec(
            members=members, method=method, learner=MetaLearner(learner), calibrated=calibrated
        )
        brief = network_text(blend("4", 0.2, members).model_copy(update={"spec": spec}))
        assert name_of(spec) == f"ensemble {brief}"
        return brief

    assert told(Method.MEAN) == "mean of 3"
    assert told(Method.MEAN, calibrated=True) == "mean of 3, tempered"
    assert told(Method.STACK) == "stack of 3"
    assert told(Method.STACK, "forest") == "forest of 3"
    assert told(Method.STACK, "boosting") == "boosting of 3"
    assert told(Method.WEIGHTED, "forest") == "weighted of 3", "which learns by no forest"
