"""Zips as Kaggle delivers them, extracted into the workspace's cache and never beside them."""

import calendar
import os
import re
import shlex
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.competition.derived import made_once
from engine.competition.names import is_image, is_junk, words
from engine.errors import UserError
from engine.jobs.workspace import Workspace

_DEEPEST = 3
_SUSPICIOUS_RATIO = 200
_SUSPICIOUS_BYTES = 2**30
_KEPT_FREE = 2**28
# How to extract what is not read here.
_COMMANDS = {
    (".7z",): "7z x",
    (".rar",): "unrar x",
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"): "tar xf",
    (".csv.bz2", ".tsv.bz2"): "bunzip2",
    (".csv.xz", ".tsv.xz"): "unxz",
}
# `train.zip.001`: cut into files; `train.z01` beside `train.zip`: made so by zip itself.
_PART = re.compile(r"(?P<whole>.+\.(?:zip|7z|rar|tar|gz|tgz))\.(?P<part>\d{2,3})", re.IGNORECASE)
_SPLIT = ".z01"


@dataclass
class _Room:
    """What may still be written, shared by an archive and those inside it."""

    left: int


def extracted(archive: Path, workspace: Workspace, room: int | None = None) -> Path:
    """Extract a zip, and the zips in it, into the cache; do nothing when that was done before.

    Args:
        archive: the zip.
        workspace: whose cache receives the files.
        room: most bytes to write; by default what the disk has free, less a reserve.

    Returns:
        The folder that holds the content.

    Raises:
        UserError: the zip is damaged, encrypted, unsafe, or too large for the disk.
    """

    def write(folder: Path) -> None:
        left = shutil.disk_usage(folder).free - _KEPT_FREE if room is None else room
        _unpack(archive, folder, _Room(left), depth=1)

    return made_once(archive, "extracted", workspace, write)


def extraction(name: str) -> str | None:
    """The command that makes what is read of an archive which is not read here.

    Args:
        name: a file's path.

    Returns:
        The command, for a shell; None for other files, and for all parts of an archive but the
        first.
    """
    if match := _PART.fullmatch(name):
        whole = shlex.quote(match["whole"])
        return f"cat {whole}.* > {whole}" if int(match["part"]) in (0, 1) else None
    if name.lower().endswith(_SPLIT):
        return f"zip -s 0 {shlex.quote(name[:-4])}.zip --out {shlex.quote(name[:-4])}-whole.zip"
    found = (command for ends, command in _COMMANDS.items() if name.lower().endswith(ends))
    command = next(found, None)
    return f"{command} {shlex.quote(name)}" if command else None


def is_split(archive: Path) -> bool:
    """Whether a zip is the last of several files, which mean nothing one by one."""
    return archive.with_suffix(_SPLIT).is_file()


def top_names(archive: Path) -> tuple[str, ...]:
    """The names at the top of a zip, without what the operating system adds.

    Args:
        archive: the zip.

    Returns:
        Names of files and folders, each once, sorted.

    Raises:
        UserError: the file is no whole zip.
    """
    with _opened(archive) as opened:
        return _top(opened.namelist())


def image_names(archive: Path) -> list[str]:
    """The images in a zip, by their paths in it; those of zips inside are not among them.

    Args:
        archive: the zip.

    Returns:
        Paths with `/`, as they are listed.

    Raises:
        UserError: the file is no whole zip.
    """
    with _opened(archive) as opened:
        names = [name.replace("\\", "/") for name in opened.namelist()]
    return [name for name in names if is_image(name) and not is_junk(name)]


def mount_point(stem: str, names: Iterable[str], has_images: bool) -> str:
    """Where a zip's content belongs, seen from the zip's own folder.

    `train.zip` may hold `train/`, or the images themselves, or one folder a class; only the first
    says on its own that these are the training images.

    Args:
        stem: the zip's name without `.zip`.
        names: the names at its top.
        has_images: whether images lie at its top.

    Returns:
        `stem`, or an empty text for the zip's own folder.
    """
    telling = {"train", "test"}
    inside = {word for name in names for word in words(name)}
    if has_images or (telling & set(words(stem)) and not telling & inside):
        return stem
    return ""


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _damaged(archive, str(error)) from error
    except OSError as error:
        raise UserError(
            f"{archive} can't be read: {error.strerror}.",
            "a zip this user may read.",
            "check its permissions, or download it again.",
        ) from error


def _top(names: Iterable[str]) -> tuple[str, ...]:
    tops = {PurePosixPath(n.replace("\\", "/")).parts[:1] for n in names if not is_junk(n)}
    return tuple(sorted(top[0] for top in tops if top))


def _unpack(archive: Path, target: Path, room: _Room, depth: int) -> None:
    with _opened(archive) as opened:
        members = [m for m in opened.infolist() if not m.is_dir() and not is_junk(m.filename)]
        _refuse_unsafe(archive, members)
        _reserve(archive, members, room)
        for member in members:
            place = target / member.filename.replace("\\", "/")
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(archive, opened, member, place)
            if place.suffix.lower() == ".zip" and depth < _DEEPEST:
                _unpack_nested(place, room, depth)


def _unpack_nested(place: Path, room: _Room, depth: int) -> None:
    names = top_names(place)
    has_images = any(is_image(name) for name in names)
    mount = place.parent / mount_point(place.stem, names, has_images)
    _unpack(place, mount, room, depth + 1)
    room.left += place.stat().st_size
    place.unlink()


def _refuse_unsafe(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        name = member.filename.replace("\\", "/")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise _unsafe(archive, f"`{member.filename}` would be written outside its folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _unsafe(archive, f"`{member.filename}` is a symbolic link")
        if member.flag_bits & 1:
            raise UserError(
                f"{archive.name} is encrypted (`{member.filename}`).",
                "a zip without a password.",
                "extract it yourself and point to the folder.",
            )


def _reserve(archive: Path, members: list[zipfile.ZipInfo], room: _Room) -> None:
    # zipfile never yields more than a member's declared size, so this sum is a true bound.
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total > _SUSPICIOUS_BYTES and total > _SUSPICIOUS_RATIO * max(packed, 1):
        raise _unsafe(archive, f"{packed:,} bytes would become {total:,}")
    if total > room.left:
        raise UserError(
            f"{archive.name} needs {total:,} bytes once extracted; {max(room.left, 0):,} are free.",
            "enough free space in the workspace's cache.",
            "free some space, or choose a workspace on a larger disk with `-w DIR`.",
        )
    room.left -= total


def _write(archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    try:
        with opened.open(member) as source, place.open("xb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    except FileExistsError as error:
        raise _damaged(archive, f"holds `{member.filename}` twice") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(archive, f"`{member.filename}`: {error}") from error
    # The files' own dates keep the decoded-image cache valid when the archive is extracted anew.
    moment = _moment(member)
    if moment is not None:
        os.utime(place, (moment, moment))


def _moment(member: zipfile.ZipInfo) -> float | None:
    try:
        return float(calendar.timegm((*member.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return None


def _damaged(archive: Path, fault: str) -> UserError:
    return UserError(
        f"{archive.name} is not a whole zip file: {fault}.",
        "the zip as Kaggle delivers it.",
        "download it again.",
    )


def _unsafe(archive: Path, fault: str) -> UserError:
    return UserError(
        f"{archive.name} was not extracted: {fault}.",
        "a zip that holds plain files of plausible size.",
        "don't trust this file; download the competition's data again from its own page.",
    )
