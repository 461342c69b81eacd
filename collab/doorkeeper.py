"""Finds out who asks, at a socket or over HTTP: a login's cookie or a bearer token, never both."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import psycopg_pool
from django.conf import settings
from django.http import parse_cookie

from collab.core.codes import Close
from collab.core.frames import SessionCard
from collab.log import pool
from permissions import credentials, uses
from permissions.credentials import Identity
from permissions.masks import TOKEN

logger = logging.getLogger(__name__)


class Shown(NamedTuple):
    """What a request shows of who sends it; None is not shown, which is not the same as empty."""

    token: str | None
    login: str | None

    @property
    def both(self) -> bool:
        """Say whether two ways are shown at once: nobody can tell which is meant."""
        return self.token is not None and bool(self.login)


def shown(scope: dict[str, Any]) -> Shown:
    """Read from the headers what is shown."""
    headers = {bytes(name).lower(): bytes(value) for name, value in scope.get("headers", [])}
    return Shown(_bearer(headers), _login(headers))


async def identify(scope: dict[str, Any]) -> Identity | Close:
    """Give the identity behind a handshake or request, or the close that answers it."""
    said = shown(scope)
    if said.both:
        return Close.NOT_SIGNED_IN
    try:
        found = await _look_up(said)
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError):
        return Close.UNAVAILABLE
    if found is not None:
        noticed(found)
    return found or Close.NOT_SIGNED_IN


_uses = uses.Uses()
_writing: set[asyncio.Task[None]] = set()


def noticed(identity: Identity) -> None:
    """Have a token's use written, at most once a minute and without waiting for it."""
    if identity.auth_kind == TOKEN and _uses.due(identity.auth_id):
        task = asyncio.create_task(_write_use(identity.auth_id))
        _writing.add(task)
        task.add_done_callback(_writing.discard)


async def _write_use(token: UUID) -> None:
    try:
        async with (await pool.shared()).connection() as conn:
            await uses.write(conn, token)
    except (psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
        logger.info("the use of a token was not written: %s", error)


async def _look_up(said: Shown) -> Identity | None:
    if not said.token and not said.login:
        return None
    async with (await pool.shared()).connection() as conn:
        if said.token:
            return await credentials.by_token(conn, said.token)
        return await credentials.by_login(conn, said.login or "")


def _bearer(headers: dict[bytes, bytes]) -> str | None:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _login(headers: dict[bytes, bytes]) -> str | None:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(settings.SESSION_COOKIE_NAME)


async def card(session: UUID) -> SessionCard | None:
    """Give what a session is called."""
    query = "SELECT id, title, status, workspace_id FROM collab_session WHERE id = %s"
    async with (await pool.shared()).connection() as conn:
        found = await (await conn.execute(query, (session,))).fetchall()
    return SessionCard(*found[0]) if found else None
