"""The built-in digits competition."""

import hashlib
from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.competition.demo import write_digits
from engine.competition.findings import TargetKind
from engine.errors import UserError
from tests.unit.competition.builders import workspace


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return whole.hexdigest()


def test_it_is_a_competition_and_every_writing_is_the_same(tmp_path: Path) -> None:
    write_digits(tmp_path / "a")
    (tmp_path / "b").mkdir()
    write_digits(tmp_path / "b")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    found = load_competition(tmp_path / "a", workspace(tmp_path))
    assert found.kind is TargetKind.MULTICLASS
    assert found.classes == tuple("0123456789")
    assert (len(found.ids), len(found.test_ids)) == (1437, 360)
    assert found.findings == ()


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    write_digits(tmp_path / "a")
    (tmp_path / "a" / "experiments.json").write_text("{}")
    before = digest(tmp_path / "a")
    write_digits(tmp_path / "a")
    assert digest(tmp_path / "a") == before


def test_something_else_is_not_written_over(tmp_path: Path) -> None:
    write_digits(tmp_path / "a")
    (tmp_path / "a" / "train" / "1.png").unlink()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("mine")
    (tmp_path / "c").write_text("a file")
    for name in ("a", "b", "c"):
        with pytest.raises(UserError, match="holds something else"):
            write_digits(tmp_path / name)
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["thesis.txt"]
