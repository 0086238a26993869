"""What is made of a file is whole, or not there."""

from pathlib import Path

import pytest

from engine.competition.derived import made_once
from tests.unit.competition.builders import table, workspace


def test_what_was_begun_and_not_finished_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, place = table(tmp_path / "a.csv", "one"), workspace(tmp_path)

    def killed(folder: Path) -> None:
        (folder / "half").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # A process that is ended takes nothing away.
        patched.setattr("engine.competition.derived.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            made_once(source, "unfolded", place, killed)
    (begun,) = (place.cache / "unfolded").iterdir()
    assert (begun / "half").exists()
    made = made_once(source, "unfolded", place, lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert list((place.cache / "unfolded").iterdir()) == [made]
