"""Reads what principals may do, as bits with an end. Plain SQL, for the log's transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from permissions.roles import BITS, NONE, Permission

LOGIN, TOKEN = 1, 2
"""`auth_kind` of a principal; the system (0) has no principal and no mask."""


class Principal(NamedTuple):
    """Who acts, and by which credential."""

    user: UUID
    auth_kind: int
    auth_id: UUID | None


class Mask(NamedTuple):
    """The permissions in force now; `until` is when they get fewer: Unix seconds, None is never."""

    permissions: Permission
    until: float | None


class Head(NamedTuple):
    """The end of a log, as the masks beside it were read."""

    epoch: int
    seq: int
    acl_version: int


NOTHING = Mask(NONE, None)

# One row for each (log, principal) that was asked for and holds anything. `valid` has no row where
# the credential is revoked, over or for another place, or its user disabled; `scope` is what a
# token lets through. A permission that several grants give lasts as long as the longest; the mask
# gets smaller when the first of its permissions ends.
_HELD = """
asked AS MATERIALIZED (
    SELECT place, log, person, auth_kind, auth_id
    FROM unnest(%(logs)s::uuid[], %(users)s::uuid[], %(kinds)s::smallint[], %(auths)s::uuid[])
        WITH ORDINALITY AS a (log, person, auth_kind, auth_id, place)
), bit AS MATERIALIZED (
    SELECT p.id AS permission_id, b.bit
    FROM unnest(%(names)s::text[], %(bits)s::integer[]) AS b (codename, bit)
    JOIN auth_permission p USING (codename)
), valid AS MATERIALIZED (
    SELECT place, coalesce(s.workspace_id, a.log) AS workspace, a.log, a.person, c.until, c.scope
    FROM asked a
    JOIN permissions_user u ON u.id = a.person AND u.is_active
    LEFT JOIN collab_session s ON s.id = a.log
    CROSS JOIN LATERAL (
        SELECT until, ~0 AS scope FROM permissions_login
        WHERE a.auth_kind = 1 AND id = a.auth_id AND user_id = a.person AND ended_at IS NULL
        UNION ALL
        SELECT coalesce(until, 'infinity'),
               CASE t.scope WHEN 'full' THEN ~0 WHEN 'read' THEN %(reading)s ELSE 0 END
        FROM permissions_token t
        WHERE a.auth_kind = 2 AND t.id = a.auth_id AND t.user_id = a.person
          AND t.revoked_at IS NULL AND coalesce(t.session_id, a.log) = a.log
          AND coalesce(t.workspace_id, s.workspace_id, a.log) = coalesce(s.workspace_id, a.log)
    ) c
    WHERE c.until > clock_timestamp()
), given AS (
    SELECT v.place, g.permission_id, g.until
    FROM valid v JOIN permissions_sessionuserpermission g
        ON g.session_id = v.log AND g.user_id = v.person
    UNION ALL
    SELECT v.place, g.permission_id, g.until
    FROM valid v JOIN permissions_workspaceuserpermission g
        ON g.workspace_id = v.workspace AND g.user_id = v.person
    UNION ALL
    SELECT v.place, g.permission_id, g.until
    FROM valid v JOIN permissions_user_groups m ON m.user_id = v.person
    JOIN permissions_sessiongrouppermission g ON g.session_id = v.log AND g.group_id = m.group_id
    UNION ALL
    SELECT v.place, g.permission_id, g.until
    FROM valid v JOIN permissions_user_groups m ON m.user_id = v.person
    JOIN permissions_workspacegrouppermission g
        ON g.workspace_id = v.workspace AND g.group_id = m.group_id
), lasting AS (
    SELECT place, bit, max(coalesce(given.until, 'infinity')) AS until
    FROM given JOIN bit USING (permission_id) JOIN valid USING (place)
    WHERE (given.until IS NULL OR given.until > clock_timestamp()) AND bit & scope <> 0
    GROUP BY place, bit
), held AS (
    SELECT place, bit_or(bit) AS bits, least(min(lasting.until), min(valid.until)) AS until
    FROM lasting JOIN valid USING (place) GROUP BY place
)"""

_ENDS = "CASE WHEN held.until < 'infinity' THEN extract(epoch FROM held.until)::float8 END"

_MASKS = f"WITH {_HELD} SELECT place, bits, {_ENDS} FROM held"

# One statement is one snapshot: no grant can change between the head and the masks.
_HEAD_AND_MASKS = f"""
WITH {_HELD}
SELECT epoch, seq, acl_version, place, bits, {_ENDS}
FROM collab_head LEFT JOIN held ON true WHERE log = %(log)s"""

Pair = tuple[UUID, Principal]


async def masks(conn: psycopg.AsyncConnection[Any], pairs: Sequence[Pair]) -> dict[Pair, Mask]:
    """Give the mask of every (log, principal), in one query; nothing held is an empty mask."""
    if not pairs:
        return {}
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(_MASKS, _parameters(pairs), prepare=True)
    return _by_pair(pairs, await cursor.fetchall())


async def heads_and_masks(
    conn: psycopg.AsyncConnection[Any], log: UUID, principals: Iterable[Principal]
) -> tuple[Head, dict[Principal, Mask]]:
    """Give a log's head and the masks of some principals as of one moment; raises LookupError."""
    pairs = [(log, principal) for principal in principals]
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(_HEAD_AND_MASKS, {**_parameters(pairs), "log": log}, prepare=True)
    rows = await cursor.fetchall()
    if not rows:
        raise LookupError(f"There is no log {log}.")
    found = _by_pair(pairs, [row[3:] for row in rows if row[3] is not None])
    return Head(*rows[0][:3]), {principal: mask for (_, principal), mask in found.items()}


def _parameters(pairs: Sequence[Pair]) -> dict[str, Any]:
    return {
        "logs": [log for log, _ in pairs],
        "users": [principal.user for _, principal in pairs],
        "kinds": [principal.auth_kind for _, principal in pairs],
        "auths": [principal.auth_id for _, principal in pairs],
        "names": list(BITS),
        "reading": int(Permission.VIEW),
        "bits": [int(permission) for permission in BITS.values()],
    }


def _by_pair(pairs: Sequence[Pair], rows: Iterable[Sequence[Any]]) -> dict[Pair, Mask]:
    found = dict.fromkeys(pairs, NOTHING)
    for place, bits, until in rows:
        found[pairs[place - 1]] = Mask(Permission(bits), until)
    return found
