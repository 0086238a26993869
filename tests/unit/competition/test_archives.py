"""Zips are extracted once, into the cache, and only when that is safe."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from engine.competition.archives import extracted
from engine.errors import UserError
from tests.unit.competition.builders import workspace, zipped


def test_content_is_extracted_once_and_again_when_the_zip_changes(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    archive = zipped(tmp_path / "a.zip", {"x/1.txt": b"one", "__MACOSX/x": b"", ".hidden": b""})
    first = extracted(archive, place)
    assert first.parent == place.cache / "extracted"
    assert [p.relative_to(first).as_posix() for p in first.rglob("*")] == ["x", "x/1.txt"]
    (first / "mark").touch()
    assert (extracted(archive, place) / "mark").exists()
    zipped(archive, {"x/1.txt": b"three"})
    again = extracted(archive, place)
    assert again != first
    assert (again / "x" / "1.txt").read_bytes() == b"three"


def test_what_a_process_left_that_was_ended_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace(tmp_path)
    archive = zipped(tmp_path / "a.zip", {"1.txt": b"one"})
    with monkeypatch.context() as ended:
        # As little is run after a signal as here.
        ended.setattr("engine.competition.archives.shutil.rmtree", lambda *_, **__: None)
        ended.setattr("engine.competition.archives._unpack", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            extracted(archive, place)
    assert len(list((place.cache / "extracted").iterdir())) == 1
    content = extracted(archive, place)
    assert list((place.cache / "extracted").iterdir()) == [content]


def test_nested_zips_take_their_own_name_unless_they_hold_it(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as opened:
        opened.writestr("cat/1.jpg", b"x")
    outer = zipped(
        tmp_path / "a.zip", {"train.zip": inner.getvalue(), "part.zip": inner.getvalue()}
    )
    with pytest.raises(UserError, match="not a whole zip"):
        extracted(zipped(tmp_path / "b.zip", {"part.zip": b"PK"}), workspace(tmp_path))
    content = extracted(outer, workspace(tmp_path))
    files = sorted(p.relative_to(content).as_posix() for p in content.rglob("*") if p.is_file())
    assert files == ["cat/1.jpg", "train/cat/1.jpg"]


@pytest.mark.parametrize("name", ["../x.txt", "/etc/x.txt", "a/../../x.txt", "C:\\x.txt", "..\\x"])
def test_a_member_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", {"fine.txt": b"", name: b"bad"})
    place = workspace(tmp_path)
    with pytest.raises(UserError, match="outside its folder"):
        extracted(archive, place)
    assert list((place.cache / "extracted").iterdir()) == []


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(link, "/etc")
    with pytest.raises(UserError, match="symbolic link"):
        extracted(tmp_path / "a.zip", workspace(tmp_path))


def test_a_zip_larger_than_the_room_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x": bytes(1000), "y": bytes(1000)})
    with pytest.raises(UserError, match=r"needs 2,000 bytes once extracted; 1,500 are free"):
        extracted(archive, workspace(tmp_path), room=1500)
    assert extracted(archive, workspace(tmp_path), room=2000).is_dir()


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"zeros": bytes(1000)})
    content = bytearray(archive.read_bytes())
    declared = content.index(b"PK\x01\x02") + 24
    content[declared : declared + 4] = (2**31).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(UserError, match=r"1,000 bytes would become 2,147,483,648"):
        extracted(archive, workspace(tmp_path), room=2**40)


@pytest.mark.parametrize("spoil", ["truncated", "not a zip", "flipped"])
def test_a_damaged_zip_is_refused(tmp_path: Path, spoil: str) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.txt": b"content" * 100})
    content = archive.read_bytes()
    spoilt = {
        "truncated": content[:-30],
        "not a zip": b"hello",
        "flipped": content.replace(b"content", b"contend", 1),
    }
    archive.write_bytes(spoilt[spoil])
    place = workspace(tmp_path)
    with pytest.raises(UserError, match=r"a\.zip is not a whole zip file"):
        extracted(archive, place)
    assert list((place.cache / "extracted").iterdir()) == []
