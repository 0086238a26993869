"""Who waits for what another process makes can be told to stop."""

from pathlib import Path

import pytest
from filelock import FileLock

from engine.competition import locks
from engine.competition.images import decode_images
from engine.competition.locks import exclusive
from engine.training.stopping import StopRequested
from tests.unit.competition.builders import pictures


def stop(_done: int, _total: int) -> None:
    raise StopRequested


def test_who_waits_for_decoded_images_hears_that_it_is_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_LOOK_SECONDS", 0.01)
    pictures(tmp_path / "train", ["a.png"])
    held = tmp_path / "cache" / "decoded" / "lock"
    held.parent.mkdir(parents=True)
    with FileLock(held), pytest.raises(StopRequested):
        decode_images([tmp_path / "train" / "a.png"], 8, tmp_path / "cache", stop)


def test_a_lock_is_taken_as_soon_as_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_LOOK_SECONDS", 0.01)
    other = FileLock(tmp_path / "lock")
    other.acquire()
    waited: list[None] = []

    def waiting() -> None:
        waited.append(None)
        if len(waited) == 3:
            other.release()

    with exclusive(tmp_path / "lock", waiting):
        assert len(waited) == 3
