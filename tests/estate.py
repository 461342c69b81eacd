"""Workspaces, sessions and people as rows, and what Postgres says about them. No log is begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.utils import timezone
from psycopg.rows import tuple_row

from collab.models import Session, Workspace
from permissions.masks import LOGIN, TOKEN, Mask, Principal, masks
from permissions.models import Login, Token, User
from tests import loops


@dataclass
class Estate:
    """Two workspaces: one with two sessions, and one elsewhere that nothing here is about."""

    workspace: Workspace = field(default_factory=lambda: new_workspace())
    elsewhere: Workspace = field(default_factory=lambda: new_workspace())
    session: Session = field(init=False)
    sibling: Session = field(init=False)
    stranger: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session, self.sibling = (new_session(self.workspace) for _ in range(2))
        self.stranger = new_session(self.elsewhere)

    def versions(self) -> dict[str, int]:
        """Give the acl_version of every log here."""
        return {
            name: version(getattr(self, name).pk)
            for name in ("workspace", "session", "sibling", "elsewhere", "stranger")
        }


def new_workspace() -> Workspace:
    return Workspace.objects.create(name=f"W {uuid4().hex[:6]}")


def new_session(workspace: Workspace) -> Session:
    return Session.objects.create(workspace=workspace, title="a session")


def new_user(**fields: Any) -> User:
    return User.objects.create(username=f"u-{uuid4().hex[:12]}", **fields)


def new_token(user: User) -> Token:
    return Token.objects.create(user=user, hash=b"-" * 32, name="test", kind="operator")


def new_login(user: User) -> Login:
    until = timezone.now() + timedelta(hours=1)
    return Login.objects.create(user=user, session_key=uuid4().hex, until=until)


def principal(user: User) -> Principal:
    """Give a user with a token that is in force."""
    return Principal(user.id, TOKEN, new_token(user).id)


def by_login(login: Login) -> Principal:
    return Principal(login.user_id, LOGIN, login.id)


def sql(query: str, *values: Any, dsn: str | None = None) -> list[Any]:
    """Run one statement as the workers' role, in a transaction of its own."""
    with psycopg.connect(dsn or settings.LOG_DSN, row_factory=tuple_row) as conn:
        cursor = conn.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def version(log: UUID) -> int:
    found: int = sql("SELECT acl_version FROM collab_head WHERE log = %s", log)[0][0]
    return found


def history(log: UUID) -> list[dict[str, Any]]:
    """Give what changed in the grants that matter to a log, oldest first."""
    names = ("acl_version", "head_seq", "source", "old", "new", "person", "db_role", "time")
    query = f"SELECT {', '.join(names)} FROM collab_aclhistory WHERE log = %s ORDER BY id"
    return [dict(zip(names, row, strict=True)) for row in sql(query, log)]


def look(pairs: Sequence[tuple[UUID, Principal]]) -> dict[tuple[UUID, Principal], Mask]:
    """Ask for masks as the log does."""

    async def ask() -> dict[tuple[UUID, Principal], Mask]:
        async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
            return await masks(conn, pairs)

    return loops.alone(ask())


def mask(log: UUID, who: Principal) -> Mask:
    return look([(log, who)])[log, who]
