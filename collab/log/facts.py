"""What a decision needs to know beyond the log: looked up in the batch, after the lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from collab.core import commands as c
from collab.core.commands import Command
from collab.core.decide import Facts
from collab.core.events import Kind
from collab.log.store import Connection, rows


async def gather(conn: Connection, wished: Sequence[tuple[UUID, Command]]) -> dict[UUID, Facts]:
    """Look up people for grants and leases for claims; most batches need neither."""
    people = [(log, wish.user) for log, wish in wished if isinstance(wish, c.GrantGive)]
    claims = [log for log, wish in wished if isinstance(wish, c.AgentAttach)]
    found: dict[UUID, Facts] = {}
    if people:
        names = await _people(conn, [user for _, user in people])
        found |= {log: Facts(people=names) for log, _ in people}
    for log in await _alive(conn, claims) if claims else ():
        found[log] = Facts(people=found.get(log, Facts()).people, claim_alive=True)
    return found


async def _people(conn: Connection, users: list[UUID]) -> dict[UUID, tuple[str, Kind]]:
    query: LiteralString = """SELECT id, coalesce(nullif(name, ''), username), kind
        FROM permissions_user WHERE id = ANY(%s) AND is_active"""
    return {user: (name, kind) for user, name, kind in await rows(conn, query, (users,))}


async def _alive(conn: Connection, logs: list[UUID]) -> list[UUID]:
    query: LiteralString = (
        "SELECT log FROM collab_claim WHERE log = ANY(%s) AND until > clock_timestamp()"
    )
    return [log for (log,) in await rows(conn, query, (logs,))]
