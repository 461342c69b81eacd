"""A command on its way to the log: who sends it, what makes it one, and what becomes of it."""

from __future__ import annotations

import asyncio
import time as clock
from typing import NamedTuple
from uuid import UUID

from collab.core import chain, commands, events
from collab.core.codes import Refused
from collab.core.commands import Command
from permissions.masks import Principal


class Committed(NamedTuple):
    """A command's place in the log: its last seq and how many events it made."""

    seq: int
    events: int
    replayed: bool = False


Outcome = Committed | Refused


class Sender(NamedTuple):
    """Who sends: the principal that permissions are looked up for, and what to call them."""

    principal: Principal
    name: str
    kind: events.Kind


SYSTEM = Sender(Principal(UUID(int=0), 0, None), "Cohelm", "person")
"""The server itself, for what no person can ask for yet: the first workspace, its first owner."""


class Pending:
    """A command on its way, and the future that its sender waits for."""

    __slots__ = ("born", "command", "command_id", "digest", "done", "key", "log", "sender")

    def __init__(self, log: UUID, sender: Sender, command_id: UUID, command: Command) -> None:
        self.log, self.sender, self.command_id, self.command = log, sender, command_id, command
        self.key = Key(log.int, sender.principal.user.int, command_id.int)
        self.digest = chain.digest_of(commands.encode(command))
        self.done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.born = clock.monotonic()


class Key(NamedTuple):
    """What makes a command one, as whole numbers, which compare faster: the id is the sender's."""

    log: int
    actor: int
    command_id: int


class Known(NamedTuple):
    """A command that the log holds already."""

    digest: bytes
    committed: Committed
