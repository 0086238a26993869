"""Where weights come from, and that nobody's file is ever touched."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import doctor
from engine.errors import UserError
from engine.experiment.backbones import BACKBONES, BackboneFacts
from engine.experiment.weights_file import local_file
from engine.models import weights
from engine.models.backbones import build_backbone
from engine.models.offline import cached_weights
from engine.models.weights import imagenet_file, keras_cache

CONTENT = b"weights" * 1000
FACTS = replace(BACKBONES["vgg16"], hash=hashlib.md5(CONTENT, usedforsecurity=False).hexdigest())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server with one file."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "file.h5").write_bytes(CONTENT)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/file.h5"
        server.shutdown()


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/file.h5"


def refused(facts: BackboneFacts) -> UserError:
    with pytest.raises(UserError) as caught:
        imagenet_file(facts)
    return caught.value


def test_without_a_network_it_fails_at_once_and_says_what_to_do(
    cache: Path, deaf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, within, reason in (
        (deaf, 0.2, "no answer within"),
        ("http://127.0.0.1:9/file.h5", 4.0, "refused"),
    ):
        monkeypatch.setattr(weights, "_ANSWER_WITHIN", within)
        began = time.monotonic()
        error = refused(replace(FACTS, url=url))
        assert time.monotonic() - began < 30
        assert reason in error.happened
        assert error.happened.startswith("The ImageNet weights of vgg16 are not here")
        assert str(FACTS.file) in error.expected
        assert all(part in error.fix for part in (url, str(cache), "efficientnet_lite0"))
        assert not list(cache.glob("*.h5"))


def test_whichever_clock_runs_out_first_the_reason_is_the_same(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf_at_once(*_: object, **__: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(weights, "urlopen", deaf_at_once)
    assert "no answer within" in refused(replace(FACTS, url="https://example.org/f.h5")).happened


def test_what_is_fetched_is_kept(cache: Path, server: str) -> None:
    path = imagenet_file(replace(FACTS, url=server))
    assert path == cache / str(FACTS.file)
    assert path.read_bytes() == CONTENT
    # The second time nobody is asked.
    assert imagenet_file(replace(FACTS, url="http://127.0.0.1:9/file.h5")) == path
    assert [child.name for child in cache.iterdir() if child.is_dir()] == []


def test_something_else_than_was_published_is_not_kept(cache: Path, server: str) -> None:
    error = refused(replace(FACTS, url=server, hash="0" * 64))
    assert "not what Keras published" in error.happened
    assert not list(cache.rglob("*.h5"))


def test_a_damaged_file_is_refused_and_left_as_it_is(cache: Path) -> None:
    cache.mkdir(parents=True)
    path = cache / str(BACKBONES["vgg16"].file)
    path.write_bytes(b"half a downl")
    before = path.stat()
    with pytest.raises(UserError, match="damaged or incomplete") as caught:
        build_backbone("vgg16", 32, "imagenet")
    assert str(path) in caught.value.fix
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert path.read_bytes() == b"half a downl"
    assert cached_weights() == ([], [path])


def test_the_cache_is_where_keras_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/kept")
    assert keras_cache() == tmp_path / "kept" / "models"
    monkeypatch.delenv("KERAS_HOME")
    assert keras_cache() == tmp_path / ".keras" / "models"


def test_whole_files_in_the_cache_are_listed(cache: Path) -> None:
    assert cached_weights() == ([], [])
    cache.mkdir(parents=True)
    # Keras knows no hash of this one.
    (cache / str(BACKBONES["mobilenet"].file)).write_bytes(CONTENT)
    assert cached_weights() == (["mobilenet"], [])


def test_the_doctor_says_what_is_here(cache: Path) -> None:
    check = doctor._weights()
    assert check.is_well
    assert "efficientnet_lite0" in check.found
    assert check.found.endswith(f"in {cache}: none")
    cache.mkdir(parents=True)
    (cache / str(BACKBONES["mobilenet"].file)).write_bytes(CONTENT)
    (cache / str(BACKBONES["xception"].file)).write_bytes(CONTENT)
    check = doctor._weights()
    assert not check.is_well
    assert f"in {cache}: mobilenet; damaged: xception_weights" in check.found
    assert "damaged files" in check.fix


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match="no weights at") as caught:
        local_file("~/missing.h5")
    assert str(tmp_path / "missing.h5") in caught.value.happened
