"""What a data folder keeps from start to start: its secret key, its address and ports."""

import os
import secrets
import socket
from pathlib import Path

from workspace.places import Places


def kept_secret(here: Places) -> str:
    """Give the data folder's secret key, made once and readable by its owner only."""
    try:
        descriptor = os.open(here.secret_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return here.secret_key.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return here.secret_key.read_text().strip()


def kept_address(here: Places) -> str | None:
    """Give the address at which people reach what was started last from this data folder."""
    try:
        return here.address.read_text().strip() or None
    except OSError:
        return None


def kept_port(file: Path) -> int:
    """Give the port that was used last time if it is free, else another, and remember it."""
    last = int(file.read_text()) if file.exists() else 0
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind(("127.0.0.1", last))
        except OSError:
            asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    file.write_text(str(port))
    return port
