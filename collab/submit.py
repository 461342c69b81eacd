"""The write door: everything that enters a log passes here."""

from __future__ import annotations

import asyncio
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings

from collab import hubs
from collab.core.commands import Command
from collab.log.pending import SYSTEM, Committed, Outcome, Pending, Sender
from collab.log.writer import Writer
from permissions.credentials import Identity
from permissions.masks import Principal

__all__ = [
    "SYSTEM",
    "Committed",
    "Outcome",
    "Sender",
    "close",
    "sender_of",
    "submit",
]

_writers: WeakKeyDictionary[asyncio.AbstractEventLoop, Writer] = WeakKeyDictionary()
_last: tuple[asyncio.AbstractEventLoop, Writer] | None = None
"""Whom the last command went to: a server has one loop, and a weak dictionary is slow to ask."""


def _writer() -> Writer:
    global _last
    loop = asyncio.get_running_loop()
    if _last is None or _last[0] is not loop:
        _last = loop, _writers.setdefault(loop, Writer(settings.LOG_DSN, hubs.publish))
    return _last[1]


def sender_of(identity: Identity) -> Sender:
    """Give the sender that an authenticated identity is."""
    principal = Principal(identity.user, identity.auth_kind, identity.auth_id)
    return Sender(principal, identity.name, "agent" if identity.kind == "agent" else "person")


async def submit(log: UUID, sender: Sender, command_id: UUID, command: Command) -> Outcome:
    """Put a command to a log; give its place after the commit, or the refusal. Never raises for
    what the sender did or for a database that is away."""
    return await _writer().append(Pending(log, sender, command_id, command))


async def close() -> None:
    """Finish what waits in this loop's writer."""
    global _last
    _last = None
    writer = _writers.pop(asyncio.get_running_loop(), None)
    if writer is not None:
        await writer.close()
