"""Read the demo agent's flags and serve until told to end, or until the parent is gone."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import uvicorn

from .app import build_agent, build_app
from .model import choose
from .scratch import Scratch
from .seed import seed
from .tools import Tools

KEY_HEADER = "X-Cohelm-Key"
"""What carries the key of an installation's own agent."""


def serve(parent: int, about: str) -> None:
    """Serve until told to end. `parent`: whose end is ours too; `about`: what the help says."""
    args = _flags(about).parse_args()
    seed(args.folder)
    tools = Tools(Scratch(args.folder.resolve()), args.journal)
    agent = build_agent(choose(os.environ, args.pace / 1000), tools)
    listening = socket.create_server(("127.0.0.1", args.port))
    if args.port_file:
        _write_port(args.port_file, listening.getsockname()[1])
    app = build_app(agent, tools, {**dict(args.require_header), **_key(os.environ)})
    config = uvicorn.Config(
        app, log_level=args.log_level, lifespan="off", timeout_graceful_shutdown=2, access_log=False
    )
    asyncio.run(_serve(uvicorn.Server(config), listening, parent))


def _key(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the header that is demanded where a key is known: a flag could be read by anybody."""
    key = environ.get("COHELM_AGENT_KEY")
    return {KEY_HEADER: key} if key else {}


async def _serve(server: uvicorn.Server, listening: socket.socket, parent: int) -> None:
    watching = asyncio.create_task(_end_with_parent(server, parent))
    await server.serve(sockets=[listening])
    watching.cancel()


async def _end_with_parent(server: uvicorn.Server, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110  # nothing tells of a parent's end
        await asyncio.sleep(0.5)
    server.should_exit = True


def _write_port(path: Path, port: int) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{port}\n")
    fresh.replace(path)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("a header is written NAME:VALUE")
    return name.strip(), value.strip()


def _flags(about: str) -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(prog="python -m collab.agents.demo", description=about)
    flags.add_argument("--folder", type=Path, required=True, help="the scratch folder")
    flags.add_argument("--port", type=int, default=0, help="0 takes a free one")
    flags.add_argument("--port-file", type=Path, help="where to write the port")
    flags.add_argument("--journal", type=Path, help="gets one line for each executed call")
    flags.add_argument("--require-header", type=_header, action="append", default=[])
    flags.add_argument("--pace", type=float, default=30, help="milliseconds a word")
    flags.add_argument("--log-level", default="warning")
    return flags
