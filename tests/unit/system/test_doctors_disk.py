"""What the doctor says of the disk: what is free, and what of a workspace can be given back."""

from pathlib import Path

import pytest

from engine import doctor
from engine.jobs.workspace import Workspace


def test_large_caches_are_told_with_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_GIB", 10 << 20)
    assert "of caches" not in doctor._disk(tmp_path).found
    cache = Workspace(tmp_path).cache
    (cache / "images").mkdir(parents=True)
    (cache / "images" / "224.npy").write_bytes(b"1" * (2 << 20))
    assert f"; 0.2 GiB of caches can be deleted ({cache})" in doctor._disk(tmp_path).found
    # As a cache that is filled little by little: its length tells nothing of what it takes.
    (cache / "images" / "224.npy").unlink()
    with (cache / "sparse.npy").open("wb") as file:
        file.truncate(10 << 20)
    assert "of caches" not in doctor._disk(tmp_path).found
