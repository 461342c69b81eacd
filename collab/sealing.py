"""Seals an agent's secret headers for the table, and opens them for the runner."""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(Exception):
    """Say that headers were sealed with another key than this installation's."""


def seal(headers: dict[str, str]) -> bytes | None:
    """Seal headers; None if there are none."""
    return _fernet().encrypt(json.dumps(headers).encode()) if headers else None


def unseal(sealed: bytes | memoryview | None) -> dict[str, str]:
    """Open sealed headers; raises Unreadable."""
    if sealed is None:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet().decrypt(bytes(sealed)))
    except InvalidToken:
        raise Unreadable("The agent's headers were sealed with another secret key.") from None
    return opened


def _fernet() -> Fernet:
    return Fernet(settings.SEALING_KEY)
