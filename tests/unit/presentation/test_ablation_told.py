"""What a factor is worth says which noise its errors hold."""

from app.presentation.reports import contribution_lines
from engine.experiment.compare import Contribution, SeedNoise, judged

RUN = Contribution(factor="head.dropout", value="0", experiment="7", worth=judged(-0.1, 0.01))
WAITS = Contribution(factor="rows", value="1", experiment="8", problem="queued")
UNKNOWN = "the errors are of the rows alone: how much two equal runs differ is not known"


def test_without_other_seeds_it_says_that_their_noise_is_missing() -> None:
    told = "\n".join(contribution_lines([RUN], None))
    assert "worse" in told
    assert UNKNOWN in told
    assert "--seeds 3" in told


def test_with_seeds_or_before_any_run_it_does_not() -> None:
    known = "\n".join(contribution_lines([RUN], SeedNoise(deviation=0.01, seeds=3)))
    assert UNKNOWN not in known
    assert "by 3 seeds of the baseline" in known
    assert UNKNOWN not in "\n".join(contribution_lines([WAITS], None))
