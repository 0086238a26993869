"""An ablation as bars, and as a plan."""

from app.presentation.ablation import ablation_chart, chart_key, plan_lines
from engine.experiment.compare import Contribution, SeedNoise, judged
from engine.experiment.spec import Stage
from engine.recipe.ablation import plan_ablation
from tests.functional.staging import record

FOUND = (
    Contribution(factor="rows", value="0.5", experiment="9", worth=judged(0.02, 0.02)),
    Contribution(factor="head.dropout", value="0.0", experiment="10", worth=judged(0.1, 0.01)),
    Contribution(factor="batch_size", value="64", experiment="11", worth=judged(-0.08, 0.01)),
    Contribution(factor="phases.0.epochs", value="7", experiment="12", problem="queued"),
    Contribution(
        factor="augmentation.rotation augmentation.zoom", value="0.0 0.0", experiment="13",
        worth=judged(0.05, None),
    ),
)  # fmt: skip


NOISE = SeedNoise(deviation=0.03, seeds=3)


def lines(width: int, noise: SeedNoise | None = NOISE) -> list[str]:
    return ablation_chart(FOUND, noise, width).plain.splitlines()


def test_bars_are_sorted_by_worth_and_what_waits_is_below() -> None:
    shown = lines(110)
    assert [line.split()[0] for line in shown[:4]] == [
        "head.dropout",
        "augmentation",
        "rows",
        "batch_size",
    ]
    assert shown[5].split(maxsplit=3)[3] == "… run 12: queued"
    verdicts = ["▲ +0.1000 ± 0.0100 better", "? +0.0500 unknown", "≈ +0.0200 ± 0.0200 within noise"]
    assert [line.endswith(verdict) for line, verdict in zip(shown, verdicts, strict=False)] == [
        True, True, True,
    ]  # fmt: skip
    assert "augmentation (2 fields)" in shown[1]


def test_every_bar_has_its_interval_around_its_worth_and_the_same_zero() -> None:
    shown = lines(110)[:4]
    for line in (shown[0], shown[2], shown[3]):
        assert line.index("├") < line.index("●") < line.index("┤")
    assert "├" not in shown[1], "nobody knows its error"
    zero = shown[0].index("│")
    assert shown[3].index("●") < zero < shown[0].index("●")
    assert lines(110)[4][zero] == "0"


def test_the_seeds_noise_is_a_band_around_nothing() -> None:
    first = lines(110)[0]
    assert first[first.index("│") - 1] == "░"
    assert "░" not in "".join(lines(110, noise=None))
    # So much two runs differ that are equal but for their seeds: the root of two times 4.303, which
    # 95 % of such differences are within where three seeds tell of them.
    assert "░ ± 0.1826: so much two equal runs differ, by 3 seeds of" in chart_key(FOUND, NOISE)
    of_two = chart_key(FOUND, SeedNoise(deviation=0.03, seeds=2))
    assert "░ ± 0.5391: so much two equal runs differ, by 2 seeds alone; + runs one more." in of_two
    assert "not known" in chart_key(FOUND, None)


def test_a_narrow_chart_leaves_the_error_to_the_bar_and_fits() -> None:
    shown = lines(68)
    assert max(map(len, shown)) <= 68
    assert shown[0].endswith("▲ +0.1000 better")


def test_before_any_run_has_ended_there_is_only_who_waits() -> None:
    waiting = FOUND[3:4]
    assert ablation_chart(waiting, None, 80).plain.strip().endswith("run 12: queued")
    assert "No run has ended yet" in chart_key(waiting, None)


def test_a_plan_lists_factors_seeds_and_costs() -> None:
    first = record(1)
    assert first.fit is not None
    more = {"rows": 0.5, "stage": Stage.REGULARIZE, "folds": first.fit.folds + 1}
    spec = first.fit.model_copy(update=more)
    second = record(2, Stage.REGULARIZE, spec=spec, parent="1")
    plan = plan_ablation([first, second], "2", None, 3)
    told = plan_lines(second, plan, [30.0, 40.0, 50.0])
    assert told[0] == "3 runs, about 2:00 in all."
    assert "  about 30 s  rows 0.5 → 1.0" in told
    assert "  about 50 s  1 with seed 2" in told
    assert plan_lines(second, plan, [None, 40.0, 50.0])[0] == "3 runs.", "half a sum is none"
    lost = plan.model_copy(update={"left_out": (("augmentation", "4 views are one."),)})
    told = plan_lines(second, lost, [30.0, 40.0, 50.0])
    assert told[-2:] == [
        "Left out, for it can't be taken back alone:",
        "  augmentation: 4 views are one.",
    ]


def test_a_plan_tells_what_has_been_run_already() -> None:
    first = record(1)
    assert first.fit is not None
    spec = first.fit.model_copy(update={"rows": 0.5, "stage": Stage.REGULARIZE})
    second = record(2, Stage.REGULARIZE, spec=spec, parent="1")
    seeded = record(3, spec=first.fit.model_copy(update={"seed": 2}))
    plan = plan_ablation([first, second, seeded], "2", None, 3)
    told = plan_lines(second, plan, [30.0])
    assert "2 without one factor each:" not in told, "nothing is left of them"
    assert told[-3:] == [
        "Run already, and used as it is:",
        "  1  rows 0.5 → 1.0",
        "  3  1 with seed 2",
    ]


def test_what_is_taken_back_to_nothing_says_so() -> None:
    one = Contribution(factor="leave_out", value="", experiment="9", worth=judged(0.02, 0.02))
    assert "leave_out (without: none)" in ablation_chart((one,), NOISE, 110).plain
