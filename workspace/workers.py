"""How a worker is run, and the one listening socket that all workers share."""

import socket
import sys

from workspace.places import PROJECT

# Sockets that --fd hands over get neither of these from uvicorn; the accepted ones inherit them.
# A peer that takes nothing for so long (milliseconds) is gone.
PEER_TAKES_NOTHING = 20_000

UVICORN = (sys.executable, "-m", "uvicorn", "workspace.asgi:application")
OPTIONS = (
    *("--ws", "websockets-sansio", "--loop", "uvloop", "--lifespan", "on"),
    *("--timeout-graceful-shutdown", "10"),
    *("--ws-ping-interval", "15", "--ws-ping-timeout", "15"),
    *("--ws-max-size", str(1024 * 1024), "--ws-per-message-deflate", "false"),
    # What proxies say is weighed in asgi.py, for the configured ones alone.
    *("--no-access-log", "--no-server-header", "--no-proxy-headers"),
)

# Starts anew when one of our Python files changes. It looks at their times: no more to install.
RELOAD = (
    "--reload",
    *(f"--reload-dir={PROJECT / folder}" for folder in ("collab", "permissions", "workspace")),
)


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that the workers accept from; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_TAKES_NOTHING)
    listening.bind((host, port))
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


def argv(listening: socket.socket) -> tuple[str, ...]:
    """Say how one worker is run on the shared socket."""
    return (*UVICORN, "--fd", str(listening.fileno()), *OPTIONS)
