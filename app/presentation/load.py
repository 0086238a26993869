"""The machine's load as lines of text."""

from collections.abc import Sequence

from rich.text import Text

from engine.system import SystemLoad

_BARS = "▁▂▃▄▅▆▇█"
_BAR = 14
_GIB = 1 << 30
_LOW_DISK = 5 * _GIB


def bars(shares: Sequence[float], width: int) -> str:
    """The newest shares, from nothing to all, one character each.

    Args:
        shares: from 0 to 1, the newest last.
        width: characters; blank where there is no share yet.
    """
    shown = [min(max(share, 0.0), 1.0) for share in shares[-width:]]
    return "".join(_BARS[round(share * (len(_BARS) - 1))] for share in shown).rjust(width)


def load_lines(loads: Sequence[SystemLoad]) -> Text:
    """A line for each thing that may run out.

    Args:
        loads: the readings, the newest last.
    """
    now = loads[-1]
    lines = [
        _line(
            "CPU",
            [one.percent / 100 for one in loads],
            f"{now.percent:3.0f}%",
            f"of {now.cores} cores",
        ),
        _line("Memory", [one.used / one.total for one in loads], *_bytes(now.used, now.total)),
    ]
    for gpu in now.gpus:
        shares = [
            one.percent / 100 for load in loads for one in load.gpus if one.number == gpu.number
        ]
        detail = "".join(_bytes(gpu.used, gpu.total))
        lines.append(_line(f"GPU {gpu.number}", shares, f"{gpu.percent:3.0f}%", detail))
    if now.workers is not None:
        shares = [one.workers.percent / (100 * one.cores) if one.workers else 0.0 for one in loads]
        detail = f"{_gib(now.workers.memory)} GiB"
        lines.append(_line("Worker", shares, f"{now.workers.percent:3.0f}%", detail))
    if now.free_disk is not None:
        disk = Text(f"{'Disk':7}{now.free_disk / _GIB:.0f} GiB free")
        if now.free_disk < _LOW_DISK:
            disk.append(" ! nearly full", "bold yellow")
        lines.append(disk)
    return Text("\n").join(lines)


def _bytes(used: int, total: int) -> tuple[str, str]:
    return _gib(used), f" of {_gib(total)} GiB"


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f}" if size < 10 * _GIB else f"{size / _GIB:.0f}"


def _line(name: str, shares: Sequence[float], figure: str, detail: str) -> Text:
    text = Text(f"{name:7}")
    text.append(bars(shares, _BAR), "cyan")
    text.append(f" {figure}", "bold")
    text.append(f" {detail.strip()}", "dim")
    return text
