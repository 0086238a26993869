"""The cockpit in a browser: served to this machine's own pages, and to nobody else."""

import asyncio
import builtins
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.cli import run_command
from tests.functional.staging import fill, three
from tests.unit.competition.builders import flowers


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path, port: int) -> Iterator[str]:
    garden = flowers(tmp_path / "garden")
    fill(garden, three())
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "-w", str(garden), "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


async def answered(session: aiohttp.ClientSession, address: str, **headers: str) -> int:
    """The status of an answer, once somebody answers."""
    for _ in range(200):
        try:
            async with session.get(address, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.05)
    raise TimeoutError(address)


async def test_its_own_page_shows_the_cockpit_and_others_are_refused(served: str) -> None:
    async with aiohttp.ClientSession() as session:
        assert await answered(session, served) == 200
        assert await answered(session, served, Origin="http://elsewhere.example") == 403
        assert await answered(session, served, Host="elsewhere.example") == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{served}/ws", origin="http://elsewhere.example")
        painted = b""
        async with session.ws_connect(
            f"{served}/ws?width=120&height=40", origin=served, timeout=aiohttp.ClientWSTimeout(20)
        ) as terminal:
            async with asyncio.timeout(30):
                async for message in terminal:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        painted += message.data
                    if b"regularize" in painted:
                        break
            await terminal.send_str(json.dumps(["stdin", "q"]))
        assert b"regularize" in painted


def test_a_taken_port_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert run_command(["-w", str(tmp_path), "serve", "--port", str(taken)]) == 2
    assert f"Port {taken} can't be used" in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("textual_serve"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    assert run_command(["-w", str(tmp_path), "serve"]) == 2
    assert "--extra serve" in capsys.readouterr().err
