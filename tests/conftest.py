"""The same terminal for all tests, whichever they are run in."""

import gc
import os
import sys

import pytest

# TensorFlow and Textual make so many objects that looking for garbage among them at Python's own
# rate takes a tenth of the tests' time.
gc.set_threshold(100_000, 20, 100)
# Tests start dozens of processes, each of which would compile this program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# As workers have it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """How pictures and characters are shown depends on the terminal's name."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    # The locale of a bare machine says ASCII; what this program makes of that has its own test.
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale=True: "UTF-8")
