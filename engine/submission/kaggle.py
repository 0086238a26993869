"""Sends a CSV to Kaggle by Kaggle's own client."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from engine.errors import UserError
from engine.installing import sync_command

_SECONDS = 300
_ADDRESS = re.compile(r"kaggle\.com/(?:competitions|c)/([^/?#\s]+)")
_NAME = re.compile(r"[\w-]+")
_LOGIN = re.compile(r"authentication required|unauthenticated|unauthorized", re.IGNORECASE)


def competition_name(text: str) -> str:
    """A competition's name in Kaggle's addresses.

    Args:
        text: the name, or the address of one of its pages.

    Raises:
        UserError: it is neither.
    """
    text = text.strip()
    address = _ADDRESS.search(text)
    name = address[1] if address is not None else text
    if not _NAME.fullmatch(name):
        raise UserError(
            f"`{text}` names no competition." if text else "No competition was named.",
            "its name in Kaggle's address, such as `digit-recognizer`.",
            "type it, or paste the competition's address.",
        )
    return name


def submit(path: Path, competition: str, message: str, again: str) -> None:
    """Send a CSV.

    Args:
        path: the CSV.
        competition: the competition's name in Kaggle's addresses.
        message: what Kaggle shows beside it.
        again: the command that tries it again.

    Raises:
        UserError: the client is not installed or not logged in, or Kaggle did not take it.
    """
    command = [
        kaggles_client(),
        "competitions",
        "submit",
        competition,
        "-m",
        message,
        "-f",
        str(path),
    ]
    try:
        answer = subprocess.run(  # noqa: S603 (Kaggle's own client)
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"Kaggle did not answer within {_SECONDS} s.",
            "an upload that ends.",
            "try again, or upload the CSV in the browser.",
        ) from None
    # It ends well, too, where it could not submit, or found no such competition.
    if answer.returncode or "successfully submitted" not in answer.stdout.lower():
        raise UserError(
            f"Kaggle's client did not submit it: {_reason(answer.stderr, answer.stdout)}",
            "a login (`~/.kaggle/access_token` or `kaggle.json`), and a competition whose rules "
            "are accepted.",
            f"look at Kaggle's page whether it came there; log in, then again: `{again}`.",
        )


def _reason(*streams: str) -> str:
    """The line that says what is wrong: without a login the client goes on with how to get one."""
    told = [text.strip().splitlines() for text in streams if text.strip()]
    of_login = (line.strip() for lines in told for line in lines if _LOGIN.search(line))
    return next(of_login, told[0][-1].strip() if told else "no reason given")


def kaggles_client() -> str:
    """Kaggle's client as installed with this program, whose folder may not be on the path.

    Raises:
        UserError: it is not installed.
    """
    beside = str(Path(sys.executable).parent)
    client = shutil.which("kaggle", path=beside) or shutil.which("kaggle")
    if client is None:
        raise UserError(
            "Kaggle's client is not installed.",
            "the command `kaggle`.",
            f"install it: `{sync_command('kaggle')}`; or upload the CSV in the browser.",
        )
    return client
