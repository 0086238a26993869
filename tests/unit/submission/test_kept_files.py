"""What became of a CSV since it was exported; read again only when it was written."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.experiment.ledger import Submitted
from engine.submission import kept
from engine.submission.kept import Kept, KeptFiles

ANSWERS = b"id,answer\n1,0.5\n"


def entry(file: str = "a.csv") -> Submitted:
    return Submitted(
        number=1,
        at=datetime(2026, 1, 2, tzinfo=UTC),
        experiment="1",
        file=file,
        digest=hashlib.sha256(ANSWERS).hexdigest(),
        metric="auc",
    )


def test_what_became_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, path = KeptFiles(tmp_path), tmp_path / "a.csv"
    assert files.look(entry()) is Kept.GONE
    assert files.look(entry("a.csv/b.csv")) is Kept.GONE
    path.write_bytes(ANSWERS)
    assert files.look(entry()) is Kept.THERE
    assert files.look(entry("a.csv/b.csv")) is Kept.GONE
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it is as it was"))
    assert files.look(entry()) is Kept.THERE
    monkeypatch.setattr(Path, "read_bytes", read)
    path.write_bytes(ANSWERS.replace(b"5", b"6"))
    os.utime(path, ns=(1, 1))
    assert files.look(entry()) is Kept.CHANGED
    monkeypatch.setattr(kept, "_MOST_BYTES", 3)
    assert files.look(entry()) is Kept.THERE, "as far as can be told at once"
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(kept, "_MOST_BYTES", 1 << 20)
    assert files.look(entry("folder")) is Kept.UNREADABLE
