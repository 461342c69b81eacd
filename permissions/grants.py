"""Gives and takes roles. The only door to guardian: its rows follow the roles by trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from guardian.shortcuts import assign_perm, remove_perm

from permissions.models import RoleGrant, User

SESSION, WORKSPACE = 1, 2
"""`kind` of a log's head: whose log it is."""

Holder = User | Group
Shared = models.Model
"""A session or a workspace: what roles are given on. Named loosely: this imports no product."""


def give(
    holder: Holder,
    shared: Shared,
    role: str,
    *,
    until: datetime | None = None,
    by: User | None = None,
) -> RoleGrant:
    """Give a role on a session or workspace; given again, only its end changes."""
    with changing_as(by):
        grant, _ = RoleGrant.objects.update_or_create(
            **_place(holder, shared), role=role, defaults={"until": until, "given_by": by}
        )
    return grant


def take(holder: Holder, shared: Shared, role: str, *, by: User | None = None) -> bool:
    """Take a role away; say whether it was held."""
    with changing_as(by):
        return bool(RoleGrant.objects.filter(**_place(holder, shared), role=role).delete()[0])


def roles_of(holder: Holder, shared: Shared) -> list[str]:
    """Give the roles that are held here and now, without those of groups or of the workspace."""
    in_force = models.Q(until=None) | models.Q(until__gt=models.functions.Now())
    grants = RoleGrant.objects.filter(in_force, **_place(holder, shared))
    return list(grants.order_by("role").values_list("role", flat=True))


def give_permission(codename: str, holder: Holder, shared: Shared) -> None:
    """Give one permission by hand, for ever, whatever roles give besides."""
    assign_perm(codename, holder, shared)


def take_permission(codename: str, holder: Holder, shared: Shared) -> None:
    """Take one permission; a role that gives it gives it again when that role next changes."""
    remove_perm(codename, holder, shared)


@contextmanager
def changing_as(person: User | None) -> Iterator[None]:
    """Make changes in one transaction, whose history names the person who made them."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_NAME_PERSON, [str(person.pk) if person else ""])
        yield


_NAME_PERSON = "SELECT set_config('cohelm.person', %s, true)"
# The log whose own event tells of the change, so that no other tells of it there again.
_NAME_COMMAND = "SELECT set_config('cohelm.person', %s, true), set_config('cohelm.log', %s, true)"


def _place(holder: Holder, shared: Shared) -> dict[str, Any]:
    who = "group" if isinstance(holder, Group) else "user"
    return {
        who: holder,
        "group" if who == "user" else "user": None,
        "session": None,
        "workspace": None,
        str(shared._meta.model_name): shared,
    }


# What the writer writes as projections: the grant alone, guardian's rows follow.
_WRITE = """
INSERT INTO permissions_rolegrant (user_id, session_id, workspace_id, role, until, given_by_id)
VALUES (%(user)s, %(session)s, %(workspace)s, %(role)s, %(until)s, %(by)s)
ON CONFLICT (session_id, workspace_id, user_id, group_id, role)
DO UPDATE SET until = excluded.until, given_by_id = excluded.given_by_id,
              given_at = statement_timestamp()"""

_REMOVE = """
DELETE FROM permissions_rolegrant
WHERE user_id = %(user)s AND role = %(role)s
  AND (session_id = %(session)s OR workspace_id = %(workspace)s)"""


async def write_grant(
    conn: psycopg.AsyncConnection[Any],
    log_kind: int,
    log: UUID,
    user: UUID,
    role: str,
    until: datetime | None,
    by: UUID | None,
) -> None:
    """Write a role grant that the log has recorded; moves the log's acl_version."""
    await conn.execute(_NAME_COMMAND, (str(by or ""), str(log)))
    place = _log_place(log_kind, log)
    await conn.execute(_WRITE, {**place, "user": user, "role": role, "until": until, "by": by})


async def remove_grant(
    conn: psycopg.AsyncConnection[Any],
    log_kind: int,
    log: UUID,
    user: UUID,
    role: str,
    by: UUID | None = None,
) -> None:
    """Remove a role grant whose taking the log has recorded; moves the log's acl_version."""
    await conn.execute(_NAME_COMMAND, (str(by or ""), str(log)))
    await conn.execute(_REMOVE, {**_log_place(log_kind, log), "user": user, "role": role})


async def name_person(conn: psycopg.AsyncConnection[Any], person: UUID | None) -> None:
    """Have the history of this transaction's changes name who made them."""
    await conn.execute(_NAME_PERSON, (str(person or ""),))


def _log_place(log_kind: int, log: UUID) -> dict[str, UUID | None]:
    return {
        "session": log if log_kind == SESSION else None,
        "workspace": log if log_kind == WORKSPACE else None,
    }
