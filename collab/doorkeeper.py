"""Finds out who stands at a socket: a login's cookie or a program's bearer token, never both."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import psycopg_pool
from django.conf import settings
from django.http import parse_cookie

from collab.core.codes import Close
from collab.core.frames import SessionCard
from collab.log import pool
from permissions import credentials
from permissions.credentials import Identity


async def identify(scope: dict[str, Any]) -> Identity | Close:
    """Give the identity behind a handshake, or the close that answers it."""
    headers = {bytes(name).lower(): bytes(value) for name, value in scope.get("headers", [])}
    token = _bearer(headers)
    login = _login(headers)
    if token and login:
        return Close.NOT_SIGNED_IN
    try:
        found = await _look_up(token, login)
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError):
        return Close.UNAVAILABLE
    return found or Close.NOT_SIGNED_IN


async def _look_up(token: str, login: str) -> Identity | None:
    if not token and not login:
        return None
    async with (await pool.shared()).connection() as conn:
        if token:
            return await credentials.by_token(conn, token)
        return await credentials.by_login(conn, login)


def _bearer(headers: dict[bytes, bytes]) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _login(headers: dict[bytes, bytes]) -> str:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(settings.SESSION_COOKIE_NAME, "")


async def card(session: UUID) -> SessionCard | None:
    """Give what a session is called."""
    query = "SELECT id, title, status, workspace_id FROM collab_session WHERE id = %s"
    async with (await pool.shared()).connection() as conn:
        found = await (await conn.execute(query, (session,))).fetchall()
    return SessionCard(*found[0]) if found else None
