"""The cockpit in a browser on this machine, by textual-serve."""

import argparse
import os
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from app.command_line.opening import DONE, open_service
from engine.errors import UserError
from engine.installing import sync_command

# Nobody but this machine: whoever reaches the cockpit can run jobs and write files.
HOST = "127.0.0.1"
_LAST_PORT = 65_535


def serve(parsed: argparse.Namespace) -> int:
    """Serve the cockpit until ctrl+c; jobs go on without it."""
    try:
        from textual_serve.server import Server
    except ImportError as error:
        raise UserError(
            "textual-serve, which brings the cockpit into a browser, is not installed.",
            "the optional extra `serve`.",
            f"in the clone, run `{sync_command('serve')}`; or open the cockpit in a "
            "terminal: `hydra-tui`.",
        ) from error
    _check_port(parsed.port)
    service = open_service(parsed)
    root = service.workspace.root
    service.close()
    command = [sys.executable, "-m", "app", "-w", str(root)]
    server = Server(shlex.join(command), HOST, parsed.port, title=f"hydra-tui: {root.name}")
    made = server._make_app

    async def guarded() -> Any:
        application = await made()
        application.middlewares.append(_own_pages_only(parsed.port))
        return application

    server._make_app = guarded
    # The cockpit must not take this process's terminal for its own.
    os.environ.pop("TMUX", None)
    server.serve()
    return DONE


def _check_port(port: int) -> None:
    if not 0 < port <= _LAST_PORT:
        raise UserError(
            f"{port} is no port.",
            f"a number from 1 to {_LAST_PORT}; those above 1023 are free to all users.",
            "name another: `hydra-tui serve --port 8001`.",
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError(
                f"Port {port} can't be used: {error.strerror}.",
                "a free port above 1023.",
                "name another: `hydra-tui serve --port 8001`.",
            ) from error


def _own_pages_only(port: int) -> Any:
    """Refuse what another site's page asks of this machine, also under a name of its own.

    A browser lets any page open a connection to 127.0.0.1, and says only whose page it is.
    """
    from aiohttp import web

    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.host not in hosts or (origin and origin.partition("://")[2] not in hosts):
            raise web.HTTPForbidden(text="hydra-tui answers its own pages only.")
        return await handler(request)

    return check
