"""The machine's load as people read it."""

from app.presentation.load import bars, load_lines
from engine.system import GpuLoad, SystemLoad, WorkerLoad

GIB = 1 << 30


def load(percent: float, **more: object) -> SystemLoad:
    fields: dict[str, object] = {"cores": 8, "used": 4 * GIB, "total": 16 * GIB, "free_disk": None}
    return SystemLoad(percent=percent, **(fields | more))  # type: ignore[arg-type]


def test_bars_go_from_nothing_to_all_and_begin_at_the_right() -> None:
    assert bars([0.0, 0.5, 1.0, 7.0], 6) == "  ▁▅██"
    assert bars([0.1] * 9, 4) == "▂▂▂▂"
    assert bars([], 3) == "   "


def test_a_machine_without_gpu_or_workers() -> None:
    lines = load_lines([load(10), load(50, free_disk=80 * GIB)]).plain.splitlines()
    assert [line.split()[0] for line in lines] == ["CPU", "Memory", "Disk"]
    assert "50% of 8 cores" in lines[0]
    assert "4.0 of 16 GiB" in lines[1]
    assert lines[2] == "Disk   80 GiB free"


def test_a_large_gpu_fits_its_line() -> None:
    now = load(50, gpus=(GpuLoad(0, 100.0, 71 * GIB, 80 * GIB),))
    lines = load_lines([now] * 20).plain.splitlines()
    assert lines[2].endswith("100% 71 of 80 GiB")
    assert max(map(len, lines)) <= 42, "the pane has room for so many"


def test_gpus_workers_and_a_full_disk_are_told_of() -> None:
    now = load(
        50,
        free_disk=2 * GIB,
        gpus=(GpuLoad(1, 93.0, 7 * GIB, 16 * GIB),),
        workers=WorkerLoad(180.0, GIB),
    )
    text = load_lines([load(1), now]).plain
    assert "GPU 1" in text, "the first tells nothing"
    assert "93% 7.0 of 16 GiB" in text
    assert "180% 1.0 GiB" in text
    assert "2 GiB free ! nearly full" in text
