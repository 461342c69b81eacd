"""Digests: what binds an event to its bytes, its place and everything before it (SHA-256)."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

GENESIS = bytes(32)
"""The chain of an empty log."""

MARK = 8
"""Bytes of the chain that a cursor carries."""

_DOMAIN = b"cohelm.event.1"


def commitment(salt: bytes, content: bytes) -> bytes:
    """Bind stored bytes without giving them away: a redaction keeps this and drops the bytes."""
    return hashlib.sha256(salt + content).digest()


def event_digest(log: UUID, seq: int, time: int, committed: bytes) -> bytes:
    """Bind a commitment to its place and time; what a withheld stub shows."""
    place = seq.to_bytes(8, "big") + time.to_bytes(8, "big")
    return hashlib.sha256(_DOMAIN + log.bytes + place + committed).digest()


def link(previous: bytes, digest: bytes) -> bytes:
    """Give the chain after an event, from the chain before it."""
    return hashlib.sha256(previous + digest).digest()


def args_digest(args: Any) -> str:
    """Give the SHA-256 (hex) of arguments in canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(args, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(content: bytes) -> bytes:
    """Give the SHA-256 of bytes."""
    return hashlib.sha256(content).digest()
