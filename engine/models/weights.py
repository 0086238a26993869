"""Where pretrained weights lie, and how Keras' own come there; imports nothing heavy.

Keras' `get_file` downloads again when a file's hash is wrong, and deletes the file when that
fails. Here a file that is already there is only ever read.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from http.client import HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

from filelock import FileLock

from engine.errors import UserError
from engine.experiment.backbones import BackboneFacts

_ANSWER_WITHIN = 10.0
_MD5_LENGTH = 32
_log = logging.getLogger(__name__)


def keras_cache() -> Path:
    """The folder where Keras keeps weights: `models` in `KERAS_HOME`, or in `~/.keras`."""
    named = os.environ.get("KERAS_HOME")
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")  # noqa: S108 (as Keras)
    return (Path(named).expanduser() if named else home / ".keras") / "models"


def is_genuine(path: Path, facts: BackboneFacts) -> bool:
    """Whether a file is, byte by byte, what Keras published.

    Args:
        path: the file.
        facts: whose weights it should hold; without a known hash every file is.
    """
    if facts.hash is None:
        return True
    with path.open("rb") as stream:
        kind = "md5" if len(facts.hash) == _MD5_LENGTH else "sha256"
        return hashlib.file_digest(stream, kind).hexdigest() == facts.hash


def imagenet_file(facts: BackboneFacts) -> Path:
    """The ImageNet weights of a Keras network, from Keras' cache or from the network.

    Args:
        facts: which one; Keras publishes weights of it.

    Returns:
        The file in Keras' cache, checked against its hash.

    Raises:
        UserError: the file there is damaged, or there is none and it can't be fetched.
    """
    assert facts.file is not None
    path = keras_cache() / facts.file
    if not path.is_file():
        _fetch(facts, path)
    elif not is_genuine(path, facts):
        raise UserError(
            f"The ImageNet weights of {facts.name} in {path} are damaged or incomplete.",
            f"a file whose hash is {facts.hash}; this one was left as it is.",
            f"move it away and replace it by {facts.url}; or set weights={path} to use it all "
            "the same.",
        )
    return path


def _fetch(facts: BackboneFacts, path: Path) -> None:
    """Download beside the cache and move the whole, checked file in."""
    assert facts.url is not None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as folder,
            FileLock(path.parent / ".hydra-tui.lock"),
        ):
            # Another process may have had the lock, and the same errand.
            if path.is_file():
                return
            partial = Path(folder) / path.name
            _log.info("downloading %s", facts.url)
            _download(facts.url, partial)
            if not is_genuine(partial, facts):
                raise OSError("what came is not what Keras published")
            partial.rename(path)
    except OSError as error:
        raise UserError(
            f"The ImageNet weights of {facts.name} are not here and can't be fetched: {error}.",
            f"{facts.file} in {path.parent}, or a network that reaches {facts.url}.",
            f"download {facts.url} elsewhere and put it into {path.parent}, or anywhere with "
            "weights=PATH; or set backbone=efficientnet_lite0, whose weights came with pip.",
        ) from error


def _download(url: str, path: Path) -> None:
    with _opened(url) as answer, path.open("wb") as stream:
        shutil.copyfileobj(answer, stream, 1 << 20)
        announced = answer.headers.get("Content-Length")
    if announced is not None and path.stat().st_size != int(announced):
        raise OSError("the connection broke off")


def _opened(url: str) -> HTTPResponse:
    """The server's answer within seconds.

    The timeout of a connection holds for each of a server's addresses and not for asking for
    its name, so that without a network minutes may pass; hence the thread.
    """
    answers: SimpleQueue[HTTPResponse | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urlopen(url, timeout=_ANSWER_WITHIN))  # noqa: S310 (https, from Keras)
        except URLError as error:
            answers.put(error.reason if isinstance(error.reason, OSError) else error)
        except OSError as error:
            answers.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_ANSWER_WITHIN)
    except Empty:
        answer = TimeoutError()
    # The connection's own clock may have run out first.
    if isinstance(answer, TimeoutError):
        raise TimeoutError(f"no answer within {_ANSWER_WITHIN:.0f} s")
    if isinstance(answer, OSError):
        raise answer
    return answer
