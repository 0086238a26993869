"""Small real competitions, written as Kaggle would."""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.jobs.workspace import Workspace


def picture(path: Path, seed: int, side: int = 24, **options: Any) -> Path:
    """A picture like no other: large coloured blocks drawn from the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST)
    image.save(path, **options)
    return path


def deep_png(path: Path, values: np.ndarray) -> Path:
    """A PNG of 16 bits a channel, RGB or RGBA, which Pillow reads but does not write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    height, width, channels = values.shape
    kind = {3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def pictures(folder: Path, names: Iterable[str], first_seed: int = 0) -> None:
    for seed, name in enumerate(names, start=first_seed):
        picture(folder / name, seed)


def table(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def zipped(archive: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return archive


def zipped_folder(archive: Path, folder: Path, prefix: str = "") -> Path:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return zipped(
        archive, {prefix + file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    )


def workspace(tmp_path: Path, settings: str = "") -> Workspace:
    root = tmp_path / "workspace"
    root.mkdir(exist_ok=True)
    if settings:
        (root / "hydra.toml").write_text(settings, encoding="utf-8")
    return Workspace(root)


def flowers(folder: Path, rows: int = 8, test: int = 4, suffix: str = ".png") -> Path:
    """Integer ids without extension, one 0/1 column, train/ and test/ both counted from 1."""
    pictures(folder / "train", [f"{i}{suffix}" for i in range(1, rows + 1)])
    pictures(folder / "test", [f"{i}{suffix}" for i in range(1, test + 1)], first_seed=1000)
    table(folder / "train_labels.csv", "name,tulip", *(f"{i},{i % 2}" for i in range(1, rows + 1)))
    table(folder / "sample_submission.csv", "name,tulip", *(f"{i},0.5" for i in range(1, test + 1)))
    return folder


def silent(_done: int, _total: int) -> None:
    """Progress nobody watches."""
