"""Is this process alive, and can it serve? For supervisors and balancers: tells no secret."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Any

import psycopg
import redis.asyncio
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

REMEMBERED_SECONDS = 1.0
"""Who asks more often than that gets the last answer: asking must cost the database little."""

PATIENCE_SECONDS = 2


async def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process lives; it looks at nothing else."""
    return JsonResponse({"ok": True})


async def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this process can serve: the database answers and is migrated.

    Without Valkey everything is later and nothing is wrong, so its state is told and no more.
    """
    found = await _readiness.now()
    return JsonResponse(found, status=200 if found["ok"] else 503)


class Readiness:
    """What was found last, and when; one question at a time is put to the servers."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def now(self) -> dict[str, Any]:
        """Give what holds now, or held within the last second."""
        async with self._asking:
            if time.monotonic() >= self._until:
                database, hints = await asyncio.gather(_database(), _hints())
                ok = database == "ok"
                self._found = {"ok": ok, "database": database, "hints": hints}
                self._until = time.monotonic() + REMEMBERED_SECONDS
            return self._found


_readiness = Readiness()


async def _database() -> str:
    """Say `ok`, `away` or `not migrated`."""
    try:
        async with await psycopg.AsyncConnection.connect(
            settings.LOG_DSN, connect_timeout=PATIENCE_SECONDS, autocommit=True
        ) as conn:
            rows = await conn.execute("SELECT app, name FROM django_migrations")
            applied = {(app, name) for app, name in await rows.fetchall()}
    except psycopg.errors.UndefinedTable:
        return "not migrated"
    except psycopg.Error:
        return "away"
    return "ok" if _migrations() <= applied else "not migrated"


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Give the migrations that this version of the code has."""
    loader = MigrationLoader(None)
    return frozenset(loader.graph.nodes)


async def _hints() -> str:
    """Say `ok`, `away`, or `none` where this process needs nobody to tell others."""
    url = settings.ENVIRONMENT.redis_url
    if url is None:
        return "none"
    client = redis.asyncio.from_url(
        url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    try:
        await client.ping()
    except (RedisError, OSError):
        return "away"
    finally:
        await client.aclose()
    return "ok"
