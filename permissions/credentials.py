"""Finds out who shows a login or a token. Plain SQL; what they may do is for masks to say."""

from __future__ import annotations

import hmac
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from permissions import tokens
from permissions.masks import LOGIN, TOKEN, Principal


class Identity(NamedTuple):
    """Who somebody is, and by which credential: `auth_kind` is 1 for a login, 2 for a token."""

    user: UUID
    name: str
    username: str
    kind: str
    auth_kind: int
    auth_id: UUID

    @property
    def principal(self) -> Principal:
        """Give what masks are asked for."""
        return Principal(self.user, self.auth_kind, self.auth_id)


_PERSON = "u.id, coalesce(nullif(u.name, ''), u.username), u.username, u.kind"

# Django's own row counts as well: whoever deletes it has ended the login.
_BY_LOGIN = f"""
SELECT {_PERSON}, l.id
FROM permissions_login l
JOIN permissions_user u ON u.id = l.user_id AND u.is_active
JOIN django_session d ON d.session_key = l.session_key AND d.expire_date > clock_timestamp()
WHERE l.session_key = %s AND l.ended_at IS NULL AND l.until > clock_timestamp()"""

_BY_TOKEN = f"""
SELECT {_PERSON}, t.id, t.hash
FROM permissions_token t JOIN permissions_user u ON u.id = t.user_id AND u.is_active
WHERE t.id = %s AND t.revoked_at IS NULL AND (t.until IS NULL OR t.until > clock_timestamp())"""


async def by_login(conn: psycopg.AsyncConnection[Any], session_key: str) -> Identity | None:
    """Give who holds a login that is in force; `session_key` comes from Django's cookie."""
    if not session_key.isascii() or "\0" in session_key:
        return None
    row = await _one(conn, _BY_LOGIN, session_key)
    return _identity(row, LOGIN) if row else None


async def by_token(conn: psycopg.AsyncConnection[Any], text: str) -> Identity | None:
    """Give who holds a token that is in force; `text` is all of it."""
    shown = tokens.parse(text)
    if shown is None:
        return None
    row = await _one(conn, _BY_TOKEN, shown[0])
    if row is None or not hmac.compare_digest(bytes(row[5]), shown[1]):
        return None
    return _identity(row, TOKEN)


async def _one(conn: psycopg.AsyncConnection[Any], query: str, value: Any) -> Any:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, (value,), prepare=True)
    return await cursor.fetchone()


def _identity(row: Any, auth_kind: int) -> Identity:
    user, name, username, kind, auth_id = row[:5]
    return Identity(user, name, username, kind, auth_kind, auth_id)
