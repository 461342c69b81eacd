"""What a decision needs to know beyond the log: looked up in the batch, after the lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from collab.core import commands as c
from collab.core.commands import Command
from collab.core.drafts import Facts
from collab.core.events import Kind
from collab.log.store import Connection, rows
from permissions.roles import NONE, ROLES, Permission

Wished = Sequence[tuple[UUID, Command]]
_Found = dict[UUID, Facts]
_ASKING = {
    c.GrantGive,
    c.GrantTake,
    c.ParticipantLeave,
    c.InvitationTake,
    c.ConnectionClose,
    c.AgentAttach,
}


def asks(command: Command) -> bool:
    """Say whether the decision on a command needs facts; most do not."""
    return type(command) in _ASKING


async def gather(conn: Connection, wished: Wished) -> _Found:
    """Look up people for grants and leases for claims; `wished`: commands that ask."""
    found: _Found = {}
    if not wished:
        return found
    for look in (_people, _newcomers, _held, _owners, _makers, _alive):
        await look(conn, wished, found)
    return found


def _add(found: _Found, log: UUID, field: str, more: object) -> None:
    """Add to what is known of a log: entries to a mapping, or a plain value."""
    facts = found.get(log, Facts())
    value = {**getattr(facts, field), **more} if isinstance(more, dict) else more
    found[log] = msgspec.structs.replace(facts, **{field: value})


# Whoever holds a role in a log's workspace or in any of its sessions, and the workspace's agents.
_OF_THE_WORKSPACE: LiteralString = """
SELECT a.log, u.id, coalesce(nullif(u.name, ''), u.username), u.kind
FROM unnest(%s::uuid[], %s::uuid[]) AS a (log, person)
JOIN permissions_user u ON u.id = a.person AND u.is_active
LEFT JOIN collab_session s ON s.id = a.log
CROSS JOIN LATERAL (SELECT coalesce(s.workspace_id, a.log) AS id) w
WHERE EXISTS (SELECT FROM collab_agent g WHERE g.user_id = u.id AND g.workspace_id = w.id)
   OR EXISTS (
    SELECT FROM permissions_rolegrant g LEFT JOIN collab_session o ON o.id = g.session_id
    WHERE coalesce(g.workspace_id, o.workspace_id) = w.id
      AND (g.until IS NULL OR g.until > clock_timestamp())
      AND (g.user_id = u.id OR g.group_id IN (
          SELECT group_id FROM permissions_user_groups WHERE user_id = u.id)))"""


async def _people(conn: Connection, wished: Wished, found: _Found) -> None:
    pairs = [(log, wish.user) for log, wish in wished if isinstance(wish, c.GrantGive)]
    if pairs:
        logs, users = zip(*pairs, strict=True)
        for log, user, name, kind in await rows(conn, _OF_THE_WORKSPACE, (list(logs), list(users))):
            _add(found, log, "people", {user: (name, kind)})


async def _newcomers(conn: Connection, wished: Wished, found: _Found) -> None:
    anyone = (c.InvitationTake, c.ConnectionClose)
    pairs = [(log, wish.user) for log, wish in wished if isinstance(wish, anyone)]
    query: LiteralString = """SELECT id, coalesce(nullif(name, ''), username), kind
        FROM permissions_user WHERE id = ANY(%s) AND is_active"""
    if pairs:
        answers = await rows(conn, query, ([user for _, user in pairs],))
        known: dict[UUID, tuple[str, Kind]] = {user: (name, kind) for user, name, kind in answers}
        for log, user in pairs:
            _add(found, log, "people", {user: known[user]} if user in known else {})


async def _held(conn: Connection, wished: Wished, found: _Found) -> None:
    takes = [(log, wish.user) for log, wish in wished if isinstance(wish, c.GrantTake)]
    query: LiteralString = """SELECT coalesce(session_id, workspace_id), user_id, array_agg(role)
        FROM permissions_rolegrant
        WHERE user_id = ANY(%s) AND (session_id = ANY(%s) OR workspace_id = ANY(%s))
        GROUP BY 1, 2"""
    if takes:
        logs, users = [log for log, _ in takes], [user for _, user in takes]
        for log, user, roles in await rows(conn, query, (users, logs, logs)):
            _add(found, log, "held", {user: tuple(roles)})


async def _owners(conn: Connection, wished: Wished, found: _Found) -> None:
    changing = (c.GrantGive, c.GrantTake, c.ParticipantLeave)
    logs = [log for log, wish in wished if isinstance(wish, changing)]
    query: LiteralString = """SELECT g.workspace_id, u.id, bool_or(g.group_id IS NOT NULL)
        FROM permissions_rolegrant g
        LEFT JOIN permissions_user_groups m ON m.group_id = g.group_id
        JOIN permissions_user u ON u.id = coalesce(g.user_id, m.user_id) AND u.is_active
        WHERE g.workspace_id = ANY(%s) AND g.role = 'owner' AND g.until IS NULL
          AND u.kind = 'person'
        GROUP BY 1, 2"""
    if logs:
        for log, user, by_group in await rows(conn, query, (logs,)):
            _add(found, log, "owners", {user: by_group})


# An invitation that no person made (by command, on the server) stands for itself.
_MAKERS: LiteralString = """
SELECT coalesce(i.session_id, i.workspace_id), i.id, i.made_by_id IS NULL,
       array_remove(array_agg(g.role), NULL)
FROM permissions_invitation i
LEFT JOIN collab_session s ON s.id = i.session_id
LEFT JOIN permissions_user u ON u.id = i.made_by_id AND u.is_active
LEFT JOIN permissions_rolegrant g
    ON (g.session_id = i.session_id OR g.workspace_id = coalesce(i.workspace_id, s.workspace_id))
   AND (g.until IS NULL OR g.until > clock_timestamp())
   AND (g.user_id = u.id OR g.group_id IN (
       SELECT group_id FROM permissions_user_groups WHERE user_id = u.id))
WHERE i.id = ANY(%s) GROUP BY 1, 2, 3"""


async def _makers(conn: Connection, wished: Wished, found: _Found) -> None:
    taken = [wish.invitation_id for _, wish in wished if isinstance(wish, c.InvitationTake)]
    if taken:
        for log, key, by_server, roles in await rows(conn, _MAKERS, (taken,)):
            may = Permission(sum(Permission)) if by_server else NONE
            for role in roles:
                may |= ROLES[role]
            _add(found, log, "makers", {key: may})


async def _alive(conn: Connection, wished: Wished, found: _Found) -> None:
    claims = [log for log, wish in wished if isinstance(wish, c.AgentAttach)]
    query: LiteralString = (
        "SELECT log FROM collab_claim WHERE log = ANY(%s) AND until > clock_timestamp()"
    )
    if claims:
        for (log,) in await rows(conn, query, (claims,)):
            _add(found, log, "claim_alive", True)
